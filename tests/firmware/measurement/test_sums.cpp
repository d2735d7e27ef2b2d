// Sums, windows, clocks, scans: what is done for every sample.

#include <cstring>
#include <algorithm>
#include <string>

#include "accumulator.h"
#include "adc_table.h"
#include "bench.h"
#include "check.h"
#include "sample_clock.h"
#include "scan.h"

using namespace panel_meter;
using lab::wave;

namespace {

AccumulatorConfig one_circuit() {
  AccumulatorConfig config;
  config.set_defaults(2, 1);
  config.legs = 1;
  config.leg[0].current = 1;
  config.leg[0].voltage = 0;
  return config;
}

/// Two numbers that have nothing to do with one another, over the whole range.
void random_scan(lab::Noise &noise, int16_t *scan, size_t inputs) {
  for (size_t input = 0; input < inputs; ++input)
    scan[input] = static_cast<int16_t>(static_cast<int32_t>(noise.next() >> 48) - 32768);
}

}  // namespace

TEST(every_sample_is_in_exactly_one_window) {
  AccumulatorConfig config = one_circuit();
  config.leg[0].shift_degrees = 120.0;
  Accumulator accumulator;
  CHECK(accumulator.configure(config));
  std::vector<int16_t> volts;
  std::vector<int16_t> amperes;
  lab::Noise noise(5);
  int64_t sum = 0;
  int64_t squares = 0;
  uint64_t scans = 0;
  int64_t lag[LAGS] = {};
  int64_t lagged = 0;
  size_t from = 0;
  for (int step = 0; step < 60000; ++step) {
    const int16_t scan[2] = {static_cast<int16_t>(9000.0 * std::sin(step * 0.0392699) + 60.0 * noise.normal()),
                             static_cast<int16_t>(noise.next() >> 50)};
    volts.push_back(scan[0]);
    amperes.push_back(scan[1]);
    if (!accumulator.push(scan))
      continue;
    // The sums of this window, computed anew from the samples: the current is held back by two scans.
    const Window &window = accumulator.window();
    const LegSums &leg = window.leg[0];
    if (from == 0)
      from = static_cast<size_t>(step) + 1 - window.scans - HOLD_BACK;
    sum = squares = lagged = 0;
    std::memset(lag, 0, sizeof(lag));
    for (size_t at = from; at < from + window.scans; ++at) {
      const int64_t value = amperes[at] - window.input[1].offset;
      sum += value;
      squares += value * value;
      for (size_t k = 0; k < LAGS; ++k)
        lag[k] += value * volts[static_cast<size_t>(static_cast<int>(at) + leg.base + static_cast<int>(k) - 1)];
      for (int far : {leg.near, leg.far})
        lagged += value * volts[static_cast<size_t>(static_cast<int>(at) + leg.base - far)];
    }
    CHECK(sum == window.input[1].sum);
    CHECK(squares == window.input[1].squares);
    for (size_t k = 0; k < LAGS; ++k)
      CHECK(lag[k] == leg.lag[k]);
    CHECK(lagged == leg.lagged);
    CHECK(leg.base < -50);
    from += window.scans;
    scans += window.scans;
    CHECK(from + HOLD_BACK == static_cast<size_t>(step) + 1);
  }
  CHECK(scans > 50000);
}

TEST(windows_end_at_zero_crossings_and_tell_the_frequency) {
  for (double frequency : {45.0, 49.97, 50.0, 60.03, 65.0}) {
    bench::Board board(bench::config(1, 1), {wave(230.0, frequency), wave(1.0, frequency)});
    board.noise_counts = 20.0;
    board.windows(3);
    const Window &window = board.meter().accumulator().window();
    CHECK_NEAR(board.meter().frequency(), frequency, 0.005);
    CHECK_NEAR(window.scans, window.cycles * bench::RATE / frequency, 2.0);
    CHECK(window.scans > 7800 && window.scans < 8300);
  }
}

TEST(the_largest_samples_overflow_nothing) {
  AccumulatorConfig config;
  config.set_defaults(16, 3);
  config.legs = 13;
  for (uint8_t leg = 0; leg < 13; ++leg) {
    config.leg[leg].current = static_cast<uint8_t>(3 + leg);
    config.leg[leg].voltage = static_cast<uint8_t>(leg % 3);
  }
  config.nominal_rate = 45000.0;
  Accumulator accumulator;
  CHECK(accumulator.configure(config));
  // The offset is learned from -32768 first, so that the full swing meets the largest offset; -fsanitize looks on.
  int windows = 0;
  for (int step = 0; step < 400000; ++step) {
    int16_t scan[16];
    for (int16_t &sample : scan)
      sample = windows < 2 ? INT16_MIN : (step % 2 == 0 ? INT16_MAX : INT16_MIN);
    if (windows >= 4) {
      for (int16_t &sample : scan)
        sample = windows % 2 == 0 ? INT16_MAX : INT16_MIN;
    }
    windows += accumulator.push(scan) ? 1 : 0;
  }
  CHECK(windows >= 7);
}

