// Powers, currents, phases, calibration, harmonics: what is done once a second.

#include "bench.h"
#include "calibration.h"
#include "check.h"
#include "harmonics.h"

using namespace panel_meter;
using lab::wave;

namespace {

/// The channel after a few windows.
const ChannelReading &settled(bench::Board &board, int windows = 3) {
  board.windows(windows);
  return board.meter().channel(0);
}

}  // namespace

TEST(a_load_is_measured_in_every_quantity) {
  bench::Board board(bench::config(1, 1), {wave(230.0, 50.0), wave(10.0, 50.0, 60.0)});
  const ChannelReading &reading = settled(board);
  CHECK(reading.is_valid && reading.faults == FAULT_NONE);
  CHECK_NEAR(board.meter().voltage(0).volts, 230.0, 0.01);
  CHECK_NEAR(reading.watts, 1150.0, 0.3);
  CHECK_NEAR(reading.vars, 1991.86, 0.5);
  CHECK_NEAR(reading.volt_amperes, 2300.0, 0.5);
  CHECK_NEAR(reading.amperes, 10.0, 0.002);
  CHECK_NEAR(reading.power_factor, 0.5, 0.0003);
  CHECK_NEAR(board.meter().frequency(), 50.0, 0.001);
}

TEST(export_and_capacitive_loads_have_their_signs) {
  bench::Board board(bench::config(1, 1), {wave(230.0, 50.0), wave(10.0, 50.0, 180.0)});
  CHECK_NEAR(settled(board).watts, -2300.0, 0.5);
  CHECK_NEAR(board.meter().channel(0).power_factor, -1.0, 0.0003);
  bench::Board other(bench::config(1, 1), {wave(230.0, 50.0), wave(10.0, 50.0, -30.0)});
  CHECK_NEAR(settled(other).vars, -1150.0, 0.5);
}

TEST(the_delay_of_the_multiplexer_is_corrected_wherever_it_is) {
  for (double slot : {0.01, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.99}) {
    MeterConfig config = bench::config(1, 1);
    config.sampling.slot[1] = slot;
    bench::Board board(config, {wave(230.0, 50.0), wave(10.0, 50.0, 75.0)});
    CHECK_NEAR(settled(board).watts, 2300.0 * std::cos(lab::degrees(75.0)), 0.3);
    // A voltage that is converted later than the current.
    config.sampling.slot[0] = slot;
    config.sampling.slot[1] = 0.0;
    bench::Board reversed(config, {wave(230.0, 50.0), wave(10.0, 50.0, 75.0)});
    CHECK_NEAR(settled(reversed).watts, 2300.0 * std::cos(lab::degrees(75.0)), 0.3);
  }
}

TEST(lagrange_goes_through_its_points_and_through_cubics) {
  double weights[LAGS];
  for (double fraction : {0.0, 0.3, 0.7, 1.0}) {
    lagrange_weights(fraction, weights);
    double sum = 0.0;
    double cubic = 0.0;
    for (int lag = -1; lag <= 2; ++lag) {
      sum += weights[lag + 1];
      cubic += weights[lag + 1] * (lag * lag * lag - 2.0 * lag);
    }
    CHECK_NEAR(sum, 1.0, 1e-12);
    CHECK_NEAR(cubic, fraction * fraction * fraction - 2.0 * fraction, 1e-12);
  }
}

TEST(the_phase_table_is_applied_at_the_present_current) {
  // The transformer leads by 3.1 degrees up to 4 A and by less and less above.
  MeterConfig config = bench::config(1, 1);
  CurrentCalibration &current = config.current[0];
  current.points = 3;
  current.point[0] = CurrentPoint{4.0, 3.1, 1.0};
  current.point[1] = CurrentPoint{20.0, 2.7, 1.01};
  current.point[2] = CurrentPoint{40.0, 2.5, 0.98};
  const struct {
    double amperes, lead, gain;
  } truths[] = {{1.0, 3.1, 1.0}, {12.0, 2.9, 1.005}, {20.0, 2.7, 1.01}, {30.0, 2.6, 0.995}, {60.0, 2.5, 0.98}};
  for (const auto &truth : truths) {
    CHECK_NEAR(point_at(current, truth.amperes).lead_degrees, truth.lead, 1e-9);
    CHECK_NEAR(point_at(current, truth.amperes).gain, truth.gain, 1e-9);
    bench::Board board(config, {wave(230.0, 50.0), wave(truth.amperes, 50.0, 60.0 - truth.lead)});
    const double wanted = 230.0 * truth.amperes * 0.5 * truth.gain;
    CHECK_NEAR(settled(board).watts, wanted, wanted * 0.0005);
    CHECK_NEAR(board.meter().channel(0).vars, wanted * std::tan(lab::degrees(60.0)), wanted * 0.001);
  }
}

