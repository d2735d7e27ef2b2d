#include "ring.h"

namespace panel_meter {

bool is_possible(const RingShape &shape) {
  return shape.registers >= 1 && shape.registers <= MAX_REGISTERS && shape.rows_per_block >= 1 &&
         shape.rows_per_block * record_size(shape.registers) <= MAX_BLOCK && shape.capacity >= shape.rows_per_block &&
         shape.capacity <= MAX_CAPACITY && shape.capacity % shape.rows_per_block == 0;
}

void Ring::open(Storage &storage, BlockCache &cache, const RingShape &shape) {
  this->storage_ = &storage;
  this->cache_ = &cache;
  this->shape_ = shape;
  this->watermark = 0;
  this->oldest_ = 1;
  this->newest_ = 0;
  for (uint32_t place = 1; place <= shape.capacity; place++) {
    const uint32_t seq = packed_seq(this->row_(place), shape.journal, shape.registers);
    // A row in a place that is not its own was not written by this ring.
    if (seq > this->newest_ && seq != UINT32_MAX && (seq - place) % shape.capacity == 0)
      this->newest_ = seq;
  }
  this->oldest_ = this->newest_ > 0 ? this->newest_ : 1;
  while (this->oldest_ > 1 && this->newest_ - this->oldest_ + 1 < shape.capacity &&
         packed_seq(this->row_(this->oldest_ - 1), shape.journal, shape.registers) == this->oldest_ - 1)
    this->oldest_--;
}

bool Ring::append(Record &record) {
  const uint32_t seq = this->newest_ + 1;
  if (seq == UINT32_MAX)
    return false;
  record.seq = seq;
  const uint32_t key = this->key_of_(seq);
  this->load_(key);
  ByteWriter writer(this->cache_->data + this->place_of_(seq), this->row_size_());
  pack_record(record, this->shape_.journal, this->shape_.registers, writer);
  const uint32_t lowest = seq > this->shape_.capacity ? seq - this->shape_.capacity + 1 : 1;
  if (lowest > this->oldest_ && this->newest_ > 0)
    this->oldest_ = lowest;
  if (!this->storage_->write(key, this->cache_->data, this->row_size_() * this->shape_.rows_per_block)) {
    this->cache_->key = 0;
    return false;
  }
  this->newest_ = seq;
  return true;
}

bool Ring::read(uint32_t seq, Record &record) {
  return seq >= this->oldest_ && seq <= this->newest_ &&
         unpack_record(this->row_(seq), this->shape_.journal, this->shape_.registers, record) && record.seq == seq;
}

void Ring::forget_below(uint32_t seq) {
  if (seq > this->oldest_ && seq <= this->newest_ + 1)
    this->oldest_ = seq;
}

void Ring::erase() {
  this->cache_->key = 0;
  const uint32_t first = storage_key::ring(this->shape_.area);
  for (uint32_t block = 0; block < this->shape_.capacity / this->shape_.rows_per_block; block++)
    this->storage_->erase(first + block);
}

uint32_t Ring::unacknowledged() const {
  return this->newest_ + 1 > this->first_unacknowledged() ? this->newest_ + 1 - this->first_unacknowledged() : 0;
}

uint32_t Ring::first_unacknowledged() const {
  return this->watermark + 1 > this->oldest_ ? this->watermark + 1 : this->oldest_;
}

const uint8_t *Ring::row_(uint32_t seq) {
  this->load_(this->key_of_(seq));
  return this->cache_->data + this->place_of_(seq);
}

void Ring::load_(uint32_t key) {
  if (this->cache_->key == key)
    return;
  const size_t held = this->storage_->read(key, this->cache_->data, MAX_BLOCK);
  // What is not there is zeros, which are no valid row.
  std::memset(this->cache_->data + held, 0, MAX_BLOCK - held);
  this->cache_->key = key;
}

uint32_t Ring::key_of_(uint32_t seq) const {
  return storage_key::ring(this->shape_.area) + (seq - 1) % this->shape_.capacity / this->shape_.rows_per_block;
}

size_t Ring::place_of_(uint32_t seq) const {
  return (seq - 1) % this->shape_.capacity % this->shape_.rows_per_block * this->row_size_();
}

}  // namespace panel_meter
