/// What commands have changed of a board, and survives in flash.
#pragma once

#include "slots.h"

namespace panel_meter {

/// Whether it divides an hour and lies within its bounds, in seconds (B2).
inline bool is_interval(uint64_t value) {
  return value >= MIN_INTERVAL && value <= MAX_INTERVAL && MAX_INTERVAL % value == 0;
}

/// Whether it lies within its bounds, in seconds (T3).
inline bool is_live_interval(uint64_t value) { return value >= MIN_LIVE_INTERVAL && value <= MAX_LIVE_INTERVAL; }

/// 0 and empty texts mean: as it was flashed.
struct Settings {
  uint16_t interval;      ///< seconds
  uint8_t live_interval;  ///< seconds
  char name[MAX_NAME + 1];
  /// In the order of the channels.
  char channel_names[MAX_CHANNELS][MAX_NAME + 1];
};

/// Keeps settings in two slots; names of channels are kept by the ids of the channels, whose order may change.
class SettingsStore {
 public:
  SettingsStore(Storage &storage, BlockCache &cache) : slots_(storage, storage_key::SETTINGS, cache) {}

  /// What is stored and still possible; the rest is as it was flashed.
  void load(const PanelConfig &config, Settings &settings);
  bool save(const PanelConfig &config, const Settings &settings);

 private:
  Slots slots_;
};

}  // namespace panel_meter
