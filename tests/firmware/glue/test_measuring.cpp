/// Tests of what lies between the measuring half and the board.

#include "house.h"
#include "pair_order.h"
#include "record.h"

void test_calibrating();
void test_waveforms();

namespace {

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

}  // namespace

int main() {
  setup_has_bounds();
  the_ring_fits_into_flash();
  power_and_registers();
  pulses_are_channels_too();
  exchanged_pairs_are_found();
  test_calibrating();
  test_waveforms();
  return failures == 0 ? 0 : 1;
}
