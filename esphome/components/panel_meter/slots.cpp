#include "slots.h"

namespace panel_meter {

const uint8_t *Slots::read_(uint32_t slot, uint32_t &generation, size_t &size) {
  this->cache_.key = 0;
  const uint8_t *data = this->cache_.data;
  const size_t held = this->storage_.read(this->key_ + slot, this->cache_.data, MAX_BLOCK);
  ByteReader reader(data, held);
  generation = reader.number<uint32_t>();
  size = reader.number<uint16_t>();
  // A storage may return more than was written last.
  if (!reader.ok() || generation == 0 || held < FRAME || size > held - FRAME)
    return nullptr;
  ByteReader check(data + HEAD + size, 4);
  return check.number<uint32_t>() == crc32(data, HEAD + size) ? data + HEAD : nullptr;
}

const uint8_t *Slots::load(size_t &size) {
  this->generation_ = 0;
  this->newest_ = 1;
  for (uint32_t slot = 0; slot < 2; slot++) {
    uint32_t generation = 0;
    if (this->read_(slot, generation, size) != nullptr && generation > this->generation_) {
      this->generation_ = generation;
      this->newest_ = slot;
    }
  }
  uint32_t generation = 0;
  if (this->generation_ == 0)
    return nullptr;
  return this->read_(this->newest_, generation, size);
}

ByteWriter Slots::begin() {
  this->cache_.key = 0;
  ByteWriter writer(this->cache_.data, MAX_BLOCK);
  writer.number(this->generation_ + 1);
  writer.number(uint16_t{0});
  return writer;
}

bool Slots::commit(ByteWriter &writer) {
  const size_t size = writer.size() - HEAD;
  this->cache_.data[4] = static_cast<uint8_t>(size & 0xFF);
  this->cache_.data[5] = static_cast<uint8_t>(size >> 8);
  writer.checksum();
  if (!writer.ok() || this->generation_ == UINT32_MAX)
    return false;
  // After a failure the same slot is tried again: the other one is the only good one.
  if (!this->storage_.write(this->key_ + (1 - this->newest_), this->cache_.data, writer.size()))
    return false;
  this->newest_ = 1 - this->newest_;
  this->generation_++;
  return true;
}

}  // namespace panel_meter
