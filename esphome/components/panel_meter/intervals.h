/// The open interval of a board, its clock, and how both become records (B2, B3).
#pragma once

#include "journals.h"
#include "registers.h"

namespace panel_meter {

/// Ends intervals at multiples of their length: of UTC, or of the uptime while there is no clock.
///
/// All instants are of the board's steady time since boot. Before every call that ends an interval the registers must
/// have been advanced to that instant.
class Intervals {
 public:
  Intervals(Journals &journals, const Registers &registers) : journals_(journals), registers_(registers) {}

  /// After a boot: there is no clock, and nothing is open. `always` are flags of every record.
  void reset(uint32_t length, uint16_t always);
  /// A new interval begins now.
  void begin(Millis now, uint16_t flags);
  /// The journal has changed: what has no clock yet belongs to the old one, whose host was told the energy of it.
  void forget_unstamped() { this->count_ = 0; }
  /// The open interval began before the boot: so much of it, and these flags, a checkpoint has kept.
  void carry(Millis unrecorded, uint16_t flags);
  /// Another length in seconds, from the open interval on.
  void set_length(uint32_t length, Millis now);

  /// What the board believes to be the time, in ms UTC; 0 without a clock.
  Millis clock(Millis now) const { return this->has_clock_ ? now + this->offset_ : 0; }
  /// A clock came, or another time: `utc` in ms.
  void set_clock(Millis now, Millis utc);

  /// Set flags of the open interval.
  void mark(uint16_t flags) { this->flags_ = static_cast<uint16_t>(this->flags_ | flags); }
  /// When the open interval ends.
  Millis ends_at() const;
  /// The open interval is over: to be called when `ends_at` has come.
  void end(Millis now);
  /// End the open interval before its time; false without a clock.
  bool end_early(Millis now);

  /// How long was measured since the newest row, in ms, and the flags that came up.
  Millis unrecorded(Millis now) const;
  uint16_t unrecorded_flags() const;

 private:
  /// Numbers of all intervals without a clock; with few registers more intervals have room.
  static constexpr size_t POOL = 1024;
  static constexpr size_t MAX_UNSTAMPED = 64;

  /// An interval that ended while there was no clock.
  struct Unstamped {
    Millis closed;
    Millis elapsed;
    uint16_t flags;
  };

  size_t most_unstamped_() const;
  size_t slot_(size_t place) const { return (this->first_ + place) % this->most_unstamped_(); }
  uint64_t *energies_of_(size_t place) { return this->pool_ + this->slot_(place) * this->registers_.count(); }
  Millis elapsed_(Millis now) const { return this->carried_ + now - this->opened_; }
  void find_boundary_(Millis now);
  void keep_(const Unstamped &interval);
  void stamp_();
  void record_(int64_t end, Millis elapsed, uint16_t flags, const uint64_t *energies);
  bool last_(int64_t &end) const;

  Journals &journals_;
  const Registers &registers_;
  uint32_t length_{300};
  uint16_t always_{0};
  bool has_clock_{false};
  Millis offset_{0};
  Millis opened_{0};
  Millis carried_{0};
  uint16_t flags_{0};
  int64_t boundary_{0};  ///< seconds UTC, or of the uptime
  Unstamped unstamped_[MAX_UNSTAMPED]{};
  uint64_t pool_[POOL]{};
  size_t first_{0};
  size_t count_{0};
  Record record_buffer_{};
};

}  // namespace panel_meter
