/// When a board sends records (B4).
#pragma once

#include "types.h"

namespace panel_meter {

/// One record message in flight.
class Sender {
 public:
  static constexpr Millis FIRST_TIMEOUT = 30 * SECOND;
  static constexpr Millis LONGEST_TIMEOUT = 300 * SECOND;

  /// Whether the oldest unacknowledged records may be sent.
  bool due(Millis now) const { return !this->waiting_ || now >= this->deadline_; }

  /// A message went out; each one that nobody answered doubles the time to wait.
  void sent(Millis now) {
    if (this->waiting_)
      this->timeout_ = 2 * this->timeout_ < LONGEST_TIMEOUT ? 2 * this->timeout_ : LONGEST_TIMEOUT;
    this->waiting_ = true;
    this->deadline_ = now + this->timeout_;
  }

  /// The watermark moved: the next message may go at once.
  void moved() {
    this->waiting_ = false;
    this->timeout_ = FIRST_TIMEOUT;
  }

  /// Try again now, once.
  void expire(Millis now) {
    if (this->deadline_ > now)
      this->deadline_ = now;
  }

 private:
  bool waiting_{false};
  Millis deadline_{0};
  Millis timeout_{FIRST_TIMEOUT};
};

}  // namespace panel_meter
