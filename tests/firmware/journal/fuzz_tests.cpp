/// Hostile input is normal input: bounded, the same in every run.

#include "fakes.h"

#include <memory>

using namespace panel_meter;
using test::Dice;
using test::Flash;
using test::Host;
using test::Life;
using test::UTC;

namespace {

/// A text in memory of exactly its size, so that reading on is noticed.
struct Exact {
  explicit Exact(const std::string &text) : size(text.size()), data(new char[text.size()]) {
    std::memcpy(this->data.get(), text.data(), text.size());
  }
  size_t size;
  std::unique_ptr<char[]> data;
};

/// Change, remove, repeat or insert some bytes.
std::string mangled(std::string text, Dice &dice) {
  static const char *const PARTS[] = {"{",   "}",    "[",     "]",    "\"",  "\\",     "\\u00e4", "\\ud83d", ":",     ",",
                                      "-",   "1e9",  "null",  "true", "0",   "\xFF",   "\xE2",    "\\u0000", "99999", " ",
                                      ".5e", "seq",  "boot",  "id",   "op",  "\x01",   "2147483648", "18446744073709551616"};
  for (size_t count = dice.below(6); count > 0; count--) {
    const size_t place = dice.below(text.size() + 1);
    switch (dice.below(5)) {
      case 0:
        text.insert(place, PARTS[dice.below(std::size(PARTS))]);
        break;
      case 1:
        text.erase(place, dice.below(8));
        break;
      case 2:
        text.insert(place, text.substr(dice.below(text.size() + 1), dice.below(40)));
        break;
      case 3:
        if (place < text.size())
          text[place] = static_cast<char>(dice.next());
        break;
      default:
        text.resize(place);
    }
  }
  return text;
}

const char *const COMMANDS[] = {
    "\"op\":\"set_interval\",\"interval\":120",
    "\"op\":\"set_live_interval\",\"live_interval\":3",
    "\"op\":\"calibrate\",\"channel\":\"c1\",\"gain\":1.0123",
    "\"op\":\"calibrate\",\"channel\":\"c1\",\"reference\":230.5",
    "\"op\":\"zero\",\"channel\":\"c2\"",
    "\"op\":\"phase\",\"channel\":\"main\",\"phase\":-2.5",
    "\"op\":\"waveform\",\"channel\":\"main\"",
    "\"op\":\"set_name\",\"name\":\"K\\u00fcche\",\"channel\":\"c1\"",
    "\"op\":\"set_time\",\"uptime\":10,\"time\":1795204936",
    "\"op\":\"identify\"",
    "\"op\":\"resend\",\"journal\":\"5c1e90aa\",\"seq\":1",
    "\"op\":\"new_journal\",\"force\":true",
    "\"op\":\"new_journal\"",
    "\"op\":\"reboot\"",
};

/// What is sent is always valid and within its limits.
void check_sent(Life &life) {
  for (const test::Message &message : life.wire.sent) {
    const std::string kind = message.kind();
    if (kind == "status")
      continue;
    const JsonValue content = parse_json(message.payload.data(), message.payload.size());
    CHECK(content.type() == JsonType::OBJECT);
    const size_t most = kind == "info" ? MAX_INFO : kind == "live" ? MAX_LIVE : kind == "record" ? 2 * MAX_RECORD : MAX_RESPONSE;
    CHECK(message.payload.size() <= most);
  }
}

/// Make all checksums right again, so that wrong content gets behind them.
void mend(uint32_t key, std::vector<uint8_t> &block, size_t registers) {
  const auto put = [&](size_t place, size_t size) {
    const uint32_t crc = crc32(block.data() + place, size);
    for (size_t index = 0; index < 4; index++)
      block[place + size + index] = static_cast<uint8_t>(crc >> (8 * index));
  };
  if (key >= storage_key::ring(0)) {
    const size_t size = record_size(registers);
    for (size_t place = 0; place + size <= block.size(); place += size)
      put(place, size - 4);
  } else if (block.size() > 10) {
    // Descriptions of journals and the two slots have it at their end.
    put(0, block.size() - 4);
  }
}

}  // namespace

