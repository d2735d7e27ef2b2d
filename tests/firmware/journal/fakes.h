/// A flash that loses power in the middle of a write, an instrument that counts by the book, and a host that keeps one.
#pragma once

#include "check.h"
#include "http_form.h"
#include "json_reader.h"
#include "protocol.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace test {

using panel_meter::Millis;

/// What a write leaves behind in which the power fails.
enum class Torn : uint8_t {
  PREFIX,   ///< the first bytes are new
  SUFFIX,   ///< the last bytes are new
  SCATTER,  ///< some bytes are new
  LOST,     ///< there is no such block any more
};

class Flash final : public panel_meter::Storage {
 public:
  size_t read(uint32_t key, uint8_t *data, size_t capacity) override {
    const auto found = this->blocks.find(key);
    if (found == this->blocks.end() || found->second.size() > capacity)
      return 0;
    std::memcpy(data, found->second.data(), found->second.size());
    return found->second.size();
  }

  bool write(uint32_t key, const uint8_t *data, size_t size) override {
    CHECK(size <= most);
    if (this->dead || this->broken)
      return false;
    this->writes++;
    this->written += size;
    if (this->budget >= 0 && static_cast<size_t>(this->budget) < size) {
      this->tear_(this->blocks[key], key, data, size, static_cast<size_t>(this->budget));
      this->dead = true;
      return false;
    }
    if (this->budget >= 0)
      this->budget -= static_cast<long>(size);
    this->blocks[key].assign(data, data + size);
    return true;
  }

  void erase(uint32_t key) override {
    if (!this->dead)
      this->blocks.erase(key);
  }

  /// The power is back.
  void revive() {
    this->dead = false;
    this->budget = -1;
  }

  std::map<uint32_t, std::vector<uint8_t>> blocks;
  size_t most{panel_meter::MAX_BLOCK};
  /// So many bytes can still be written, then the power fails; negative: no end.
  long budget{-1};
  Torn torn{Torn::PREFIX};
  bool dead{false};
  /// Every write fails.
  bool broken{false};
  size_t writes{0};
  size_t written{0};

 private:
  void tear_(std::vector<uint8_t> &block, uint32_t key, const uint8_t *data, size_t size, size_t done) {
    if (this->torn == Torn::LOST) {
      this->blocks.erase(key);
      return;
    }
    if (block.size() < size)
      block.resize(size, 0xFF);
    Dice dice(done + 1);
    for (size_t index = 0; index < size; index++) {
      const bool is_new = this->torn == Torn::PREFIX    ? index < done
                          : this->torn == Torn::SUFFIX ? index >= size - done
                                                       : dice.below(size) < done;
      if (is_new)
        block[index] = data[index];
    }
  }
};

struct Message {
  std::string topic;
  std::string payload;
  uint8_t qos;
  bool retain;
  std::string kind() const { return this->topic.substr(this->topic.rfind('/') + 1); }
};

class Wire final : public panel_meter::Transport {
 public:
  bool publish(const char *topic, const char *payload, size_t size, uint8_t qos, bool retain) override {
    if (this->refuses)
      return false;
    this->sent.push_back({topic, std::string(payload, size), qos, retain});
    return true;
  }
  void subscribe(const char *topic, uint8_t) override { this->topics.emplace_back(topic); }

  /// The messages of a kind since the last call of `clear`.
  std::vector<std::string> of(const std::string &kind) const {
    std::vector<std::string> found;
    for (const Message &message : this->sent) {
      if (message.kind() == kind)
        found.push_back(message.payload);
    }
    return found;
  }
  void clear() { this->sent.clear(); }

  std::vector<Message> sent;
  std::vector<std::string> topics;
  bool refuses{false};
};

/// Counts so many mWh per second on each register since it was switched on.
class Counters final : public panel_meter::Instrument {
 public:
  explicit Counters(size_t count) : count_(count) {}

  static uint64_t rate(size_t reg) { return 17 + 5 * reg; }

