/// The journals that a board holds: the present one, and older ones until the host has stored them (F3).
#pragma once

#include "checkpoint.h"
#include "ring.h"

namespace panel_meter {

/// Each journal lies in an area of its own: a block that describes it, and the blocks of its ring.
class Journals {
 public:
  Journals(Storage &storage, BlockCache &cache) : storage_(storage), cache_(cache) {}

  /// Find the journals, the newest last.
  void open();
  bool empty() const { return this->count_ == 0; }
  size_t count() const { return this->count_; }
  Ring &at(size_t place) { return this->rings_[place]; }
  const Ring &at(size_t place) const { return this->rings_[place]; }

  /// The journal that is written to; there must be one.
  Ring &present() { return this->rings_[this->count_ - 1]; }
  const Ring &present() const { return this->rings_[this->count_ - 1]; }
  /// The journal that is sent: an old one is drained first. What was drained is given up.
  Ring &sending();
  /// nullptr if it is not held.
  Ring *find(uint32_t journal);

  /// Whether the present journal has exactly the registers of the board.
  bool fits(const PanelConfig &config);
  /// Whether a new journal needs no unacknowledged rows to be given up.
  bool has_room() const { return this->count_ < MAX_JOURNALS; }
  /// Begin a journal behind the others; without room the oldest is given up. False: it was not stored.
  bool begin(const PanelConfig &config, uint32_t journal);
  /// The `registers` of a journal as an array of names.
  void write_registers(JsonWriter &json, const Ring &ring);

 private:
  bool read_shape_(uint8_t area, RingShape &shape, uint32_t &order);
  bool next_name_(ByteReader &reader, char *name) const;
  void drop_oldest_();
  uint8_t free_area_() const;

  Storage &storage_;
  BlockCache &cache_;
  Ring rings_[MAX_JOURNALS];
  uint32_t orders_[MAX_JOURNALS]{};
  size_t count_{0};
};

/// `<channel>.import` or `<channel>.export` with a zero behind it; `out` has MAX_REGISTER_NAME + 1 bytes.
void register_name(const PanelConfig &config, size_t index, char *out);

}  // namespace panel_meter
