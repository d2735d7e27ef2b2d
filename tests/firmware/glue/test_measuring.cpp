/// Tests of what lies between the measuring half and the board: setup, calibration, and what of it survives a restart.

#include "measuring.h"
#include "pair_order.h"
#include "record.h"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

using namespace panel_meter;

namespace {

int failures = 0;

#define CHECK(condition) \
  do { \
    if (!(condition)) { \
      failures++; \
      std::printf("line %d: %s\n", __LINE__, #condition); \
    } \
  } while (false)

bool is_close(double value, double wanted, double relative) { return std::fabs(value - wanted) <= relative * std::fabs(wanted); }
bool is(Refusal refusal, const char *code) { return refusal != nullptr && std::strcmp(refusal, code) == 0; }

class MapStorage final : public Storage {
 public:
  size_t read(uint32_t key, uint8_t *data, size_t capacity) override {
    const auto found = blocks.find(key);
    if (found == blocks.end() || found->second.size() > capacity)
      return 0;
    std::memcpy(data, found->second.data(), found->second.size());
    return found->second.size();
  }
  bool write(uint32_t key, const uint8_t *data, size_t size) override {
    if (full)
      return false;
    blocks[key].assign(data, data + size);
    return true;
  }
  void erase(uint32_t key) override { blocks.erase(key); }

  std::map<uint32_t, std::vector<uint8_t>> blocks;
  bool full{false};
};

constexpr double PI = 3.14159265358979323846;
constexpr double VOLTS_PER_VOLT = 300;
constexpr double AMPERES_PER_VOLT = 30;

BoardSetup board_of(bool measures_voltage) {
  BoardSetup setup;
  setup.set_sampling({8000 * (measures_voltage ? 2U : 1U), 1.0F, 1250, 0, 2500, 50.0F, 50.0F, 230.0F});
  if (measures_voltage)
    CHECK(setup.add_voltage({"l1", 0, 0, 0.0F, static_cast<float>(VOLTS_PER_VOLT), 1.0F, 0.0F}));
  CHECK(setup.add_channel({"main", "Mains", Role::MAIN, Phase::L1, 63, 0, 1, nullptr, true, false, 1, 1, 1}));
  const uint8_t voltage = measures_voltage ? 0 : NO_VOLTAGE;
  CHECK(setup.add_leg({1, voltage, 0, static_cast<float>(AMPERES_PER_VOLT), 1, 0, 1, 0, 0}));
  return setup;
}

/// A house with one load.
struct House {
  double amperes{10};
  /// By how much the current lags the voltage, and by how much the transformer turns it forward; degrees.
  double lag{0};
  double lead{0};
  double noise{0};

  /// Lets so many seconds pass.
  void run(Measuring &measuring, double seconds) {
    const double root = std::sqrt(2.0);
    for (int count = 0; count < static_cast<int>(seconds * 8000); count++, place++) {
      const double time = static_cast<double>(place) / 8000;
      const double wave = 2 * PI * 50 * time;
      // The multiplexer takes the current half a scan later.
      const double later = 2 * PI * 50 * (time + 0.5 / 8000);
      seed = seed * 1664525U + 1013904223U;
      const double random = noise * (static_cast<double>(seed >> 8) / (1 << 24) - 0.5);
      const double volts = 230 * root * std::sin(wave) / VOLTS_PER_VOLT;
      const double current = amperes * root * std::sin(later - (lag - lead) * PI / 180) / AMPERES_PER_VOLT;
      const int16_t scan[2] = {static_cast<int16_t>(std::lround(volts * 10'000)),
                               static_cast<int16_t>(std::lround(current * 10'000 + random))};
      const std::lock_guard<Measuring> guard(measuring);
      measuring.push(scan, 0);
    }
  }

  uint64_t place{0};
  uint32_t seed{1};
};

void setup_has_bounds() {
  BoardSetup setup;
  CHECK(!setup.add_leg({1, NO_VOLTAGE, 0, 30, 1, 0, 1, 0, 0}));
  CHECK(!setup.add_point(1, 1, 1));
  CHECK(setup.add_channel({"c", "C", Role::CIRCUIT, Phase::L1, 0, 0, 1, nullptr, false, false, 1, 1, 1}));
  CHECK(!setup.add_voltage({"l1", 0, 0, 0, 300, 1, 0}));
  for (int leg = 0; leg < 3; leg++)
    CHECK(setup.add_leg({static_cast<uint8_t>(leg), NO_VOLTAGE, 0, 30, 1, 0, 1, 0, 0}));
  CHECK(!setup.add_leg({9, NO_VOLTAGE, 0, 30, 1, 0, 1, 0, 0}));
  for (int point = 0; point < 8; point++)
    CHECK(setup.add_point(static_cast<float>(point + 1), 1, 1));
  CHECK(!setup.add_point(9, 1, 1));
  CHECK(setup.register_count() == 1);
  MapStorage flash;
  Measuring empty_meter(flash);
  const BoardSetup nothing;
  CHECK(!empty_meter.configure(nothing));
}

void the_ring_fits_into_flash() {
  for (size_t registers = 1; registers <= MAX_REGISTERS; registers++) {
    const uint32_t block = rows_per_block(registers);
    CHECK(block >= 1 && block * record_size(registers) <= MAX_BLOCK);
    const uint32_t capacity = possible_capacity(2048, registers);
    CHECK(capacity % block == 0 && capacity > 0 && capacity <= 2048);
    CHECK(capacity * record_size(registers) <= 256 * 1024);
  }
  CHECK(possible_capacity(1, 4) == rows_per_block(4));
}

void power_and_registers() {
  MapStorage flash;
  const BoardSetup setup = board_of(true);
  Measuring measuring(flash);
  CHECK(measuring.configure(setup));
  House house;
  house.lag = 60;
  house.run(measuring, 20);
  CHECK(is_close(measuring.channel(0).watts, 1150, 0.001));
  CHECK(is_close(measuring.voltage(0).volts, 230, 0.001));
  uint64_t energies[MAX_REGISTERS]{};
  measuring.read_counters(energies);
  CHECK(is_close(static_cast<double>(energies[0]), 1150.0 * 19 / 3.6, 0.06));
  CHECK(energies[1] == 0);
  LiveValues live{};
  measuring.read_live(live);
  CHECK(live.phase_count == 1);
  CHECK(is_close(static_cast<double>(live.frequency), 50, 0.001));
  CHECK((measuring.take_flags() & FLAG_FAULT) == 0);
}

void a_reference_sets_the_gain_for_ever() {
  MapStorage flash;
  const BoardSetup setup = board_of(true);
  {
    Measuring measuring(flash);
    CHECK(measuring.configure(setup));
    House house;
    CHECK(is(measuring.set_gain_for(0, 2415), "range"));  // nothing was measured yet
    house.run(measuring, 10);
    CHECK(is(measuring.set_gain_for(0, 23'000), "range"));
    CHECK(is(measuring.set_gain_for(0, 1), "range"));
    CHECK(is(measuring.set_gain_for(0, std::nan("")), "range"));
    CHECK(measuring.set_gain_for(0, 2415) == nullptr);
    // Before the next second is over, the same reference changes nothing more.
    CHECK(measuring.set_gain_for(0, 2415) == nullptr);
    house.run(measuring, 10);
    CHECK(is_close(measuring.channel(0).watts, 2415, 0.001));
    CHECK((measuring.take_flags() & FLAG_CALIBRATION) != 0);
    CHECK((measuring.take_flags() & FLAG_CALIBRATION) == 0);
    CHECK(measuring.save_if_due());
  }
  Measuring again(flash);
  CHECK(again.configure(setup));
  House house;
  house.run(again, 5);
  CHECK(is_close(again.channel(0).watts, 2415, 0.001));
  CHECK(again.reset(0) == nullptr);
  house.run(again, 5);
  CHECK(is_close(again.channel(0).watts, 2300, 0.001));
}

void gains_have_bounds() {
  MapStorage flash;
  const BoardSetup setup = board_of(true);
  Measuring measuring(flash);
  CHECK(measuring.configure(setup));
  House house;
  house.run(measuring, 10);
  for (const double gain : {0.49, 2.01, 0.0, -1.0, std::nan(""), HUGE_VAL})
    CHECK(is(measuring.set_gain(0, gain), "range"));
  CHECK(measuring.set_gain(0, 2.0) == nullptr);
  house.run(measuring, 10);
  CHECK(is_close(measuring.channel(0).watts, 4600, 0.001));
  // What a reference asks for is bound together with what is there.
  CHECK(is(measuring.set_gain_for(0, 5000), "range"));
  for (const double volts : {0.0, 49.0, 500.0, std::nan("")})
    CHECK(is(measuring.set_voltage_gain_for(0, volts), "range"));
  CHECK(measuring.set_voltage_gain_for(0, 240) == nullptr);
  house.run(measuring, 3);
  CHECK(is_close(measuring.voltage(0).volts, 240, 0.001));
}

void a_full_flash_is_told() {
  MapStorage flash;
  const BoardSetup setup = board_of(true);
  Measuring measuring(flash);
  CHECK(measuring.configure(setup));
  flash.full = true;
  CHECK(measuring.set_gain(0, 1.1) == nullptr);
  CHECK(!measuring.save_if_due());
  CHECK(measuring.save_if_due());  // nothing is due any more
}

void a_heater_shows_the_lead_of_the_transformer() {
  MapStorage flash;
  const BoardSetup setup = board_of(true);
  Measuring measuring(flash);
  CHECK(measuring.configure(setup));
  House house;
  house.lead = 3;
  house.amperes = 0;
  house.run(measuring, 10);
  CHECK(is(measuring.find_lead(0), "load"));
  house.amperes = 9;
  house.run(measuring, 10);
  CHECK(measuring.find_lead(0) == nullptr);
  house.run(measuring, 15);
  // Now a load of another kind is right, which it was not before: 3 degrees are 9 % at a power factor of 0.5.
  house.lag = 60;
  house.run(measuring, 5);
  CHECK(is_close(measuring.channel(0).watts, 230 * 9 * 0.5, 0.002));
  CHECK(measuring.set_lead(0, 0) == nullptr);
  house.run(measuring, 5);
  CHECK(is_close(measuring.channel(0).watts, 230 * 9 * std::cos(57 * PI / 180), 0.002));
  CHECK(is(measuring.set_lead(0, 15.1), "range"));
  CHECK(is(measuring.set_lead(0, std::nan("")), "range"));
  // A phase that is far off is another phase, not an error of a transformer.
  house.lag = 120;
  house.run(measuring, 10);
  CHECK(measuring.find_lead(0) == nullptr);
  house.run(measuring, 15);
  CHECK(is_close(measuring.channel(0).watts, 230 * 9 * std::cos(117 * PI / 180), 0.01));
}

void without_a_voltage_there_is_no_phase() {
  MapStorage flash;
  const BoardSetup setup = board_of(false);
  Measuring measuring(flash);
  CHECK(measuring.configure(setup));
  CHECK(is(measuring.find_lead(0), "voltage"));
}

void noise_is_taken_off_after_a_zero() {
  MapStorage flash;
  const BoardSetup setup = board_of(true);
  Measuring measuring(flash);
  CHECK(measuring.configure(setup));
  House house;
  house.run(measuring, 3);
  CHECK(is(measuring.zero(0), "load"));
  house.amperes = 0;
  house.noise = 400;  // rms 115 counts: 0.35 A
  house.run(measuring, 5);
  CHECK(measuring.zero(0) == nullptr);
  house.run(measuring, 40);
  CHECK(measuring.save_if_due());
  house.run(measuring, 5);
  CHECK(measuring.channel(0).amperes < 0.05);
  house.amperes = 0.5;
  house.run(measuring, 5);
  CHECK(is_close(measuring.channel(0).amperes, 0.5, 0.05));
}

void a_waveform_is_what_flows() {
  MapStorage flash;
  const BoardSetup setup = board_of(true);
  Measuring measuring(flash);
  CHECK(measuring.configure(setup));
  House house;
  house.run(measuring, 2);
  float samples[320];
  size_t count = 0;
  std::thread asking([&] { count = measuring.waveform(0, samples, 320); });
  for (int turn = 0; turn < 1000 && count == 0; turn++)
    house.run(measuring, 0.02);
  asking.join();
  CHECK(count == 320);
  double squares = 0;
  for (const float sample : samples)
    squares += static_cast<double>(sample) * static_cast<double>(sample);
  CHECK(is_close(std::sqrt(squares / 320), 10, 0.01));
}

void pulses_are_channels_too() {
  MapStorage flash;
  BoardSetup setup = board_of(true);
  const ChannelSetup gas{"gas", "Gas", Role::CIRCUIT, Phase::L1, 0, 0, 1, nullptr, false, false, 1, 0, 1};
  for (int count = 0; count < 4; count++)
    CHECK(setup.add_pulses(gas, {1000, 30'000}));
  CHECK(!setup.add_pulses(gas, {1000, 30'000}));
  CHECK(!setup.add_channel(gas));  // what is measured comes first
  Measuring measuring(flash);
  CHECK(measuring.configure(setup));
  // One kilowatt: a pulse every 3.6 s; each bounces after a millisecond.
  for (uint64_t pulse = 1; pulse <= 100; pulse++) {
    measuring.pulse(0, pulse * 3'600'000);
    measuring.pulse(0, pulse * 3'600'000 + 1000);
  }
  measuring.set_time(360'000'000 + 1000);
  uint64_t energies[MAX_REGISTERS]{};
  measuring.read_counters(energies);
  CHECK(setup.register_count() == 6);
  CHECK(energies[2] == 100'000);
  CHECK(energies[3] == 0);
  CHECK(is_close(measuring.channel(1).watts, 1000, 0.001));
  LiveValues live{};
  measuring.read_live(live);
  CHECK(is_close(static_cast<double>(live.power[1]), 1000, 0.001));
  CHECK(std::isnan(live.current[1]));
  for (const Refusal refusal : {measuring.set_gain(1, 1.1), measuring.set_gain_for(1, 1000), measuring.set_lead(1, 1),
                                measuring.find_lead(1), measuring.zero(1), measuring.reset(1)})
    CHECK(is(refusal, "channel"));
  float samples[4];
  CHECK(measuring.waveform(1, samples, 4) == 0);
  const ChannelSetup no{"no", "No", Role::CIRCUIT, Phase::L1, 0, 0, 1, nullptr, false, false, 1, 0, 1};
  BoardSetup wrong = board_of(true);
  CHECK(wrong.add_pulses(no, {0, 0}));
  CHECK(!measuring.configure(wrong));
}

void exchanged_pairs_are_found() {
  for (size_t pattern = 1; pattern <= 8; pattern++) {
    for (uint8_t first = 0; first < pattern; first++) {
      uint8_t straight[64];
      uint8_t exchanged[64];
      for (size_t place = 0; place < 64; place++)
        straight[place] = exchanged[place ^ 1] = static_cast<uint8_t>((first + place) % pattern);
      CHECK(are_pairs_exchanged(exchanged, 64, pattern));
      CHECK(are_pairs_exchanged(straight, 64, pattern) == (pattern < 3));
    }
  }
  CHECK(are_pairs_exchanged(nullptr, 0, 3));
}

void damaged_calibrations_are_forgotten() {
  MapStorage flash;
  const BoardSetup setup = board_of(true);
  {
    Measuring measuring(flash);
    CHECK(measuring.configure(setup));
    CHECK(measuring.set_gain(0, 1.5) == nullptr);
    CHECK(measuring.save_if_due());
  }
  for (auto &block : flash.blocks) {
    for (uint8_t &byte : block.second)
      byte = static_cast<uint8_t>(byte ^ 0x5A);
  }
  Measuring measuring(flash);
  CHECK(measuring.configure(setup));
  House house;
  house.run(measuring, 3);
  CHECK(is_close(measuring.channel(0).watts, 2300, 0.001));
}

}  // namespace

int main() {
  setup_has_bounds();
  the_ring_fits_into_flash();
  power_and_registers();
  a_reference_sets_the_gain_for_ever();
  gains_have_bounds();
  a_full_flash_is_told();
  a_heater_shows_the_lead_of_the_transformer();
  without_a_voltage_there_is_no_phase();
  noise_is_taken_off_after_a_zero();
  a_waveform_is_what_flows();
  pulses_are_channels_too();
  exchanged_pairs_are_found();
  damaged_calibrations_are_forgotten();
  return failures == 0 ? 0 : 1;
}
