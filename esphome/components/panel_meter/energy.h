#pragma once

#include <cstdint>

namespace panel_meter {

/// An energy counter in mWh. What is less than one mWh is kept, in nWh, so that nothing is rounded away: the counter
/// and its rest are the exact sum of everything that was added.
class EnergyCounter {
 public:
  /// Billionths of a watt-hour in a mWh.
  static constexpr uint64_t NANO_IN_MILLI = 1000000;

  void add_nwh(uint64_t nwh);
  uint64_t mwh() const { return mwh_; }
  /// What is waiting to become the next mWh, in nWh.
  uint32_t rest_nwh() const { return rest_nwh_; }

 private:
  uint64_t mwh_{0};
  uint32_t rest_nwh_{0};
};

/// One measured value over one window, of a quantity that noise makes scatter around zero: watts, or square amperes.
struct GateSample {
  double value{0.0};
  /// Standard deviation that noise alone gives the value.
  double noise{0.0};
  /// Nothing smaller than this counts, unless a current flows.
  double creep{0.0};
  double seconds{0.0};
  bool has_current{false};
};

/// What counts of the samples so far: `value` for `seconds`. 0 seconds: nothing yet.
struct GateOutput {
  double value{0.0};
  double seconds{0.0};
};

/// Tells a small load from noise.
///
/// A sample well above the noise counts at once. Smaller ones are averaged over a minute, in which noise shrinks to an
/// eighth; the average counts if it is well above that, and is dropped as no load otherwise. So the noise of an empty
/// circuit adds nothing, in either direction, and a small steady load is not lost.
class NoLoadGate {
 public:
  /// Samples are averaged over this long.
  static constexpr double AVERAGED_SECONDS = 60.0;
  /// What counts is this many standard deviations of noise.
  static constexpr double DEVIATIONS = 6.0;

  GateOutput take(const GateSample &sample);

  /// What to show as the present value: the last loud sample, or the last average that counted, or 0.
  double shown() const { return shown_; }

 private:
  double sum_{0.0};
  double noise_squares_{0.0};
  double seconds_{0.0};
  double seconds_with_current_{0.0};
  double quiet_value_{0.0};
  double shown_{0.0};
};

/// Import and export of one channel: what is booked is split by its sign.
class EnergyRegisters {
 public:
  /// Books a power over a time. Longer than an hour or more than 100 MW is not booked: false.
  bool book(double watts, double seconds);

  EnergyCounter imported;
  EnergyCounter exported;
};

}  // namespace panel_meter