TEST(impossible_configurations_are_refused) {
  Accumulator accumulator;
  CHECK(accumulator.configure(one_circuit()));
  AccumulatorConfig config = one_circuit();
  config.leg[0].current = 0;
  CHECK(!accumulator.configure(config));
  config = one_circuit();
  config.leg[0].voltage = 1;
  CHECK(!accumulator.configure(config));
  config = one_circuit();
  config.voltages = 4;
  CHECK(!accumulator.configure(config));
  config = one_circuit();
  config.inputs = 17;
  CHECK(!accumulator.configure(config));
  config = one_circuit();
  config.nominal_rate = std::nan("");
  CHECK(!accumulator.configure(config));
  config = one_circuit();
  config.slot[1] = 1.0;
  CHECK(!accumulator.configure(config));
  config = one_circuit();
  config.leg[0].shift_degrees = -1.0;
  CHECK(!accumulator.configure(config));
  config = one_circuit();
  config.lowest[1] = config.highest[1];
  CHECK(!accumulator.configure(config));
}

TEST(any_stream_of_samples_is_survived) {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    lab::Noise noise(seed);
    MeterConfig config = bench::config(static_cast<uint8_t>(1 + seed % 3), static_cast<uint8_t>(1 + seed % 5));
    config.sampling.leg[0].shift_degrees = static_cast<double>(seed % 3) * 120.0;
    config.sampling.nominal_rate = 500.0 + noise.uniform() * 20000.0;
    Meter meter;
    CHECK(meter.configure(config));
    int16_t scan[MAX_INPUTS] = {};
    uint64_t mwh = 0;
    for (int step = 0; step < 60000; ++step) {
      if (noise.uniform() < 0.9)
        random_scan(noise, scan, config.sampling.inputs);
      const double dice = noise.uniform();
      if (dice < 1e-4)
        meter.gap(static_cast<uint32_t>(noise.next() >> 32));
      else if (dice < 2e-4)
        meter.set_rate(noise.uniform() * 20000.0);
      meter.push(scan, dice < 0.01 ? static_cast<uint32_t>(noise.next()) : 0u);
      const uint64_t now = meter.import_mwh(0) + meter.export_mwh(0);
      CHECK(now >= mwh);
      mwh = now;
    }
    for (size_t channel = 0; channel < config.channels; ++channel) {
      const ChannelReading &reading = meter.channel(channel);
      CHECK(std::isfinite(reading.watts) && std::isfinite(reading.amperes) && std::isfinite(reading.vars));
      CHECK(std::fabs(reading.power_factor) <= 1.0);
    }
  }
}

TEST(portions_do_not_matter) {
  bench::Board board(bench::config(1, 2), {wave(230.0, 50.0), wave(3.0, 50.0, 40.0), wave(0.01, 50.0)});
  board.noise_counts = 20.0;
  std::vector<int16_t> stream;
  for (int step = 0; step < 80000; ++step) {
    for (int16_t sample : board.scan())
      stream.push_back(sample);
  }
  Meter one;
  CHECK(one.configure(board.config));
  const uint32_t windows = one.push_all(stream.data(), 80000);
  lab::Noise noise(3);
  for (int trial = 0; trial < 3; ++trial) {
    Meter other;
    CHECK(other.configure(board.config));
    uint32_t completed = 0;
    for (size_t at = 0; at < 80000;) {
      const size_t portion = std::min<size_t>(80000 - at, 1 + noise.next() % 700);
      completed += other.push_all(stream.data() + at * 3, portion);
      at += portion;
    }
    CHECK(completed == windows);
    for (size_t channel = 0; channel < 2; ++channel) {
      CHECK(one.import_mwh(channel) == other.import_mwh(channel));
      CHECK(one.registers(channel).imported.rest_nwh() == other.registers(channel).imported.rest_nwh());
      CHECK(one.export_mwh(channel) == other.export_mwh(channel));
      CHECK(one.channel(channel).watts == other.channel(channel).watts);
    }
  }
  CHECK(windows == 9 || windows == 10);
}

