/// What carries the messages of a board, seen from the component.
#pragma once

#include "transport.h"

namespace panel_meter {

class Board;

/// Told by a link, from the loop.
class LinkEvents {
 public:
  virtual void link_up() = 0;
  virtual void link_down() = 0;
  virtual void link_message(const char *topic, const char *payload, size_t size) = 0;
  /// For a link that drives the board itself.
  virtual Board &link_board() = 0;
  virtual Millis link_now() = 0;

 protected:
  ~LinkEvents() = default;
};

/// A transport that connects by itself. It is driven from the loop.
class Link : public Transport {
 public:
  virtual ~Link() = default;

  /// To be called once, before the network is up: the will is `offline` on `status_topic`, `id` the client id.
  virtual void begin(const char *id, const char *status_topic, LinkEvents &events) = 0;
  virtual void step() = 0;
  /// Why nothing is sent, as a sentence; nullptr if all is well, or may become so by itself.
  virtual const char *problem() const { return nullptr; }
};

}  // namespace panel_meter
