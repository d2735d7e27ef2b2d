#include "record.h"

namespace panel_meter {

void pack_record(const Record &record, uint32_t journal, size_t registers, ByteWriter &writer) {
  uint8_t packed[record_size(MAX_REGISTERS)];
  ByteWriter own(packed, sizeof(packed));
  own.number(journal);
  own.number(record.seq);
  own.number(record.end);
  own.number(record.duration);
  own.number(record.flags);
  for (size_t index = 0; index < registers; index++)
    own.number(record.energies[index]);
  own.checksum();
  writer.bytes(packed, own.size());
}

uint32_t packed_seq(const uint8_t *data, uint32_t journal, size_t registers) {
  const size_t size = record_size(registers);
  ByteReader reader(data, size);
  if (reader.number<uint32_t>() != journal)
    return 0;
  const auto seq = reader.number<uint32_t>();
  ByteReader check(data + size - 4, 4);
  return check.number<uint32_t>() == crc32(data, size - 4) ? seq : 0;
}

bool unpack_record(const uint8_t *data, uint32_t journal, size_t registers, Record &record) {
  record.seq = packed_seq(data, journal, registers);
  if (record.seq == 0)
    return false;
  ByteReader reader(data + 8, record_size(registers) - 8);
  record.end = reader.number<int64_t>();
  record.duration = reader.number<uint32_t>();
  record.flags = reader.number<uint16_t>();
  if (record.end < 0 || record.end > INT64_MAX / SECOND)
    return false;
  for (size_t index = 0; index < registers; index++) {
    record.energies[index] = reader.number<uint64_t>();
    if (record.energies[index] > MAX_ENERGY)
      return false;
  }
  return true;
}

void write_row(JsonWriter &json, const Record &record, size_t registers) {
  json.begin_array();
  json.integer(record.seq);
  json.integer(static_cast<uint64_t>(record.end));
  json.integer(record.duration);
  json.integer(record.flags);
  for (size_t index = 0; index < registers; index++)
    json.integer(record.energies[index]);
  json.end_array();
}

}  // namespace panel_meter
