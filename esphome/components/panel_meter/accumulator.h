#pragma once

#include <cstddef>
#include <cstdint>

#include "measure_types.h"

namespace panel_meter {

/// Lags of the voltage against the current whose products are summed: -1, 0, 1 and 2 scans.
constexpr size_t LAGS = 4;
/// Scans that the current is held back, so that the voltage of two scans later is known.
constexpr int HOLD_BACK = 2;
/// Length of the memory of each voltage, in scans. A power of two.
constexpr size_t VOLTAGE_MEMORY = 512;
/// A window never has more scans, so that 32 bits hold the sum of one input.
constexpr uint32_t MAX_SCANS_OF_WINDOW = 50000;
/// The voltage of a leg that measures none.
constexpr uint8_t NO_VOLTAGE = 0xFF;

/// How one leg is wired.
struct LegWiring {
  /// Index of the current input in the scan.
  uint8_t current{0};
  /// Index of the voltage input in the scan, or NO_VOLTAGE.
  uint8_t voltage{NO_VOLTAGE};
  /// By how much the wanted voltage lags the measured one, 0 to 360 degrees: 0 if the phase is measured itself, 120 or
  /// 240 if it is derived from another phase.
  double shift_degrees{0.0};
};

/// What is sampled, and how.
struct AccumulatorConfig {
  /// Inputs of a scan. The voltages come first.
  uint8_t inputs{0};
  uint8_t voltages{0};
  uint8_t legs{0};
  LegWiring leg[MAX_LEGS]{};
  /// When each input is converted, as a fraction of the time between two scans, 0 to below 1. The multiplexer takes one
  /// input after another: input k of n at k/n, unless it was measured otherwise.
  double slot[MAX_INPUTS]{};
  /// Samples beyond these are counted as clipped.
  int16_t lowest[MAX_INPUTS]{};
  int16_t highest[MAX_INPUTS]{};
  /// Expected scans in a second, and what the mains should have, in Hz.
  double nominal_rate{8000.0};
  double nominal_frequency{50.0};

  /// Fills in evenly spaced slots and the widest limits.
  void set_defaults(uint8_t input_count, uint8_t voltage_count);
};

/// Sums of one input over a window, in counts.
struct InputSums {
  /// Sum of the samples, less `offset` each.
  int32_t sum{0};
  /// Sum of the squares of the same.
  int64_t squares{0};
  /// What was taken off each sample.
  int32_t offset{0};
  uint32_t clipped{0};
  uint32_t missing{0};
};

/// Sums of products of one leg over a window, in square counts.
struct LegSums {
  /// lag[k]: current[n] * voltage[n + base + k - 1].
  int64_t lag[LAGS]{};
  /// current[n] * (voltage[n + base - near] + voltage[n + base - far]): the voltage about a quarter of a cycle earlier.
  /// The two lie 18 degrees on both sides of it, so that they cancel the fifth harmonic, the strongest one of the
  /// mains.
  int64_t lagged{0};
  /// Whole scans between the current and the wanted voltage, and the rest of that distance, 0 to below 1.
  int base{0};
  double fraction{0.0};
  /// Scans of the two long lags.
  int near{0};
  int far{0};
};

/// Everything that is known about one window.
struct Window {
  /// Scans that were summed.
  uint32_t scans{0};
  /// Time that passed without scans, in microseconds.
  uint32_t lost_us{0};
  /// Whole cycles between the first and the last rising zero crossing, and the scans between those two.
  uint32_t cycles{0};
  double cycle_scans{0.0};
  InputSums input[MAX_INPUTS]{};
  LegSums leg[MAX_LEGS]{};
};

/// Sums every sample of every input, without a gap between windows.
///
/// Each scan belongs to exactly one window; it does not matter in what portions the scans arrive. Only integers are
/// touched per scan. Not thread-safe: one task pushes and reads.
class Accumulator {
 public:
  /// Whether this can be measured.
  static bool is_possible(const AccumulatorConfig &config);

  /// Begins anew. Returns false, and does nothing, if the configuration cannot be measured. It must not be the one that
  /// `config()` returns.
  bool configure(const AccumulatorConfig &config);

  /// Takes one scan: `inputs` samples in counts. Bit k of `missing` says that input k was not converted and its sample
  /// was made up. True if this scan completed a window, which `window()` then holds until the next one is complete.
  bool push(const int16_t *scan, uint32_t missing = 0);

  /// Says that scans were lost before the next one, for this long. The products need some scans before they are whole
  /// again; that time is added to what was lost.
  void gap(uint32_t microseconds);

  /// The last complete window.
  const Window &window() const { return windows_[1 - open_]; }

  /// Tells the measured scans in a second and the mains frequency in Hz; both take effect with the next window.
  void set_clock(double rate, double frequency);

  /// Scans since the last rising zero crossing of the first voltage; keeps counting while there is none.
  uint32_t scans_since_crossing() const { return since_crossing_; }

  const AccumulatorConfig &config() const { return config_; }

 private:
  void begin_window();
  void place_legs(Window &window) const;
  int history_needed() const;
  void remember(const int16_t *scan);
  void add(const int16_t *scan);
  void add_legs(Window &window);
  void track_crossing(int16_t sample);
  bool is_complete() const;
  void learn(const Window &window);
  void count_missing(uint32_t missing);
  void warm_up_by_one();
  void close_window();

  AccumulatorConfig config_{};
  double rate_{8000.0};
  double frequency_{50.0};
  Window windows_[2]{};
  uint8_t open_{0};

  /// Each sample stands twice, so that any stretch of the memory is one piece.
  int16_t voltage_[MAX_VOLTAGES][2 * VOLTAGE_MEMORY]{};
  size_t head_{0};
  int16_t held_back_[MAX_INPUTS][HOLD_BACK]{};
  int32_t offset_[MAX_INPUTS]{};
  /// Scans until the memory holds what the products need.
  uint32_t warm_up_{0};
  /// The time of the warm-up after a gap counts as lost; that after the start does not.
  bool is_warm_up_lost_{false};
  /// Scans after which a window ends at the next zero crossing, and after which it ends without one.
  uint32_t target_{0};
  uint32_t latest_{0};

  int32_t hysteresis_{0};
  bool armed_{false};
  bool crossed_now_{false};
  int32_t last_voltage_{0};
  uint32_t since_crossing_{0};
  bool has_first_crossing_{false};
  /// Scans since the first crossing of the open window, and where between two scans that crossing was.
  uint32_t since_first_{0};
  double first_fraction_{0.0};
  double last_fraction_{0.0};
};

}  // namespace panel_meter
