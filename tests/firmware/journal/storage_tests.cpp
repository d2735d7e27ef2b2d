/// What lies in flash, and what a power cut leaves of it.

#include "fakes.h"

#include "slots.h"

using namespace panel_meter;
using test::Flash;
using test::Torn;

namespace {

constexpr Torn ALL[] = {Torn::PREFIX, Torn::SUFFIX, Torn::SCATTER, Torn::LOST};
constexpr Torn MIXED[] = {Torn::PREFIX, Torn::SUFFIX, Torn::SCATTER};

Checkpoint checkpoint_of(uint64_t value, size_t registers) {
  Checkpoint checkpoint{};
  checkpoint.journal = 0xABCD;
  checkpoint.newest = static_cast<uint32_t>(value);
  checkpoint.unrecorded = value * 10;
  checkpoint.watermark_count = 2;
  checkpoint.watermarks[1] = {7, static_cast<uint32_t>(value)};
  checkpoint.register_count = static_cast<uint8_t>(registers);
  for (size_t index = 0; index < registers; index++)
    checkpoint.energies[index] = value * 1000 + index;
  return checkpoint;
}

bool equal(const Checkpoint &one, const Checkpoint &two) {
  bool same = one.journal == two.journal && one.newest == two.newest && one.unrecorded == two.unrecorded &&
              one.watermark_count == two.watermark_count && one.register_count == two.register_count;
  for (size_t index = 0; same && index < one.register_count; index++)
    same = one.energies[index] == two.energies[index];
  return same && one.watermarks[1].seq == two.watermarks[1].seq;
}

Record record_of(uint64_t value, size_t registers) {
  Record record{};
  record.end = static_cast<int64_t>(1'795'000'000 + 300 * value);
  record.duration = 300;
  record.flags = static_cast<uint16_t>(value & 0x3F);
  for (size_t index = 0; index < registers; index++)
    record.energies[index] = value * 77 + index;
  return record;
}

/// A ring in which rows 1 to `rows` were written.
struct Rows {
  Rows(size_t registers, uint32_t capacity, uint8_t rows_per_block, uint32_t rows)
      : shape{0x5C1E90AA, 0, static_cast<uint8_t>(registers), rows_per_block, capacity} {
    CHECK(is_possible(this->shape));
    this->open();
    for (uint32_t row = 1; row <= rows; row++)
      CHECK(this->append());
  }
  void open() {
    this->cache.key = 0;
    this->ring.open(this->flash, this->cache, this->shape);
  }
  bool append() {
    Record record = record_of(this->ring.newest() + 1, this->shape.registers);
    return this->ring.append(record);
  }
  /// Every row from `oldest` to `newest` is what was written.
  void check(uint32_t oldest, uint32_t newest) {
    CHECK_EQUAL(this->ring.oldest(), oldest);
    CHECK_EQUAL(this->ring.newest(), newest);
    Record record{};
    for (uint32_t seq = oldest; seq <= newest; seq++) {
      CHECK(this->ring.read(seq, record));
      const Record wished = record_of(seq, this->shape.registers);
      CHECK(record.end == wished.end && record.duration == 300 && record.flags == wished.flags);
      for (size_t index = 0; index < this->shape.registers; index++)
        CHECK(record.energies[index] == wished.energies[index]);
    }
    CHECK(!this->ring.read(oldest - 1, record) && !this->ring.read(newest + 1, record));
  }
  Flash flash;
  BlockCache cache;
  RingShape shape;
  Ring ring;
};

}  // namespace

TEST(a_checkpoint_survives_a_cut_at_every_byte) {
  for (const size_t registers : {size_t{1}, size_t{9}, MAX_REGISTERS}) {
    for (const Torn torn : ALL) {
      size_t size = 1;
      for (size_t cut = 0; cut <= size; cut++) {
        Flash flash;
        flash.torn = torn;
        BlockCache cache;
        CheckpointStore store(flash, cache);
        Checkpoint found{};
        CHECK(!store.load(found));
        for (uint64_t value = 1; value <= 3; value++)
          CHECK(store.save(checkpoint_of(value, registers)));
        size = flash.blocks.begin()->second.size();
        // Whether there was a restart since the last one was written makes no difference.
        CheckpointStore restarted(flash, cache);
        CHECK(restarted.load(found) && equal(found, checkpoint_of(3, registers)));
        flash.budget = static_cast<long>(cut);
        const bool saved = (cut % 2 == 0 ? restarted : store).save(checkpoint_of(4, registers));
        CHECK(saved == (cut >= size));
        flash.revive();
        CheckpointStore again(flash, cache);
        CHECK(again.load(found));
        // A cut behind the last byte that differs leaves the new one.
        CHECK(equal(found, checkpoint_of(saved ? 4 : 3, registers)) || equal(found, checkpoint_of(4, registers)));
        CHECK(again.save(checkpoint_of(5, registers)) && again.load(found));
        CHECK(equal(found, checkpoint_of(5, registers)));
      }
    }
  }
}

TEST(a_row_survives_a_cut_at_every_byte_of_the_next) {
  for (const uint8_t rows_per_block : {uint8_t{1}, uint8_t{3}}) {
    for (const uint32_t rows : {0U, 1U, 5U, 6U, 7U, 20U}) {
      for (const Torn torn : rows_per_block == 1 ? std::vector<Torn>(ALL, ALL + 4) : std::vector<Torn>(MIXED, MIXED + 3)) {
        const size_t size = rows_per_block * record_size(3);
        for (size_t cut = 0; cut < size; cut++) {
          Rows rows_of(3, 6, rows_per_block, rows);
          const uint32_t oldest = rows_of.ring.oldest();
          rows_of.flash.torn = torn;
          rows_of.flash.budget = static_cast<long>(cut);
          CHECK(!rows_of.append());
          rows_of.flash.revive();
          rows_of.open();
          const uint32_t newest = rows_of.ring.newest();
          CHECK(newest == rows || newest == rows + 1);
          // The row whose place was taken may be gone; all others are there.
          const uint32_t lowest = rows_of.ring.oldest();
          CHECK(rows == 0 || (lowest >= oldest && lowest <= oldest + 1));
          if (newest > 0)
            rows_of.check(lowest, newest);
          CHECK(rows_of.append());
          rows_of.check(rows_of.ring.oldest(), newest + 1);
        }
      }
    }
  }
}

TEST(a_ring_that_overruns_holds_its_newest_rows) {
  for (const uint8_t rows_per_block : {uint8_t{1}, uint8_t{2}, uint8_t{4}}) {
    for (uint32_t rows = 1; rows <= 40; rows++) {
      Rows rows_of(5, 8, rows_per_block, rows);
      const uint32_t oldest = rows > 8 ? rows - 7 : 1;
      rows_of.check(oldest, rows);
      rows_of.open();
      rows_of.check(oldest, rows);
      CHECK_EQUAL(rows_of.flash.blocks.size(), (rows < 8 ? rows + rows_per_block - 1U : 8U) / rows_per_block);
    }
  }
}

TEST(a_row_that_rots_costs_only_what_is_below_it) {
  Rows rows_of(2, 12, 3, 20);
  rows_of.check(9, 20);
  // Row 14 lies in the second place of the first block.
  rows_of.flash.blocks[storage_key::ring(0)][record_size(2) + 30] ^= 1;
  rows_of.open();
  rows_of.check(15, 20);
  // Even the newest.
  rows_of.flash.blocks[storage_key::ring(0) + 2][record_size(2) + 30] ^= 1;
  rows_of.open();
  rows_of.check(15, 19);
}

TEST(a_flash_that_refuses_loses_no_row) {
  Rows rows_of(2, 6, 2, 4);
  rows_of.flash.broken = true;
  CHECK(!rows_of.append());
  rows_of.check(1, 4);
  rows_of.flash.broken = false;
  CHECK(rows_of.append() && rows_of.append());
  rows_of.check(1, 6);
  rows_of.flash.broken = true;
  CHECK(!rows_of.append());
  rows_of.check(2, 6);
}

TEST(names_are_kept_by_channel) {
  Flash flash;
  BlockCache cache;
  PanelConfig config = test::config_of(3);
  SettingsStore store(flash, cache);
  Settings settings{};
  store.load(config, settings);
  CHECK(settings.interval == 0 && settings.name[0] == '\0');
  settings.interval = 900;
  settings.live_interval = 7;
  std::strcpy(settings.name, "Cellar");
  std::strcpy(settings.channel_names[2], "Lamp");
  CHECK(store.save(config, settings));
  const ChannelInfo turned[] = {test::CHANNELS[2], test::CHANNELS[0]};
  config.channels = turned;
  config.channel_count = 2;
  Settings found{};
  SettingsStore(flash, cache).load(config, found);
  CHECK(found.interval == 900 && found.live_interval == 7 && std::strcmp(found.name, "Cellar") == 0);
  CHECK(std::strcmp(found.channel_names[0], "Lamp") == 0 && found.channel_names[1][0] == '\0');
}