TEST(the_lead_falls_with_the_frequency_where_the_table_says_so) {
  CurrentCalibration current;
  current.points = 1;
  current.point[0].lead_degrees = 3.0;
  VoltageCalibration voltage;
  voltage.lead_degrees = 0.5;
  CHECK_NEAR(net_lead(current, voltage, 1.0, 60.0), 2.5, 1e-12);
  current.table_frequency = 50.0;
  CHECK_NEAR(net_lead(current, voltage, 1.0, 60.0), 2.0, 1e-12);
  CHECK_NEAR(net_lead(current, voltage, 1.0, 0.0), 2.5, 1e-12);
}

TEST(a_transformer_that_is_clipped_on_backwards_can_be_turned) {
  MeterConfig config = bench::config(1, 1);
  config.current[0].amperes_per_count *= -1.0;
  bench::Board board(config, {wave(230.0, 50.0), wave(10.0, 50.0, 210.0)});
  CHECK_NEAR(settled(board).watts, 2300.0 * std::cos(lab::degrees(30.0)), 0.5);
  CHECK_NEAR(board.meter().channel(0).vars, 1150.0, 0.5);
  CHECK_NEAR(board.meter().channel(0).amperes, 10.0, 0.01);
  config.current[0].amperes_per_count *= -1.0;
  config.channel[0].flow = Flow::ONE_WAY;
  bench::Board one_way(config, {wave(230.0, 50.0), wave(10.0, 50.0, 210.0)});
  CHECK_NEAR(settled(one_way).watts, 2300.0 * std::cos(lab::degrees(30.0)), 0.5);
  CHECK_NEAR(one_way.meter().channel(0).vars, 1150.0, 0.5);
  CHECK(one_way.meter().export_mwh(0) == 0 && one_way.meter().import_mwh(0) > 0);
}

TEST(phases_are_derived_from_one_voltage) {
  for (double frequency : {50.0, 60.0}) {
    MeterConfig config = bench::config(1, 3);
    config.sampling.nominal_frequency = frequency;
    config.channels = 1;
    config.channel[0].legs = 3;
    for (uint8_t leg = 0; leg < 3; ++leg) {
      config.channel[0].leg[leg] = leg;
      config.sampling.leg[leg].shift_degrees = 120.0 * leg;
    }
    bench::Board board(config, {wave(230.0, frequency), wave(5.0, frequency, 30.0), wave(6.0, frequency, 150.0),
                                wave(7.0, frequency, 270.0)});
    CHECK_NEAR(settled(board).watts, 230.0 * 18.0 * std::cos(lab::degrees(30.0)), 1.0);
    CHECK_NEAR(board.meter().channel(0).vars, 230.0 * 9.0, 2.0);
    CHECK_NEAR(board.meter().channel(0).amperes, 6.0, 0.01);
    CHECK_NEAR(board.meter().leg(1).power.watts, 230.0 * 6.0 * std::cos(lab::degrees(30.0)), 0.5);
    CHECK_NEAR(board.meter().leg(2).power.watts, 230.0 * 7.0 * std::cos(lab::degrees(30.0)), 0.5);
  }
}

TEST(split_phases_and_balanced_circuits_are_counted_whole) {
  // Two legs of 120 V, 180 degrees apart; and one transformer that stands for both conductors.
  MeterConfig config = bench::config(1, 3);
  config.sampling.nominal_frequency = 60.0;
  config.nominal_voltage = 120.0;
  config.channels = 2;
  config.channel[0].legs = 2;
  config.channel[0].leg[1] = 1;
  config.sampling.leg[1].shift_degrees = 180.0;
  config.channel[1].leg[0] = 2;
  config.channel[1].multiplier = 2.0;
  bench::Board board(config, {wave(120.0, 60.0), wave(10.0, 60.0), wave(4.0, 60.0, 180.0), wave(5.0, 60.0)});
  CHECK_NEAR(settled(board).watts, 120.0 * 14.0, 0.5);
  CHECK_NEAR(board.meter().channel(1).watts, 1200.0, 0.5);
  CHECK_NEAR(board.meter().channel(1).volt_amperes, 1200.0, 0.5);
  CHECK_NEAR(board.meter().channel(1).amperes, 5.0, 0.01);
}

TEST(three_voltages_are_measured_each) {
  MeterConfig config = bench::config(3, 3);
  for (uint8_t leg = 0; leg < 3; ++leg)
    config.sampling.leg[leg].voltage = leg;
  bench::Board board(config, {wave(228.0, 50.0), wave(230.0, 50.0, 120.0), wave(232.0, 50.0, 240.0), wave(1.0, 50.0, 20.0),
                              wave(2.0, 50.0, 140.0), wave(3.0, 50.0, 260.0)});
  settled(board);
  for (size_t leg = 0; leg < 3; ++leg) {
    const double volts = 228.0 + 2.0 * static_cast<double>(leg);
    CHECK_NEAR(board.meter().voltage(leg).volts, volts, 0.02);
    CHECK_NEAR(board.meter().channel(leg).watts, volts * (1.0 + static_cast<double>(leg)) * std::cos(lab::degrees(20.0)),
               0.15);
  }
}

