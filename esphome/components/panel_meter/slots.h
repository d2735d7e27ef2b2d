/// Two blocks that are written in turn, so that a torn write leaves the other one (B1).
#pragma once

#include "bytes.h"
#include "storage.h"

namespace panel_meter {

/// Each block is: generation (u32), length of the content (u16), content, CRC-32 of all that. The newer valid one counts.
class Slots {
 public:
  /// The blocks are `key` and the one behind it.
  Slots(Storage &storage, uint32_t key, BlockCache &cache) : storage_(storage), cache_(cache), key_(key) {}

  /// The newest valid content, which lies in the cache until somebody else uses that; nullptr if there is none.
  const uint8_t *load(size_t &size);
  /// Begin to write a content, in the cache; end with `commit`.
  ByteWriter begin();
  /// Replace the older block. False: the newer one is still there.
  bool commit(ByteWriter &writer);
  /// How many times something was written; 0: never.
  uint32_t generation() const { return this->generation_; }

 private:
  static constexpr size_t HEAD = 6;
  static constexpr size_t FRAME = HEAD + 4;

  const uint8_t *read_(uint32_t slot, uint32_t &generation, size_t &size);

  Storage &storage_;
  BlockCache &cache_;
  uint32_t key_;
  uint32_t generation_{0};
  uint32_t newest_{1};
};

}  // namespace panel_meter
