/// HTTP as the link of a board: the same contract (section 6 of the protocol), for homes without a broker.
#pragma once

#include "http_form.h"
#include "link.h"

#include <memory>

namespace panel_meter {

/// What a host answered.
struct HttpAnswer {
  /// 0: there was no answer.
  int status{0};
  /// Seconds; 0: the host named none.
  uint32_t retry_after{0};
  size_t size{0};
  /// An ack, the time, and as many commands of the largest size as a board remembers (T6, B7).
  char body[4608];
};

/// Posts one request at a time, beside the loop.
class Poster {
 public:
  virtual ~Poster() = default;

  /// The pieces stay as they are until there is an answer. False: it could not begin.
  virtual bool post(const Piece *pieces, size_t count, size_t length) = 0;
  /// The answer, once; nullptr while there is none.
  virtual const HttpAnswer *answer() = 0;
};

/// The poster of this platform; `url` and `token` must live as long as it.
std::unique_ptr<Poster> make_poster(const char *url, const char *token);

class HttpLink final : public Link {
 public:
  HttpLink(const char *url, const char *token) : poster_(make_poster(url, token)) {}

  void begin(const char *, const char *, LinkEvents &events) override { events_ = &events; }
  void step() override;
  bool publish(const char *topic, const char *payload, size_t size, uint8_t qos, bool retain) override {
    return form_.publish(topic, payload, size, qos, retain);
  }
  void subscribe(const char *, uint8_t) override {}
  const char *problem() const override {
    return form_.stopped() ? "The host refuses the token of this board; nothing is sent until it is corrected." : nullptr;
  }

 private:
  LinkEvents *events_{nullptr};
  std::unique_ptr<Poster> poster_;
  HttpForm form_{};
  Piece pieces_[HttpForm::MAX_PIECES]{};
};

}  // namespace panel_meter