  void read_counters(uint64_t *energies) override {
    for (size_t index = 0; index < this->count_; index++)
      energies[index] = rate(index) * static_cast<uint64_t>(this->now / 1000);
  }
  void read_live(panel_meter::LiveValues &values) override {
    for (size_t channel = 0; channel < panel_meter::MAX_CHANNELS; channel++) {
      values.power[channel] = this->power;
      values.current[channel] = 1.5F;
      values.power_factor[channel] = 1;
    }
    values.voltage[0] = 230;
    values.phase_count = 1;
    values.frequency = 50;
    values.temperature = 30;
  }
  uint16_t take_flags() override {
    const uint16_t flags = this->flags;
    this->flags = 0;
    return flags;
  }
  panel_meter::Refusal calibrate(size_t channel, double gain) override {
    this->gain = gain;
    this->channel = channel;
    return nullptr;
  }
  panel_meter::Refusal calibrate_to(size_t, double reference) override { return reference > 0 ? nullptr : "range"; }
  panel_meter::Refusal zero(size_t) override { return nullptr; }
  panel_meter::Refusal set_phase(size_t, double) override { return nullptr; }
  size_t waveform(size_t, float *samples, size_t capacity) override {
    for (size_t index = 0; index < capacity; index++)
      samples[index] = static_cast<float>(index) - 99'999.0F;
    return capacity;
  }
  void identify() override { this->identified++; }
  uint32_t random() override {
    const auto value = static_cast<uint32_t>(this->dice.next());
    return value == 0 ? 1 : value;
  }
  void reboot() override { this->reboots++; }

  Millis now{0};
  float power{100};
  uint16_t flags{0};
  double gain{1};
  size_t channel{0};
  int identified{0};
  int reboots{0};
  Dice dice{4711};

 private:
  size_t count_;
};

/// A row as the host has it.
struct Row {
  int64_t end;
  int64_t duration;
  int flags;
  std::vector<uint64_t> energies;
  bool operator==(const Row &other) const {
    return this->end == other.end && this->duration == other.duration && this->flags == other.flags &&
           this->energies == other.energies;
  }
};

/// Keeps every row and says, like a real host, what it has.
class Host {
 public:
  /// Take a record message; the ack for it.
  std::string take(const std::string &payload) {
    const auto content = panel_meter::parse_json(payload.data(), payload.size());
    uint32_t journal = 0;
    uint64_t oldest = 0;
    CHECK(member(content, "journal").as_hex(journal) && member(content, "oldest").as_integer(oldest));
    auto &rows = this->journals[journal];
    uint64_t &watermark = this->watermarks[journal];
    if (oldest > watermark + 1) {
      this->gaps++;
      watermark = oldest - 1;
    }
    panel_meter::JsonCursor cursor(member(content, "records"));
    panel_meter::JsonValue value;
    size_t count = 0;
    while (cursor.next(value)) {
      count++;
      std::vector<uint64_t> numbers;
      panel_meter::JsonCursor inner(value);
      panel_meter::JsonValue number;
      uint64_t each = 0;
      while (inner.next(number)) {
        CHECK(number.as_integer(each));
        numbers.push_back(each);
      }
      CHECK(numbers.size() > 4);
      const Row row = {static_cast<int64_t>(numbers[1]), static_cast<int64_t>(numbers[2]), static_cast<int>(numbers[3]),
                       {numbers.begin() + 4, numbers.end()}};
      const auto known = rows.find(numbers[0]);
      if (known != rows.end()) {
        CHECK(known->second == row);
      } else if (numbers[0] == watermark + 1) {
        rows[numbers[0]] = row;
      }
      if (numbers[0] == watermark + 1)
        watermark++;
    }
    CHECK(payload.size() <= panel_meter::MAX_RECORD || count == 1);
    CHECK(count > 0);
    return this->ack(journal, watermark);
  }

  std::string ack(uint32_t journal, uint64_t seq) const {
    char text[128];
    std::snprintf(text, sizeof(text), "{\"host\":\"c0f0c0f0\",\"journal\":\"%08x\",\"seq\":%llu}", journal,
                  static_cast<unsigned long long>(seq));
    return text;
  }

  /// Every journal is contiguous unless there was a gap, its ends rise but for flag 2, its energies never fall.
  void check() const {
    for (const auto &[journal, rows] : this->journals) {
      const Row *before = nullptr;
      for (const auto &[seq, row] : rows) {
        if (before != nullptr) {
          CHECK(row.end > before->end || (row.flags & panel_meter::FLAG_CLOCK_STEP) != 0);
          for (size_t index = 0; index < row.energies.size(); index++)
            CHECK(row.energies[index] >= before->energies[index]);
        }
        before = &row;
      }
      CHECK(this->gaps > 0 || rows.empty() || rows.rbegin()->first - rows.begin()->first + 1 == rows.size());
    }
  }

