// Registers, no-load, gaps, faults, pulses: what is counted, and what is said about it.

#include <limits>

#include "bench.h"
#include "check.h"
#include "energy.h"
#include "pulses.h"

using namespace panel_meter;
using lab::wave;

TEST(a_counter_is_the_exact_sum_of_what_was_added) {
  EnergyCounter counter;
  lab::Noise noise(4);
  uint64_t sum = 0;
  for (int step = 0; step < 100000; ++step) {
    const uint64_t nwh = noise.next() % (step % 100 == 0 ? 5000000000ull : 3000ull);
    counter.add_nwh(nwh);
    sum += nwh;
    CHECK(counter.mwh() * EnergyCounter::NANO_IN_MILLI + counter.rest_nwh() == sum);
  }
  CHECK(counter.rest_nwh() < EnergyCounter::NANO_IN_MILLI);
}

TEST(what_makes_no_sense_is_not_booked) {
  EnergyRegisters registers;
  for (double bad : {std::nan(""), static_cast<double>(INFINITY), 1e9})
    CHECK(!registers.book(bad, 1.0));
  CHECK(!registers.book(1.0, std::nan("")));
  CHECK(!registers.book(1.0, -1.0));
  CHECK(!registers.book(1.0, 1e6));
  CHECK(registers.imported.mwh() == 0 && registers.imported.rest_nwh() == 0);
  CHECK(registers.book(3600.0, 1.0) && registers.imported.mwh() == 1000);
  CHECK(registers.book(-7200.0, 0.5) && registers.exported.mwh() == 1000);
}

TEST(intervals_add_up_to_the_registers) {
  // Two loads that change all the time; readings of the registers at arbitrary moments telescope.
  bench::Board board(bench::config(1, 2), {wave(230.0, 50.0), wave(7.0, 50.0, 20.0), wave(4.0, 50.0, 180.0)});
  lab::Noise noise(8);
  uint64_t intervals[2] = {0, 0};
  uint64_t last[2] = {0, 0};
  for (int step = 0; step < 200000; ++step) {
    board.feed();
    if (noise.uniform() > 0.001)
      continue;
    const uint64_t now[2] = {board.meter().import_mwh(0), board.meter().export_mwh(1)};
    for (int index = 0; index < 2; ++index) {
      intervals[index] += now[index] - last[index];
      last[index] = now[index];
    }
  }
  const uint64_t end[2] = {board.meter().import_mwh(0), board.meter().export_mwh(1)};
  CHECK(intervals[0] + (end[0] - last[0]) == end[0]);
  CHECK(intervals[1] + (end[1] - last[1]) == end[1]);
  // A window is fifty cycles; the first one begins within a cycle.
  const auto seconds = static_cast<double>(board.meter().windows());
  const double first = 1610.0 * 0.02 / 3.6;
  CHECK_NEAR(static_cast<double>(end[0]), 230.0 * 7.0 * std::cos(lab::degrees(20.0)) * seconds / 3.6, first);
  CHECK_NEAR(static_cast<double>(end[1]), 230.0 * 4.0 * seconds / 3.6, first);
  CHECK(board.meter().export_mwh(0) == 0 && board.meter().import_mwh(1) == 0);
}

TEST(a_change_in_the_middle_of_a_window_loses_nothing) {
  // Energy is the sum of all samples: whatever the power did within a window is in it.
  bench::Board board(bench::config(1, 1), {wave(230.0, 50.0), [](double time) {
                       return std::fmod(time, 0.7) < 0.26 ? wave(10.0, 50.0)(time) : 0.0;
                     }});
  board.windows(1);
  const double before = bench::import_ws(board.meter(), 0);
  const double from = board.time();
  board.windows(70);
  const double measured = bench::import_ws(board.meter(), 0) - before;
  const double truth = 2300.0 * 0.26 / 0.7 * (board.time() - from);
  CHECK_NEAR(measured, truth, 2300.0 * 0.26);
  CHECK_NEAR(measured / truth, 1.0, 0.006);
}

