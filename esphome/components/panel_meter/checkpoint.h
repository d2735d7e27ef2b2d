/// The registers as they were at most a minute ago, and how far the host had stored each journal (B1).
#pragma once

#include "slots.h"

namespace panel_meter {

/// Journals that a board can hold: the present one, and older ones that are still being drained.
constexpr size_t MAX_JOURNALS = 4;

struct Watermark {
  uint32_t journal;
  uint32_t seq;
};

struct Checkpoint {
  uint32_t journal;
  /// The newest row of the journal at that time.
  uint32_t newest;
  /// What had been measured since that row, in ms, and the flags that had come up.
  uint64_t unrecorded;
  uint16_t flags;
  uint8_t watermark_count;
  Watermark watermarks[MAX_JOURNALS];
  uint8_t register_count;
  uint64_t energies[MAX_REGISTERS];  ///< mWh
};

/// Keeps checkpoints in two slots.
class CheckpointStore {
 public:
  CheckpointStore(Storage &storage, BlockCache &cache) : slots_(storage, storage_key::CHECKPOINT, cache) {}

  /// False if there is no valid one.
  bool load(Checkpoint &checkpoint);
  bool save(const Checkpoint &checkpoint);
  uint32_t generation() const { return this->slots_.generation(); }

 private:
  Slots slots_;
};

}  // namespace panel_meter
