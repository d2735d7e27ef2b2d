/// The records of one journal in flash: a ring of rows, each with its own checksum.
#pragma once

#include "record.h"
#include "storage.h"

namespace panel_meter {

/// What must be known to read a ring.
struct RingShape {
  uint32_t journal;
  /// Which range of blocks it lies in.
  uint8_t area;
  uint8_t registers;
  uint8_t rows_per_block;
  /// Rows; a multiple of rows_per_block.
  uint32_t capacity;
};

constexpr uint32_t MAX_CAPACITY = 65536;  // rows

/// Whether a ring of this shape can exist.
bool is_possible(const RingShape &shape);

/// The newest `capacity` rows of a journal; older ones are overwritten.
class Ring {
 public:
  /// Look through the blocks for valid rows: the newest unbroken run of them is held.
  void open(Storage &storage, BlockCache &cache, const RingShape &shape);

  /// Write the next row; its seq is set. False: nothing was appended, though the oldest row may be lost.
  bool append(Record &record);
  /// The row with this number; false if it is not held.
  bool read(uint32_t seq, Record &record);
  /// Give up the rows below `seq`.
  void forget_below(uint32_t seq);
  /// Erase all blocks.
  void erase();

  const RingShape &shape() const { return this->shape_; }
  /// Lowest and highest number held (F8); 1 and 0 while empty.
  uint32_t oldest() const { return this->oldest_; }
  uint32_t newest() const { return this->newest_; }
  /// How many rows wait for an ack.
  uint32_t unacknowledged() const;
  /// The row to send first.
  uint32_t first_unacknowledged() const;

  /// The highest number that the host has stored, as far as this board knows.
  uint32_t watermark{0};

 private:
  size_t row_size_() const { return record_size(this->shape_.registers); }
  const uint8_t *row_(uint32_t seq);
  void load_(uint32_t key);
  uint32_t key_of_(uint32_t seq) const;
  size_t place_of_(uint32_t seq) const;

  Storage *storage_{nullptr};
  BlockCache *cache_{nullptr};
  RingShape shape_{};
  uint32_t oldest_{1};
  uint32_t newest_{0};
};

}  // namespace panel_meter