TEST(noise_is_taken_off_the_current_and_a_bias_does_no_harm) {
  MeterConfig config = bench::config(1, 1);
  config.current[0].noise_counts = 30.0;
  bench::Board board(config, {wave(230.0, 50.0), wave(0.5, 50.0)});
  board.noise_counts = 30.0;
  board.offset = 1500.0;
  double amperes = 0.0;
  double watts = 0.0;
  board.windows(2);
  for (int window = 0; window < 30; ++window) {
    board.windows(1);
    amperes += board.meter().channel(0).amperes / 30.0;
    watts += board.meter().channel(0).watts / 30.0;
  }
  CHECK_NEAR(amperes, 0.5, 0.002);
  CHECK_NEAR(watts, 115.0, 0.4);
  CHECK(board.meter().channel(0).faults == FAULT_NONE);
}

TEST(without_a_voltage_power_is_apparent_and_says_so) {
  MeterConfig config = bench::config(0, 1);
  config.current[0].noise_counts = 30.0;
  config.channel[0].assumed_power_factor = 0.9;
  bench::Board board(config, {wave(10.0, 50.0, 60.0)});
  board.noise_counts = 30.0;
  const ChannelReading &reading = settled(board);
  CHECK(reading.faults == FAULT_APPARENT && reading.is_valid);
  CHECK_NEAR(reading.watts, 2070.0, 3.0);
  CHECK_NEAR(reading.power_factor, 0.9, 0.001);
  CHECK_NEAR(reading.vars, 0.0, 1e-9);
  CHECK(board.meter().frequency() == 0.0);
  // The same board without a load: noise is no energy.
  board.replace(0, wave(0.0, 50.0));
  board.windows(1);
  const uint64_t before = board.meter().import_mwh(0);
  board.windows(200);
  CHECK(board.meter().import_mwh(0) == before);
  CHECK(board.meter().channel(0).watts == 0.0);
}

TEST(a_voltage_that_goes_away_leaves_the_current) {
  bench::Board board(bench::config(1, 1), {wave(230.0, 50.0), wave(10.0, 50.0, 180.0)});
  board.windows(3);
  CHECK(!board.meter().is_mains_lost());
  board.replace(0, wave(0.5, 50.0));
  for (int step = 0; step < 300; ++step)
    board.feed();
  CHECK(board.meter().is_mains_lost());
  board.windows(2);
  const ChannelReading &reading = board.meter().channel(0);
  CHECK((reading.faults & FAULT_APPARENT) != 0 && reading.is_valid);
  // It had been exporting, so it still is.
  CHECK_NEAR(reading.watts, -2300.0, 1.0);
  CHECK(!board.meter().voltage(0).is_valid);
}

TEST(calibration_finds_what_is_wrong) {
  const double gain = 230.0 / 228.0;
  bench::Board board(bench::config(1, 1), {wave(230.0, 50.0), wave(8.0, 50.0, -2.8)});
  board.windows(3);
  double lead = 0.0;
  CHECK(lead_of_resistive_load(board.meter().leg(0).measured, &lead));
  CHECK_NEAR(lead, 2.8, 0.01);
  CHECK(!lead_of_resistive_load(Power{100.0, 100.0}, &lead));
  CHECK(!lead_of_resistive_load(Power{-100.0, 1.0}, &lead));
  CurrentCalibration calibration = board.config.current[0];
  calibration.points = 1;
  calibration.point[0].lead_degrees = lead;
  calibration.gain = gain;
  CHECK(board.meter().set_calibration(0, calibration));
  board.windows(1);
  CHECK_NEAR(board.meter().channel(0).watts, 1840.0 * gain, 0.5);
  CHECK_NEAR(board.meter().channel(0).vars, 0.0, 0.5);
  ZeroCalibration zero;
  for (double variance : {800.0, 900.0, 1000.0, -1.0, std::nan("")})
    zero.add(variance, 0.3);
  CHECK(zero.windows() == 3);
  CHECK_NEAR(zero.noise_counts(), 30.0, 1e-9);
  CHECK_NEAR(zero.zero_watts(), 0.3, 1e-12);
}

