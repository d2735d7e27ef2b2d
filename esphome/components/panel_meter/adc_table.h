#pragma once

#include <cstddef>
#include <cstdint>

namespace panel_meter {

/// Counts of a millivolt at the pin.
constexpr int COUNTS_PER_MILLIVOLT = 10;

/// Turns what a 12-bit converter says into counts of a tenth of a millivolt, around a voltage in the middle.
///
/// The factory calibration of an ESP32 answers in whole millivolts, which is coarser than the converter itself. The
/// table asks for every code once, averages the answers around each of its knots, and draws straight lines between.
class AdcTable {
 public:
  static constexpr int CODES = 4096;
  /// The millivolts that the factory calibration gives a code.
  using MillivoltsOfCode = int (*)(int code, void *context);

  /// `middle_millivolts` becomes 0 counts: the bias of the input.
  void build(MillivoltsOfCode millivolts_of_code, void *context, int middle_millivolts);

  int16_t counts(int code) const {
    const int bounded = code < 0 ? 0 : (code >= CODES ? CODES - 1 : code);
    const int32_t below = knots_[bounded >> STEP_BITS];
    const int32_t above = knots_[(bounded >> STEP_BITS) + 1];
    const int32_t part = bounded & (STEP - 1);
    return static_cast<int16_t>(below + (above - below) * part / STEP);
  }

 private:
  static constexpr int STEP_BITS = 5;
  static constexpr int STEP = 1 << STEP_BITS;
  static constexpr size_t KNOTS = CODES / STEP + 1;

  int16_t knots_[KNOTS]{};
};

}  // namespace panel_meter
