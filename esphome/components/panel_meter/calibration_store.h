/// What calibrating has found out about each input, kept in flash under the pin of the input.
#pragma once

#include "slots.h"

namespace panel_meter {

/// What a person has found out about one input.
struct InputCalibration {
  uint8_t gpio;
  /// On top of the gain in the YAML.
  double gain;
  /// Replaces the table of the transformer, if it is set; degrees.
  bool has_lead;
  double lead_degrees;
  /// Noise without a load in counts, and power from crosstalk in W; 0: not measured.
  double noise_counts;
  double zero_watts;
};

constexpr size_t MAX_CALIBRATED = 19;

/// All of them; what is not in it was never calibrated.
class CalibrationStore {
 public:
  CalibrationStore(Storage &storage, BlockCache &cache) : slots_(storage, KEY, cache) {}

  void load();
  /// False: flash did not take it; it counts until the next restart.
  bool save();

  /// The calibration of a pin; of a new one if it has none.
  InputCalibration of(uint8_t gpio) const;
  /// False if there is no room for another pin.
  bool set(const InputCalibration &calibration);

 private:
  /// Behind the keys that the journal uses, see storage.h.
  static constexpr uint32_t KEY = 0x14;
  static constexpr uint8_t VERSION = 1;

  Slots slots_;
  size_t count_{0};
  InputCalibration calibration_[MAX_CALIBRATED]{};
};

}  // namespace panel_meter
