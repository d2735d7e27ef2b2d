#pragma once

#include <cstddef>
#include <cstdint>

#include "measure_types.h"

namespace panel_meter {

/// Puts scans together from single conversions that carry the number of their converter channel.
///
/// The order of conversions is not trusted: a channel that comes too early ends the scan, and what is missing in it
/// keeps its last sample and is reported as missing.
class ScanAssembler {
 public:
  /// `channels`: the converter channel of each input, in the order of the pattern. False if one is doubled or above 31.
  bool configure(const uint8_t *channels, size_t count);

  /// Takes one conversion in counts. True if `scan()` and `missing()` hold a new scan.
  bool take(uint8_t channel, int16_t counts);

  const int16_t *scan() const { return scan_; }
  /// Bit k: input k was not converted.
  uint32_t missing() const { return missing_; }
  /// Conversions of channels that are not in the pattern.
  uint32_t foreign() const { return foreign_; }
  /// Input of a converter channel, or MAX_INPUTS if it has none.
  size_t input_of(uint8_t channel) const;

  /// Forgets a scan that has begun: conversions were lost.
  void restart() { seen_ = 0; }

 private:
  void finish();

  size_t inputs_{0};
  uint8_t input_of_[32]{};
  int16_t building_[MAX_INPUTS]{};
  uint32_t seen_{0};
  int16_t scan_[MAX_INPUTS]{};
  uint32_t missing_{0};
  uint32_t foreign_{0};
};

}  // namespace panel_meter