TEST(noise_alone_counts_nothing_in_either_direction) {
  MeterConfig config = bench::config(1, 1);
  config.sampling.nominal_rate = 2000.0;
  for (double creep : {0.0, 1.0}) {
    for (double known : {0.0, 30.0}) {
      config.channel[0].creep_watts = creep;
      config.current[0].noise_counts = known;
      bench::Board board(config, {wave(265.0, 50.0), wave(0.0, 50.0)}, 2000.0);
      board.noise_counts = 28.0;
      board.windows(130);
      CHECK(board.meter().registers(0).imported.rest_nwh() == 0 && board.meter().import_mwh(0) == 0);
      CHECK(board.meter().registers(0).exported.rest_nwh() == 0 && board.meter().export_mwh(0) == 0);
      const ChannelReading &reading = board.meter().channel(0);
      CHECK(reading.watts == 0.0 && reading.amperes == 0.0 && reading.power_factor == 0.0);
    }
  }
}

TEST(a_small_steady_load_in_noise_is_counted) {
  MeterConfig config = bench::config(1, 1);
  config.current[0].noise_counts = 30.0;
  config.sampling.nominal_rate = 2000.0;
  bench::Board board(config, {wave(230.0, 50.0), wave(0.008, 50.0)}, 2000.0);
  board.noise_counts = 30.0;
  board.windows(601);
  // 1.84 W, where noise makes every second scatter by 0.8 W and the effective value of the noise is 0.15 A. What the
  // present minute will show is not booked yet.
  const double minute = 1.84 * NoLoadGate::AVERAGED_SECONDS;
  CHECK_NEAR(bench::import_ws(board.meter(), 0), 1.84 * 600.0 - minute / 2.0, minute / 2.0 + 1.84 * 600.0 * 0.05);
  CHECK(board.meter().export_mwh(0) == 0);
  CHECK_NEAR(board.meter().channel(0).watts, 1.84, 0.6);
}

TEST(below_the_creep_nothing_counts_unless_a_current_flows) {
  NoLoadGate gate;
  GateSample sample;
  sample.value = 0.9;
  sample.noise = 0.01;
  sample.creep = 1.0;
  sample.seconds = 1.0;
  for (int second = 0; second < 120; ++second) {
    const GateOutput output = gate.take(sample);
    CHECK(output.value * output.seconds == 0.0);
  }
  CHECK(gate.shown() == 0.0);
  sample.has_current = true;
  CHECK_NEAR(gate.take(sample).value, 0.9, 0.0);
  CHECK_NEAR(gate.shown(), 0.9, 0.0);
  sample.value = std::nan("");
  CHECK(gate.take(sample).seconds == 0.0);
}

TEST(loads_around_the_threshold_are_counted_whole) {
  // Whether a second is loud or quiet, its energy is counted once.
  lab::Noise noise(31);
  for (double watts : {1.0, 3.0, 4.0, 6.0, 8.0}) {
    NoLoadGate gate;
    double energy = 0.0;
    double truth = 0.0;
    for (int second = 0; second < 6000; ++second) {
      GateSample sample;
      sample.value = watts + 0.6 * noise.normal();
      sample.noise = 0.6;
      sample.creep = 0.5;
      sample.seconds = 1.0;
      truth += sample.value;
      const GateOutput output = gate.take(sample);
      energy += output.value * output.seconds;
    }
    CHECK_NEAR(energy, truth, watts * NoLoadGate::AVERAGED_SECONDS + 10.0);
  }
}

TEST(three_phases_are_netted_as_configured) {
  MeterConfig config = bench::config(1, 2);
  config.channels = 1;
  config.channel[0].legs = 2;
  config.channel[0].leg[1] = 1;
  const std::vector<lab::Signal> signals = {wave(230.0, 50.0), wave(10.0, 50.0), wave(4.0, 50.0, 180.0)};
  bench::Board sum(config, signals);
  sum.windows(11);
  // The first window begins in the middle of a cycle.
  const double seconds = sum.time() - 0.02;
  CHECK_NEAR(bench::import_ws(sum.meter(), 0), 230.0 * 6.0 * seconds, 230.0 * 6.0 * 0.02);
  CHECK(sum.meter().export_mwh(0) == 0);
  config.channel[0].netting = Netting::EACH_LEG;
  bench::Board each(config, signals);
  each.windows(11);
  CHECK_NEAR(bench::import_ws(each.meter(), 0), 230.0 * 10.0 * seconds, 230.0 * 10.0 * 0.02);
  CHECK_NEAR(bench::export_ws(each.meter(), 0), 230.0 * 4.0 * seconds, 230.0 * 4.0 * 0.02);
  CHECK_NEAR(each.meter().channel(0).watts, 230.0 * 6.0, 0.5);
}

