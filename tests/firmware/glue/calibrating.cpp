/// Tests of calibrating: what a person does to a board, and what of it survives a restart.

#include "house.h"

#include <string>

namespace {

/// How a step has ended: "done", the refusal, or "nothing".
std::string ends(Measuring &measuring, Step step) {
  size_t channel = 99;
  Refusal refusal = nullptr;
  if (!measuring.take_end(step, channel, refusal))
    return "nothing";
  CHECK(channel == 0);
  return refusal == nullptr ? "done" : refusal;
}

void a_reference_sets_the_gain_for_ever() {
  MapStorage flash;
  const BoardSetup setup = board_of(true);
  {
    Measuring measuring(flash);
    CHECK(measuring.configure(setup));
    House house;
    CHECK(is(measuring.set_gain_for(0, 2415), "settling"));  // nothing was measured yet
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
  CHECK(measuring.set_lead(0, 3) == nullptr);
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
  CHECK(ends(measuring, Step::PHASE) == "done");
  CHECK(measuring.find_lead(0) == nullptr);
  CHECK(ends(measuring, Step::PHASE) == "nothing");
  house.run(measuring, 15);
  CHECK(ends(measuring, Step::PHASE) == "phase");
  CHECK(ends(measuring, Step::PHASE) == "nothing");
  CHECK(is_close(measuring.channel(0).watts, 230 * 9 * std::cos(117 * PI / 180), 0.01));
  // A load that was just switched off says nothing.
  house.lag = 0;
  house.run(measuring, 10);
  house.amperes = 0;
  house.run(measuring, 2);
  CHECK(measuring.find_lead(0) == nullptr);
  house.run(measuring, 15);
  CHECK(ends(measuring, Step::PHASE) == "load");
}

void a_transformer_that_is_clipped_on_backwards_has_a_phase_too() {
  MapStorage flash;
  BoardSetup setup;
  setup.set_sampling({16'000, 1.0F, 1250, 0, 2500, 50.0F, 50.0F, 230.0F});
  CHECK(setup.add_voltage({"l1", 0, 0, 0.0F, static_cast<float>(VOLTS_PER_VOLT), 1.0F, 0.0F}));
  CHECK(setup.add_channel({"oven", "Oven", Role::CIRCUIT, Phase::L1, 16, 0, 1, nullptr, false, false, 1, 1, 1}));
  CHECK(setup.add_leg({1, 0, 0, static_cast<float>(-AMPERES_PER_VOLT), 1, 0, 1, 0, 0}));
  Measuring measuring(flash);
  CHECK(measuring.configure(setup));
  House house;
  house.lead = 3;
  house.run(measuring, 10);
  CHECK(measuring.find_lead(0) == nullptr);
  house.run(measuring, 15);
  CHECK(ends(measuring, Step::PHASE) == "done");
  house.lag = 60;
  house.run(measuring, 5);
  CHECK(is_close(measuring.channel(0).watts, 1150, 0.002));
}

/// A volt and two currents of 50 Hz; the first current leads by three degrees, the second lags.
void run_two(Measuring &measuring, double seconds, double first, double second, double lag) {
  const double root = std::sqrt(2.0);
  uint32_t seed = 7;
  for (int place = 0; place < static_cast<int>(seconds * 8000); place++) {
    const auto wave = [place](double later) { return 2 * PI * 50 * (place + later) / 8000; };
    seed = seed * 1664525U + 1013904223U;
    const double noise = static_cast<double>(seed >> 24) / 4 - 32;
    const double volts = 230 * root * std::sin(wave(0)) / VOLTS_PER_VOLT;
    const double one = first * root * std::sin(wave(1.0 / 3) + 3 * PI / 180) / AMPERES_PER_VOLT;
    const double two = second * root * std::sin(wave(2.0 / 3) - lag * PI / 180) / AMPERES_PER_VOLT;
    const int16_t scan[3] = {static_cast<int16_t>(std::lround(volts * 10'000)),
                             static_cast<int16_t>(std::lround(one * 10'000 + noise)),
                             static_cast<int16_t>(std::lround(two * 10'000 - noise))};
    const std::lock_guard<Measuring> guard(measuring);
    measuring.push(scan, 0);
  }
}

void a_heater_on_one_leg_says_nothing_of_the_other() {
  MapStorage flash;
  BoardSetup setup;
  setup.set_sampling({24'000, 1.0F, 1250, 0, 2500, 50.0F, 50.0F, 230.0F});
  CHECK(setup.add_voltage({"l1", 0, 0, 0.0F, static_cast<float>(VOLTS_PER_VOLT), 1.0F, 0.0F}));
  CHECK(setup.add_channel({"main", "Mains", Role::MAIN, Phase::L1L2, 63, 0, 2, nullptr, true, false, 1, 1, 1}));
  for (uint8_t pin = 1; pin <= 2; pin++)
    CHECK(setup.add_leg({pin, 0, 0, static_cast<float>(AMPERES_PER_VOLT), 1, 0, 1, 0, 0}));
  Measuring measuring(flash);
  CHECK(measuring.configure(setup));
  run_two(measuring, 10, 8, 0, 0);
  CHECK(measuring.find_lead(0) == nullptr);
  run_two(measuring, 15, 8, 0, 0);
  CHECK(ends(measuring, Step::PHASE) == "done");
  // The first leg is corrected now, and the second one, which had no error, still has none.
  run_two(measuring, 5, 8, 0, 0);
  CHECK(is_close(measuring.channel(0).watts, 230 * 8, 0.001));
  run_two(measuring, 5, 0, 8, 60);
  CHECK(is_close(measuring.channel(0).watts, 230 * 8 * 0.5, 0.003));
}

void a_reference_waits_until_all_is_measured_alike() {
  MapStorage flash;
  const BoardSetup setup = board_of(true);
  Measuring measuring(flash);
  CHECK(measuring.configure(setup));
  House house;
  house.run(measuring, 10);
  CHECK(measuring.set_voltage_gain_for(0, 240) == nullptr);
  // Most of what is remembered was measured with 230 V.
  house.run(measuring, 3);
  CHECK(is(measuring.set_gain_for(0, 2400), "settling"));
  house.run(measuring, 7);
  CHECK(measuring.set_gain_for(0, 2400) == nullptr);
  house.run(measuring, 2);
  CHECK(is_close(measuring.channel(0).watts, 2400, 0.001));
  CHECK(measuring.set_gain(0, 1.5) == nullptr);
  CHECK(is(measuring.set_gain_for(0, 2400), "settling"));
}

void a_calibration_that_does_not_fit_any_more_is_told() {
  MapStorage flash;
  {
    Measuring measuring(flash);
    const BoardSetup setup = board_of(true);
    CHECK(measuring.configure(setup) && measuring.unfit_calibrations() == 0);
    CHECK(measuring.set_gain(0, 1.8) == nullptr && measuring.save_if_due());
  }
  BoardSetup setup;
  setup.set_sampling({16'000, 1.0F, 1250, 0, 2500, 50.0F, 50.0F, 230.0F});
  CHECK(setup.add_voltage({"l1", 0, 0, 0.0F, static_cast<float>(VOLTS_PER_VOLT), 1.0F, 0.0F}));
  CHECK(setup.add_channel({"main", "Mains", Role::MAIN, Phase::L1, 63, 0, 1, nullptr, true, false, 1, 1, 1}));
  CHECK(setup.add_leg({1, 0, 0, static_cast<float>(AMPERES_PER_VOLT), 1.5, 0, 1, 0, 0}));
  Measuring measuring(flash);
  CHECK(measuring.configure(setup) && measuring.unfit_calibrations() == 1);
  House house;
  house.run(measuring, 5);
  CHECK(is_close(measuring.channel(0).watts, 2300 * 1.5, 0.001));
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
  CHECK(ends(measuring, Step::ZERO) == "done");
  // Somebody switches a load on meanwhile: nothing of that is kept.
  house.amperes = 0;
  house.run(measuring, 5);
  CHECK(measuring.zero(0) == nullptr);
  house.run(measuring, 10);
  house.amperes = 5;
  house.run(measuring, 3);
  CHECK(ends(measuring, Step::ZERO) == "load");
  house.run(measuring, 40);
  CHECK(ends(measuring, Step::ZERO) == "nothing");
  CHECK(is_close(measuring.channel(0).amperes, 5, 0.005));
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

void test_calibrating() {
  a_reference_sets_the_gain_for_ever();
  gains_have_bounds();
  a_full_flash_is_told();
  a_heater_shows_the_lead_of_the_transformer();
  a_transformer_that_is_clipped_on_backwards_has_a_phase_too();
  a_heater_on_one_leg_says_nothing_of_the_other();
  a_reference_waits_until_all_is_measured_alike();
  a_calibration_that_does_not_fit_any_more_is_told();
  without_a_voltage_there_is_no_phase();
  noise_is_taken_off_after_a_zero();
  damaged_calibrations_are_forgotten();
}
