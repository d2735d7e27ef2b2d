/// Where a board keeps what must outlive a power cut.
#pragma once

#include "types.h"

namespace panel_meter {

/// The largest block that is ever written, in bytes.
constexpr size_t MAX_BLOCK = 2816;

/// Blocks of bytes under numbers: blobs in NVS, or files.
///
/// A write that a power cut tears may leave each byte of the block as it was or as it was to be; checksums find that.
/// It may not touch other blocks, nor change a byte that is the same before and after.
class Storage {
 public:
  /// Read a block; returns its size in bytes, 0 if there is none or if it is larger than `capacity`.
  virtual size_t read(uint32_t key, uint8_t *data, size_t capacity) = 0;
  /// Replace a block; when it returns true, the block outlives a power cut.
  virtual bool write(uint32_t key, const uint8_t *data, size_t size) = 0;
  /// Forget a block; no error if there is none.
  virtual void erase(uint32_t key) = 0;

 protected:
  ~Storage() = default;
};

/// The block that was read or made last, shared by all that reads and writes blocks.
struct BlockCache {
  uint8_t data[MAX_BLOCK];
  /// Which block of a ring it is; 0: something else, which the next user may overwrite.
  uint32_t key{0};
};

/// The keys of all blocks.
namespace storage_key {
constexpr uint32_t CHECKPOINT = 0x10;  ///< and the next one
constexpr uint32_t SETTINGS = 0x12;    ///< and the next one
constexpr uint32_t JOURNAL = 0x20;     ///< plus the area
/// The first block of the ring in an area.
constexpr uint32_t ring(uint32_t area) { return (area + 1) << 20; }
}  // namespace storage_key

}  // namespace panel_meter
