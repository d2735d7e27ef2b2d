#include "checkpoint.h"

namespace panel_meter {

bool CheckpointStore::load(Checkpoint &checkpoint) {
  size_t size = 0;
  const uint8_t *content = this->slots_.load(size);
  if (content == nullptr)
    return false;
  ByteReader reader(content, size);
  checkpoint.journal = reader.number<uint32_t>();
  checkpoint.newest = reader.number<uint32_t>();
  checkpoint.unrecorded = reader.number<uint64_t>();
  checkpoint.flags = reader.number<uint16_t>();
  checkpoint.watermark_count = reader.number<uint8_t>();
  checkpoint.register_count = reader.number<uint8_t>();
  if (checkpoint.watermark_count > MAX_JOURNALS || checkpoint.register_count > MAX_REGISTERS)
    return false;
  for (size_t index = 0; index < checkpoint.watermark_count; index++) {
    checkpoint.watermarks[index].journal = reader.number<uint32_t>();
    checkpoint.watermarks[index].seq = reader.number<uint32_t>();
  }
  bool possible = checkpoint.unrecorded <= static_cast<uint64_t>(INT64_MAX) / 4;
  for (size_t index = 0; index < checkpoint.register_count; index++) {
    checkpoint.energies[index] = reader.number<uint64_t>();
    possible = possible && checkpoint.energies[index] <= MAX_ENERGY;
  }
  return reader.ok() && possible;
}

bool CheckpointStore::save(const Checkpoint &checkpoint) {
  ByteWriter writer = this->slots_.begin();
  writer.number(checkpoint.journal);
  writer.number(checkpoint.newest);
  writer.number(checkpoint.unrecorded);
  writer.number(checkpoint.flags);
  writer.number(checkpoint.watermark_count);
  writer.number(checkpoint.register_count);
  for (size_t index = 0; index < checkpoint.watermark_count; index++) {
    writer.number(checkpoint.watermarks[index].journal);
    writer.number(checkpoint.watermarks[index].seq);
  }
  for (size_t index = 0; index < checkpoint.register_count; index++)
    writer.number(checkpoint.energies[index]);
  return this->slots_.commit(writer);
}

}  // namespace panel_meter
