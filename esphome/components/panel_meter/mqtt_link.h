/// ESPHome's MQTT client as the link of a board.
#pragma once

#include "esphome/core/defines.h"

#ifdef USE_MQTT

#include "link.h"

#include <string>

namespace panel_meter {

/// The client neither queues while it is disconnected nor tells what the broker has taken; the protocol expects that.
class MqttLink final : public Link {
 public:
  void begin(const char *id, const char *status_topic, LinkEvents &events) override;
  void step() override;
  bool publish(const char *topic, const char *payload, size_t size, uint8_t qos, bool retain) override;
  void subscribe(const char *topic, uint8_t qos) override;

 private:
  LinkEvents *events_{nullptr};
  bool up_{false};
  /// The connection was lost since the last step, even if there is a new one already.
  bool lost_{false};
};

}  // namespace panel_meter

#endif  // USE_MQTT