TEST(gaps_are_bridged_and_told) {
  for (double milliseconds : {1.0, 7.0, 20.0, 130.0, 500.0}) {
    bench::Board board(bench::config(1, 1), {wave(230.0, 50.0), wave(10.0, 50.0, 60.0)});
    board.windows(2);
    board.meter().take_faults();
    const double before = bench::import_ws(board.meter(), 0);
    const double from = board.time();
    for (int gap = 0; gap < 3; ++gap) {
      for (int step = 0; step < 3333; ++step)
        board.feed();
      board.skip(milliseconds / 1e3);
      board.meter().gap(static_cast<uint32_t>(milliseconds * 1e3));
    }
    board.windows(3);
    const double truth = 1150.0 * (board.time() - from);
    CHECK_NEAR(bench::import_ws(board.meter(), 0) - before, truth, truth * 0.004);
    CHECK((board.meter().take_faults() & (FAULT_GAP | FAULT_UNCOUNTED)) == FAULT_GAP);
    CHECK(board.meter().uncounted_us() == 0);
    CHECK_NEAR(board.meter().frequency(), 50.0, 0.01);
  }
}

TEST(a_long_gap_is_not_invented) {
  bench::Board board(bench::config(1, 1), {wave(230.0, 50.0), wave(10.0, 50.0)});
  board.windows(2);
  const double before = bench::import_ws(board.meter(), 0);
  board.meter().gap(60000000);
  CHECK(!board.meter().channel(0).is_valid);
  board.skip(60.0);
  board.windows(1);
  CHECK_NEAR(bench::import_ws(board.meter(), 0) - before, 2300.0 * 3.0, 30.0);
  CHECK((board.meter().take_faults() & FAULT_UNCOUNTED) != 0);
  CHECK_NEAR(static_cast<double>(board.meter().uncounted_us()), 58e6, 0.1e6);
  CHECK(board.meter().channel(0).is_valid);
  for (int gap = 0; gap < 3000; ++gap)
    board.meter().gap(std::numeric_limits<uint32_t>::max());
  board.windows(2);
  CHECK_NEAR(board.meter().channel(0).watts, 2300.0, 0.5);
}

TEST(clipping_is_flagged_and_counted_as_far_as_it_goes) {
  MeterConfig config = bench::config(1, 1);
  config.sampling.lowest[1] = -10000;
  config.sampling.highest[1] = 10000;
  const auto limited = [](double amperes) {
    return [=](double time) { return std::fmax(-50.0, std::fmin(50.0, wave(amperes, 50.0)(time))); };
  };
  bench::Board board(config, {wave(230.0, 50.0), limited(30.0)});
  board.windows(2);
  CHECK(board.meter().channel(0).faults == FAULT_NONE);
  board.replace(1, limited(40.0));
  board.windows(2);
  CHECK(board.meter().channel(0).faults == FAULT_CLIPPED && board.meter().channel(0).is_valid);
  CHECK(board.meter().channel(0).watts > 8000.0 && board.meter().channel(0).watts < 9200.0);
  CHECK((board.meter().take_faults() & FAULT_CLIPPED) != 0);
  board.replace(1, limited(10.0));
  board.windows(2);
  board.meter().take_faults();
  board.windows(1);
  CHECK(board.meter().take_faults() == FAULT_NONE);
}

