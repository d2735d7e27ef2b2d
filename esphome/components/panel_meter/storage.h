/// Where a board keeps what must outlive a power cut.
#pragma once

#include "types.h"

#include <cstring>

namespace panel_meter {

/// The largest block that is ever written, in bytes.
constexpr size_t MAX_BLOCK = 2816;

/// Blocks of bytes under numbers: blobs in NVS, chunks of small preferences, files.
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

/// Keeps blocks in a storage that takes only small ones, such as the preferences of ESPHome's host platform (255 bytes).
///
/// `Chunk` is the largest piece, in bytes, with 3 bytes of it for the place and the length. The key of a piece is the
/// key of the block times 64 plus its place, so the blocks' keys must stay below 2^26.
template<size_t Chunk> class ChunkedStorage final : public Storage {
  static_assert(Chunk > 3 && (MAX_BLOCK + Chunk - 4) / (Chunk - 3) <= 64, "The pieces of a block are too many.");

 public:
  explicit ChunkedStorage(Storage &small) : small_(small) {}

  size_t read(uint32_t key, uint8_t *data, size_t capacity) override {
    size_t done = 0;
    for (uint32_t place = 0; place < PIECES; place++) {
      const size_t size = this->small_.read(key * PIECES + place, this->piece_, Chunk);
      if (size < HEAD || this->piece_[0] != place)
        return 0;
      const auto whole = static_cast<size_t>(this->piece_[1] | (this->piece_[2] << 8));
      if (whole > capacity || done + (size - HEAD) > whole)
        return 0;
      std::memcpy(data + done, this->piece_ + HEAD, size - HEAD);
      done += size - HEAD;
      if (done == whole)
        return whole;
      if (size != Chunk)
        return 0;
    }
    return 0;
  }

  bool write(uint32_t key, const uint8_t *data, size_t size) override {
    if (size == 0 || size > MAX_BLOCK)
      return false;
    size_t done = 0;
    for (uint32_t place = 0; done < size; place++) {
      const size_t part = size - done < Chunk - HEAD ? size - done : Chunk - HEAD;
      this->piece_[0] = static_cast<uint8_t>(place);
      this->piece_[1] = static_cast<uint8_t>(size & 0xFF);
      this->piece_[2] = static_cast<uint8_t>(size >> 8);
      std::memcpy(this->piece_ + HEAD, data + done, part);
      if (!this->small_.write(key * PIECES + place, this->piece_, HEAD + part))
        return false;
      done += part;
    }
    return true;
  }

  void erase(uint32_t key) override {
    for (uint32_t place = 0; place < PIECES; place++)
      this->small_.erase(key * PIECES + place);
  }

 private:
  static constexpr size_t HEAD = 3;
  static constexpr uint32_t PIECES = 64;

  Storage &small_;
  uint8_t piece_[Chunk];
};

/// The block that was read or made last, shared by all that reads and writes blocks.
struct BlockCache {
  uint8_t data[MAX_BLOCK];
  /// Which block of a ring it is; 0: something else, which the next user may overwrite.
  uint32_t key{0};
};

/// The keys of all blocks; below 2^26.
namespace storage_key {
constexpr uint32_t CHECKPOINT = 0x10;  ///< and the next one
constexpr uint32_t SETTINGS = 0x12;    ///< and the next one
constexpr uint32_t JOURNAL = 0x20;     ///< plus the area
/// The first block of the ring in an area.
constexpr uint32_t ring(uint32_t area) { return (area + 1) << 20; }
}  // namespace storage_key

}  // namespace panel_meter