TEST(implausible_calibrations_are_refused) {
  bench::Board board(bench::config(1, 1), {wave(230.0, 50.0), wave(8.0, 50.0)});
  Meter &meter = board.meter();
  const CurrentCalibration good = board.config.current[0];
  for (double bad : {0.0, 0.4, 2.1, -1.0, std::nan(""), static_cast<double>(INFINITY)}) {
    CurrentCalibration calibration = good;
    calibration.gain = bad;
    CHECK(!meter.set_calibration(0, calibration));
    VoltageCalibration voltage = board.config.voltage[0];
    voltage.gain = bad;
    CHECK(!meter.set_voltage_calibration(0, voltage));
  }
  CurrentCalibration calibration = good;
  calibration.points = 2;
  calibration.point[0].amperes = 5.0;
  calibration.point[1].amperes = 5.0;
  CHECK(!meter.set_calibration(0, calibration));
  calibration.points = MAX_CURRENT_POINTS + 1;
  CHECK(!meter.set_calibration(0, calibration));
  calibration = good;
  calibration.points = 1;
  calibration.point[0].lead_degrees = std::nan("");
  CHECK(!meter.set_calibration(0, calibration));
  CHECK(!meter.set_calibration(1, good));
  CHECK(meter.set_calibration(0, good));
  MeterConfig config = board.config;
  config.channel[0].leg[0] = 1;
  CHECK(!meter.configure(config));
  config = bench::config(1, 2);
  config.channel[1].leg[0] = 0;
  CHECK(!meter.configure(config));
  config = board.config;
  config.nominal_voltage = std::nan("");
  CHECK(!meter.configure(config));
  // What was there is untouched.
  board.windows(2);
  CHECK_NEAR(meter.channel(0).watts, 1840.0, 0.5);
}

TEST(harmonics_are_found) {
  WaveformCapture capture;
  CHECK(!capture.arm(0, 2, 2, 100));
  CHECK(!capture.arm(0, 1, 2, MAX_CAPTURED + 1));
  const double cycle = bench::RATE / 50.3;
  const uint32_t cycles = HarmonicAnalysis::cycles_that_fit(cycle, 50.3);
  CHECK(cycles == 10);
  CHECK(HarmonicAnalysis::cycles_that_fit(bench::RATE / 60.0, 60.0) == 12);
  CHECK(HarmonicAnalysis::cycles_that_fit(3000.0, 50.0) == 0);
  const size_t scans = HarmonicAnalysis::scans_of(cycles, cycle);
  CHECK(capture.arm(0, 1, 2, scans));
  bench::Board board(bench::config(1, 1),
                     {wave(230.0, 50.3, 0.0, {{5, 0.04, 0.0}}),
                      wave(10.0, 50.3, 20.0, {{3, 0.3, 40.0}, {5, 0.2, 60.0}, {7, 0.1, 0.0}, {15, 0.05, 0.0}})});
  board.offset = 700.0;
  for (int step = 0; step < 50; ++step)
    board.feed();
  while (!capture.take(board.scan().data())) {
  }
  CHECK(capture.is_full() && !capture.is_armed());
  HarmonicAnalysis analysis;
  CHECK(!analysis.begin(capture, 20.0, 0.5));
  CHECK(!analysis.begin(capture, cycle * 1.03, 0.5));
  CHECK(analysis.begin(capture, cycle, 0.5));
  int steps = 1;
  while (!analysis.step())
    ++steps;
  CHECK(steps == 15);
  CHECK_NEAR(analysis.voltage(1).rms * bench::VOLTS_PER_COUNT, 230.0, 0.05);
  CHECK_NEAR(analysis.current(1).rms * bench::AMPERES_PER_COUNT, 10.0, 0.01);
  CHECK_NEAR(analysis.lag_degrees(1), 20.0, 0.05);
  CHECK_NEAR(analysis.current(3).rms / analysis.current(1).rms, 0.3, 0.001);
  CHECK_NEAR(analysis.current(5).rms / analysis.current(1).rms, 0.2, 0.001);
  CHECK_NEAR(analysis.lag_degrees(5), 60.0, 1.0);
  CHECK_NEAR(analysis.current(15).rms / analysis.current(1).rms, 0.05, 0.001);
  CHECK_NEAR(analysis.current(2).rms / analysis.current(1).rms, 0.0, 0.001);
  CHECK_NEAR(analysis.current_distortion(), std::sqrt(0.09 + 0.04 + 0.01 + 0.0025), 0.001);
  CHECK_NEAR(analysis.voltage_distortion(), 0.04, 0.001);
  const double watts = analysis.product(1) * bench::VOLTS_PER_COUNT * bench::AMPERES_PER_COUNT;
  CHECK_NEAR(watts, 2300.0 * std::cos(lab::degrees(20.0)), 1.5);
  // A gap begins the capture anew.
  CHECK(capture.arm(0, 1, 2, 10));
  for (int step = 0; step < 5; ++step)
    capture.take(board.scan().data());
  capture.gap();
  CHECK(capture.size() == 0 && capture.is_armed());
}

int main(int count, char **arguments) { return check::main(count, arguments); }
