/// What one interval left behind (F7).
#pragma once

#include "bytes.h"
#include "json_writer.h"
#include "types.h"

namespace panel_meter {

/// A record; the energies are registers, not differences.
struct Record {
  uint32_t seq;
  int64_t end;        ///< UTC seconds
  uint32_t duration;  ///< seconds
  uint16_t flags;
  uint64_t energies[MAX_REGISTERS];  ///< mWh
};

/// Bytes of a stored record with so many registers: journal, seq, end, duration, flags, energies, CRC-32.
constexpr size_t record_size(size_t registers) { return 26 + 8 * registers; }

void pack_record(const Record &record, uint32_t journal, size_t registers, ByteWriter &writer);

/// False if the bytes are no valid record of this journal; then `record` is undefined.
bool unpack_record(const uint8_t *data, uint32_t journal, size_t registers, Record &record);

/// Only the number of the record, 0 if the bytes are no valid record of this journal.
uint32_t packed_seq(const uint8_t *data, uint32_t journal, size_t registers);

/// As a row of the wire.
void write_row(JsonWriter &json, const Record &record, size_t registers);

}  // namespace panel_meter
