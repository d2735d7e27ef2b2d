/// The same contract over HTTP (section 6): collects what a board says into one request, and takes the answer apart.
#pragma once

#include "protocol.h"

namespace panel_meter {

/// A piece of a request's body.
struct Piece {
  const char *data;
  size_t size;
};

/// The transport of a board that posts. Whoever owns it calls `step`, and when `due` posts the pieces with the board's
/// bearer token and hands the answer to `answered`. No HTTP is spoken here.
class HttpForm final : public Transport {
 public:
  static constexpr size_t MAX_PIECES = 10;

  bool publish(const char *topic, const char *payload, size_t size, uint8_t qos, bool retain) override;
  void subscribe(const char *, uint8_t) override {}

  /// Keep the board going: after an outage, and after each pause that the host asked for.
  void step(Board &board, Millis now);
  /// Whether there is something to post, and it may be posted now.
  bool due(Millis now) const { return !this->stopped_ && !this->posting_ && this->filled_() && now >= this->next_at_; }
  /// The body of the request as pieces, and its length in bytes; until `answered` nothing of it changes.
  size_t begin(Piece (&pieces)[MAX_PIECES], size_t &length);
  /// The answer; `status` 0: there was none. `retry_after` in seconds, 0: the host named none.
  void answered(Board &board, int status, const char *body, size_t size, uint32_t retry_after, Millis now);
  /// The host refuses the token: nothing is posted any more, until a restart.
  bool stopped() const { return this->stopped_; }

 private:
  static constexpr Millis FIRST_PAUSE = 5 * SECOND;
  static constexpr Millis LONGEST_PAUSE = 300 * SECOND;
  static constexpr uint32_t LONGEST_WISH = 3600;  // seconds
  /// A single row with the names of its registers.
  static constexpr size_t MAX_ROW = 3072;
  static constexpr size_t LEAST_BATCH = 64;

  struct Slot {
    char *data;
    size_t capacity;
    size_t size;
    const char *opening;
  };

  bool filled_() const;
  void empty_();
  void lose_(Board &board, Millis pause, Millis now);
  void obey_(Board &board, const JsonValue &answer, Millis now);

  char info_[MAX_INFO];
  char live_[MAX_LIVE];
  char record_[MAX_ROW];
  char response_[MAX_RESPONSE];
  Slot slots_[4]{{info_, sizeof(info_), 0, "\"info\":"},
                 {live_, sizeof(live_), 0, "\"live\":"},
                 {record_, sizeof(record_), 0, "\"record\":"},
                 {response_, sizeof(response_), 0, "\"response\":"}};
  size_t batch_{MAX_RECORD};
  Millis next_at_{0};
  Millis pause_{FIRST_PAUSE};
  bool up_{false};
  bool posting_{false};
  bool stopped_{false};
};

}  // namespace panel_meter