TEST(scans_are_put_together_by_channel_numbers) {
  ScanAssembler assembler;
  const uint8_t twice[] = {4, 2, 4};
  CHECK(!assembler.configure(twice, 3));
  const uint8_t large[] = {32};
  CHECK(!assembler.configure(large, 1));
  CHECK(!assembler.configure(large, 0));
  const uint8_t channels[] = {4, 0, 3};
  CHECK(assembler.configure(channels, 3));
  CHECK(!assembler.take(4, 10));
  CHECK(!assembler.take(0, 11));
  CHECK(assembler.take(3, 12));
  CHECK(assembler.missing() == 0 && assembler.scan()[0] == 10 && assembler.scan()[2] == 12);
  // Channel 0 is left out: its last sample stays, and it is reported.
  CHECK(!assembler.take(4, 20));
  CHECK(assembler.take(3, 22));
  CHECK(assembler.missing() == 2 && assembler.scan()[0] == 20 && assembler.scan()[1] == 11);
  // The end of a scan is left out: the next scan ends it.
  CHECK(!assembler.take(4, 30));
  CHECK(!assembler.take(0, 31));
  CHECK(assembler.take(4, 40));
  CHECK(assembler.missing() == 4 && assembler.scan()[0] == 30 && assembler.scan()[2] == 22);
  CHECK(!assembler.take(0, 41));
  CHECK(!assembler.take(7, 99));
  CHECK(assembler.foreign() == 1);
  CHECK(assembler.take(3, 42));
  CHECK(assembler.missing() == 0 && assembler.scan()[0] == 40 && assembler.scan()[1] == 41);
  // Only the last one ever comes.
  CHECK(assembler.take(3, 52));
  CHECK(assembler.take(3, 62));
  CHECK(assembler.missing() == 3);
}

TEST(any_order_of_conversions_is_survived) {
  lab::Noise noise(21);
  for (int trial = 0; trial < 20; ++trial) {
    ScanAssembler assembler;
    uint8_t channels[MAX_INPUTS];
    const size_t inputs = 1 + noise.next() % MAX_INPUTS;
    for (size_t input = 0; input < inputs; ++input)
      channels[input] = static_cast<uint8_t>(input * 2);
    CHECK(assembler.configure(channels, inputs));
    size_t scans = 0;
    const size_t conversions = 20000;
    for (size_t step = 0; step < conversions; ++step)
      scans += assembler.take(static_cast<uint8_t>(noise.next() >> 56), 1) ? 1 : 0;
    CHECK(scans + assembler.foreign() <= conversions);
  }
}

TEST(the_clock_finds_the_true_rate_through_jitter) {
  for (double part : {0.8, 0.816, 1.0, 1.02}) {
    SampleClock clock(8000.0);
    lab::Noise noise(2);
    double early = 0.0;
    const double rate = 8000.0 * part;
    uint64_t told = 0;
    for (int step = 1; step <= 60000; ++step) {
      // The task comes by every 10 ms, up to 5 ms late; the converter has gone on meanwhile in whole scans.
      const double at = step * 0.010;
      const auto scans = static_cast<uint64_t>(at * rate);
      clock.observe(static_cast<uint32_t>(scans - told), static_cast<uint64_t>((at + 0.005 * noise.uniform()) * 1e6));
      told = scans;
      if (step == 300)
        early = clock.rate();
    }
    CHECK_NEAR(early, rate, rate * 0.005);
    CHECK_NEAR(clock.rate(), rate, rate * 5e-5);
    CHECK(clock.measured_seconds() > 100.0);
  }
}

TEST(the_clock_survives_gaps_and_a_timer_that_goes_back) {
  SampleClock clock(8000.0);
  for (int second = 1; second <= 100; ++second)
    clock.observe(7000, static_cast<uint64_t>(second) * 1000000);
  CHECK_NEAR(clock.rate(), 7000.0, 0.001);
  clock.interrupt();
  clock.observe(5, 200000000);
  CHECK_NEAR(clock.rate(), 7000.0, 0.001);
  clock.observe(7000, 1000000);
  clock.observe(0, 1000000);
  clock.observe(7000, 2000000);
  CHECK_NEAR(clock.rate(), 7000.0, 0.001);
}

TEST(the_table_straightens_the_converter) {
  AdcTable table;
  table.build(&lab::Converter::factory_millivolts, nullptr, 1300);
  double worst = 0.0;
  for (int code = 0; code < AdcTable::CODES; ++code) {
    // The exact inverse of the bend; the factory's answer is rounded to a millivolt, ten counts.
    const double y = code / 4096.0;
    const double x = (1.015 - std::sqrt(1.015 * 1.015 - 4.0 * 0.015 * y)) / (2.0 * 0.015);
    worst = std::fmax(worst, std::fabs(table.counts(code) - (x * 2500.0 - 1300.0) * 10.0));
  }
  CHECK(worst < 3.5);
  CHECK(table.counts(-5) == table.counts(0));
  CHECK(table.counts(9999) == table.counts(4095));
}

int main(int count, char **arguments) { return check::main(count, arguments); }
