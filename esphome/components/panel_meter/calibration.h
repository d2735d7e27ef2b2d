#pragma once

#include <cstddef>
#include <cstdint>

#include "accumulator.h"

namespace panel_meter {

/// Most points of the table of a current transformer.
constexpr size_t MAX_CURRENT_POINTS = 8;
/// Bounds of a gain that a person sets.
constexpr double MIN_GAIN = 0.5;
constexpr double MAX_GAIN = 2.0;
/// Largest phase error that is corrected, in degrees.
constexpr double MAX_PHASE_DEGREES = 30.0;
/// What a converter of an ESP32 makes of noise, in counts (5 steps of 12 bits at 2.5 V), where nobody has measured it.
constexpr double TYPICAL_NOISE_COUNTS = 30.0;

/// What a current transformer does at one current.
struct CurrentPoint {
  double amperes{0.0};
  /// By how many degrees the measured current leads the true one.
  double lead_degrees{0.0};
  /// What the measured current must be multiplied by, beyond the gain of the input.
  double gain{1.0};
};

/// How a current input turns counts into amperes.
struct CurrentCalibration {
  /// From the ratio of the transformer and its burden; negative if it is clipped on backwards.
  double amperes_per_count{0.0};
  double gain{1.0};
  /// Noise of the input without a load, effective value in counts; 0 if nobody has measured it.
  double noise_counts{0.0};
  /// Power that is measured without a load, from crosstalk, in W at the voltage at which it was measured.
  double zero_watts{0.0};
  /// Rising by amperes; between two points the straight line holds, outside the nearest point.
  uint8_t points{0};
  CurrentPoint point[MAX_CURRENT_POINTS]{};
  /// Mains frequency of the table in Hz. The lead of a transformer falls as the frequency rises, since it is a high
  /// pass of first order; 0 keeps the table for every frequency.
  double table_frequency{0.0};
};

/// How a voltage input turns counts into volts.
struct VoltageCalibration {
  double volts_per_count{0.0};
  double gain{1.0};
  /// By how many degrees the measured voltage leads the true one.
  double lead_degrees{0.0};
  double noise_counts{0.0};
};

/// Active and reactive power of one leg; reactive is positive for an inductive load.
struct Power {
  double watts{0.0};
  double vars{0.0};
};

/// Mean and variance of the samples of one input, in counts and square counts. The mean includes the offset.
struct InputStatistics {
  double mean{0.0};
  double variance{0.0};
};

bool is_plausible(const CurrentCalibration &calibration);
bool is_plausible(const VoltageCalibration &calibration);

/// What the table of the transformer says for a current, by straight lines between its points.
CurrentPoint point_at(const CurrentCalibration &calibration, double amperes);

/// Lead of the measured current over the measured voltage that must be taken back, in degrees.
double net_lead(const CurrentCalibration &current, const VoltageCalibration &voltage, double amperes, double frequency);

/// Weights of the lags -1, 0, 1, 2 that interpolate to `fraction` (0 to 1): Lagrange's polynomial through four points.
void lagrange_weights(double fraction, double (&weights)[LAGS]);

InputStatistics statistics_of(const InputSums &sums, uint32_t scans);

/// Power of one leg in square counts, before any gain and rotation. `cycle_scans`: scans in a cycle of the mains.
///
/// Active: the mean product of current and interpolated voltage, less the product of their means. Reactive, of the
/// fundamental: with the voltage lagged by the angle t, the mean product is P cos t + Q sin t; here the sum of two.
Power product_of(const Window &window, const LegWiring &wiring, const LegSums &leg, double cycle_scans);

/// Turns the fundamental by the lead of the measured current: P' = P cos d - Q sin d, Q' = Q cos d + P sin d.
Power rotated(const Power &measured, double lead_degrees);

/// The lead in degrees that makes the reactive power of a purely resistive load vanish; nothing if it is implausible.
bool lead_of_resistive_load(const Power &measured, double *lead_degrees);

/// Averages what is measured without a load, for a new noise_counts and zero_watts.
class ZeroCalibration {
 public:
  void add(double variance_counts, double watts);
  uint32_t windows() const { return windows_; }
  double noise_counts() const;
  double zero_watts() const { return windows_ == 0 ? 0.0 : watts_ / windows_; }

 private:
  uint32_t windows_{0};
  double variance_{0.0};
  double watts_{0.0};
};

}  // namespace panel_meter