  std::map<uint32_t, std::map<uint64_t, Row>> journals;
  std::map<uint32_t, uint64_t> watermarks;
  int gaps{0};
};

constexpr panel_meter::ChannelInfo CHANNELS[] = {
    {"main", "Mains", panel_meter::Role::MAIN, panel_meter::Phase::L1, 63, 0, 2, nullptr},
    {"c1", "Kitchen", panel_meter::Role::CIRCUIT, panel_meter::Phase::L1, 20, 1, 0, nullptr},
    {"c2", "Socket", panel_meter::Role::SUB, panel_meter::Phase::L1, 16.5F, 2, 0, "c1"},
};
constexpr panel_meter::RegisterInfo REGISTERS[] = {
    {0, panel_meter::Direction::IMPORT},
    {0, panel_meter::Direction::EXPORT},
    {1, panel_meter::Direction::IMPORT},
    {2, panel_meter::Direction::IMPORT},
};

inline panel_meter::PanelConfig config_of(size_t registers, uint32_t interval = 300, uint32_t capacity = 64,
                                          uint8_t rows_per_block = 2) {
  return {"panel_meter", "apt-101", "Apartment", "test", "1.0.0",   interval, 5,         capacity,
          rows_per_block, 230,      CHANNELS,    3,      REGISTERS, registers, 0};
}

/// UTC of the boot unless told otherwise, in ms; not at the edge of an interval.
constexpr Millis UTC = Millis{1'795'204'800 + 17} * 1000;

/// A board from boot to power cut.
struct Life {
  Life(const panel_meter::PanelConfig &config, panel_meter::Storage &flash, uint64_t seed = 1)
      : config(config), counters(config.register_count) {
    this->counters.dice = Dice(seed);
    this->board = std::make_unique<panel_meter::Board>(this->config, flash, this->wire, this->counters);
    this->board->begin(0);
  }

  /// Let time pass in steps; with a host, everything sent is taken and acknowledged.
  void run(Millis seconds, Host *host = nullptr, const Flash *flash = nullptr) {
    for (const Millis end = this->now + seconds * 1000; this->now < end;) {
      this->now += 1000;
      this->counters.now = this->now;
      this->board->step(this->now);
      if (flash != nullptr && flash->dead)
        return;
      if (host != nullptr)
        this->serve(*host);
    }
  }

  void serve(Host &host) {
    for (bool more = true; more;) {
      more = false;
      const std::vector<Message> sent = std::move(this->wire.sent);
      this->wire.sent.clear();
      for (const Message &message : sent) {
        if (message.kind() == "record") {
          const std::string ack = host.take(message.payload);
          this->board->on_ack(ack.data(), ack.size(), this->now);
          more = true;
        }
      }
    }
  }

  /// Send a command to this boot and return the response.
  std::string command(const std::string &rest, const std::string &id = "") {
    char head[128];
    std::snprintf(head, sizeof(head), "{\"id\":\"%s\",\"boot\":\"%08x\",",
                  id.empty() ? ("k" + std::to_string(++this->number)).c_str() : id.c_str(), this->board->boot());
    const std::string text = head + rest + "}";
    this->wire.clear();
    this->board->on_command(text.data(), text.size(), this->now);
    const auto answers = this->wire.of("response");
    return answers.empty() ? "" : answers.front();
  }

  /// The number in the newest message of a kind, -1 if there is none.
  int64_t number_in(const std::string &kind, const char *key) {
    const auto found = this->wire.of(kind);
    uint64_t value = 0;
    if (found.empty() || !member(panel_meter::parse_json(found.back().data(), found.back().size()), key).as_integer(value))
      return -1;
    return static_cast<int64_t>(value);
  }

  panel_meter::PanelConfig config;
  Counters counters;
  Wire wire;
  std::unique_ptr<panel_meter::Board> board;
  Millis now{0};
  int number{0};
};

}  // namespace test