TEST(fuzz_json) {
  Dice dice(1);
  const std::string seeds[] = {
      "{\"host\":\"9e01c7d2\",\"journal\":\"5c1e90aa\",\"seq\":412}",
      "{\"a\":[1,-2.5e3,{\"b\":[[],{},null,true,false]}],\"c\":\"\\u00e4\\ud83d\\ude00\\n\xC3\xA4\",\"a\":{}}",
      "[[[[[[[[[[]]]]]]]]]]",
      "{\"id\":\"7f3a\",\"boot\":\"a1b2c3d4\",\"op\":\"calibrate\",\"channel\":\"c1\",\"gain\":1.0123}",
  };
  size_t valid = 0;
  for (size_t run = 0; run < 60'000; run++) {
    const Exact text(mangled(seeds[dice.below(4)], dice));
    const JsonValue value = parse_json(text.data.get(), text.size);
    valid += value.missing() ? 0 : 1;
    JsonCursor cursor(value);
    for (JsonValue each; cursor.next(each);) {
      uint64_t integer = 0;
      double number = 0;
      uint32_t hex = 0;
      char out[8];
      CHECK(each.data() >= text.data.get() && each.data() + each.size() <= text.data.get() + text.size);
      CHECK(!each.as_integer(integer) || each.type() == JsonType::NUMBER);
      CHECK(!each.as_number(number) || (number < 1e15 && number > -1e15));
      CHECK(!each.as_text(out, sizeof(out)) || std::strlen(out) < 8);
      (void) each.as_hex(hex);
      (void) member(each, "b");
    }
  }
  CHECK(valid > 1000 && valid < 50'000);
}

TEST(fuzz_messages) {
  Dice dice(2);
  for (size_t run = 0; run < 150; run++) {
    Flash flash;
    Host host;
    Life life(test::config_of(4, 60, 16, 3), flash, run + 1);
    std::vector<uint64_t> before(4, 0);
    uint32_t journal = life.board->journal();
    for (size_t step = 0; step < 120; step++) {
      char boot[16];
      std::snprintf(boot, sizeof(boot), "%08x", life.board->boot());
      std::string text = std::string("{\"id\":\"f") + std::to_string(step) + "\",\"boot\":\"" + boot + "\"," +
                         COMMANDS[dice.below(std::size(COMMANDS))] + "}";
      const bool ack = dice.chance(3);
      if (ack)
        text = host.ack(life.board->journal(), dice.below(30));
      const Exact exact(dice.chance(4) ? text : mangled(text, dice));
      life.board->on_message(ack ? "panel_meter/1/apt-101/ack" : "panel_meter/1/apt-101/command", exact.data.get(), exact.size,
                             life.now);
      flash.broken = dice.chance(12);
      life.wire.refuses = dice.chance(10);
      if (dice.chance(9))
        life.board->disconnected(life.now);
      if (dice.chance(4))
        life.board->connected(life.now);
      if (dice.chance(20))
        life.board->set_clock(life.now, static_cast<Millis>(dice.below(4'000'000'000)) * 1000);
      life.run(static_cast<Millis>(dice.below(90)));
      check_sent(life);
      for (const std::string &record : life.wire.of("record")) {
        if (!dice.chance(5)) {
          const std::string said = host.take(record);
          life.board->on_ack(said.data(), said.size(), life.now);
        }
      }
      life.wire.clear();
      for (size_t index = 0; index < 4; index++) {
        CHECK(life.board->journal() != journal || life.board->energies()[index] >= before[index]);
        before[index] = life.board->energies()[index];
      }
      journal = life.board->journal();
    }
    host.check();
  }
}

TEST(fuzz_flash) {
  Dice dice(3);
  Flash image;
  {
    Life life(test::config_of(3, 60, 12, 3), image);
    life.board->set_clock(0, UTC);
    life.board->connected(0);
    life.run(900);
    life.command("\"op\":\"set_name\",\"name\":\"Cellar\"");
    life.command("\"op\":\"new_journal\",\"force\":true");
    life.run(500);
  }
  CHECK(image.blocks.size() > 9);
  size_t kept = 0;
  for (size_t run = 0; run < 2500; run++) {
    Flash flash;
    flash.blocks = image.blocks;
    for (size_t count = 1 + dice.below(5); count > 0; count--) {
      auto block = flash.blocks.begin();
      std::advance(block, static_cast<long>(dice.below(flash.blocks.size())));
      if (dice.chance(12)) {
        block->second.resize(dice.below(block->second.size() + 1));
      } else if (!block->second.empty()) {
        for (size_t bytes = 1 + dice.below(3); bytes > 0; bytes--)
          block->second[dice.below(block->second.size())] = dice.chance(4) ? uint8_t{0xFF} : static_cast<uint8_t>(dice.next());
      }
      if (!dice.chance(3))
        mend(block->first, block->second, 3);
    }
    Life life(test::config_of(3, 60, 12, 3), flash, run + 1);
    kept += life.board->energies()[0] > 0 ? 1 : 0;
    life.board->connected(0);
    life.run(70);
    life.board->set_clock(life.now, UTC + 2'000'000);
    life.run(130);
    check_sent(life);
    for (size_t index = 0; index < 3; index++)
      CHECK(life.board->energies()[index] <= MAX_ENERGY);
    // Whatever lay there, the board counts, records and can be restarted.
    CHECK(life.board->checkpoint(life.now));
    Life again(test::config_of(3, 60, 12, 3), flash, run + 2);
    CHECK_EQUAL(again.board->journal(), life.board->journal());
    for (size_t index = 0; index < 3; index++)
      CHECK(again.board->energies()[index] >= life.board->energies()[index]);
  }
  std::printf("%zu of 2500 images kept their registers, ", kept);
}
