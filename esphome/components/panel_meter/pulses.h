#pragma once

#include <cstdint>

namespace panel_meter {

/// Counts the pulses of a meter and turns them into energy, exactly: what is less than one mWh is kept.
class PulseCounter {
 public:
  /// False if `pulses_per_kwh` is 0 or more than a million. Edges closer together than `least_us` are bouncing.
  bool configure(uint32_t pulses_per_kwh, uint32_t least_us);

  /// An edge at this time in microseconds. True if it counts.
  bool edge(uint64_t time_us);

  uint64_t mwh() const { return mwh_; }
  uint64_t pulses() const { return pulses_; }
  /// Power in W from the distance of the last two pulses; falls by itself when the next one is late.
  double watts(uint64_t now_us) const;

 private:
  uint32_t pulses_per_kwh_{1000};
  uint32_t least_us_{0};
  uint64_t pulses_{0};
  uint64_t mwh_{0};
  /// What is left of the last mWh, in parts of 1 / pulses_per_kwh_.
  uint64_t rest_{0};
  uint64_t last_us_{0};
  uint64_t distance_us_{0};
  bool has_edge_{false};
};

}  // namespace panel_meter