TEST(a_stuck_input_is_bridged_for_two_seconds) {
  bench::Board board(bench::config(1, 2), {wave(230.0, 50.0), wave(10.0, 50.0), wave(1.0, 50.0)});
  board.windows(3);
  board.noise_counts = 0.0;
  board.replace(1, [](double) { return 3.0; });
  board.windows(1);
  board.windows(1);
  CHECK((board.meter().channel(0).faults & FAULT_STUCK) != 0 && !board.meter().channel(0).is_valid);
  CHECK(board.meter().channel(1).is_valid);
  const double before = bench::import_ws(board.meter(), 0);
  board.windows(30);
  CHECK(bench::import_ws(board.meter(), 0) - before < 2300.0 * 2.0);
  CHECK((board.meter().channel(0).faults & FAULT_UNCOUNTED) != 0);
  board.replace(1, wave(10.0, 50.0));
  board.windows(2);
  CHECK(board.meter().channel(0).is_valid);
  CHECK_NEAR(board.meter().channel(0).watts, 2300.0, 0.5);
}

TEST(a_missing_channel_does_not_take_the_others_along) {
  bench::Board board(bench::config(1, 2), {wave(230.0, 50.0), wave(10.0, 50.0), wave(1.0, 50.0)});
  board.windows(2);
  for (int step = 0; step < 20000; ++step) {
    std::vector<int16_t> scan = board.scan();
    scan[1] = 17;
    board.meter().push(scan.data(), 1u << 1);
  }
  CHECK((board.meter().channel(0).faults & FAULT_MISSING) != 0 && !board.meter().channel(0).is_valid);
  CHECK(board.meter().channel(1).faults == FAULT_NONE);
  CHECK_NEAR(board.meter().channel(1).watts, 230.0, 0.2);
  // Now and then one sample is no fault.
  board.windows(2);
  for (int step = 0; step < 20000; ++step) {
    const std::vector<int16_t> scan = board.scan();
    board.meter().push(scan.data(), step % 200 == 0 ? 2u : 0u);
  }
  CHECK(board.meter().channel(0).faults == FAULT_NONE);
}

TEST(a_bias_that_is_far_off_is_told) {
  bench::Board board(bench::config(1, 1), {wave(230.0, 50.0), wave(1.0, 50.0)});
  board.offset = 4500.0;
  board.windows(3);
  CHECK((board.meter().channel(0).faults & FAULT_BIAS) != 0);
  CHECK_NEAR(board.meter().channel(0).watts, 230.0, 0.2);
}

TEST(the_measured_rate_makes_energy_and_frequency_right) {
  bench::Board board(bench::config(1, 1), {wave(230.0, 50.0), wave(10.0, 50.0, 60.0)}, bench::RATE * 0.82);
  board.windows(1);
  board.meter().set_rate(bench::RATE * 0.82);
  board.meter().set_rate(bench::RATE * 3.0);
  board.meter().set_rate(std::nan(""));
  CHECK_NEAR(board.meter().rate(), bench::RATE * 0.82, 1e-9);
  board.windows(2);
  const double before = bench::import_ws(board.meter(), 0);
  const double from = board.time();
  board.windows(10);
  CHECK_NEAR(board.meter().frequency(), 50.0, 0.005);
  const double truth = 1150.0 * (board.time() - from);
  CHECK_NEAR(bench::import_ws(board.meter(), 0) - before, truth, truth * 0.0005);
}

TEST(pulses_are_energy_to_the_last_mwh) {
  PulseCounter counter;
  CHECK(!counter.configure(0, 0));
  CHECK(!counter.configure(1000001, 0));
  CHECK(counter.configure(300, 20000));
  uint64_t time = 1000000;
  for (int pulse = 0; pulse < 3000; ++pulse) {
    CHECK(counter.edge(time));
    // Bouncing.
    CHECK(!counter.edge(time + 5000));
    CHECK(!counter.edge(time + 19999));
    time += 12000000;
  }
  // 3000 pulses of 1/300 kWh are ten kWh, though one pulse is no whole number of mWh.
  CHECK(counter.pulses() == 3000 && counter.mwh() == 10000000);
  CHECK_NEAR(counter.watts(time - 12000000), 1000.0, 1e-6);
  CHECK_NEAR(counter.watts(time + 12000000), 500.0, 1e-6);
  CHECK(!counter.edge(5));
  PulseCounter fresh;
  CHECK(fresh.watts(10) == 0.0);
  CHECK(fresh.edge(0));
  CHECK(fresh.watts(10) == 0.0);
}

int main(int count, char **arguments) { return check::main(count, arguments); }
