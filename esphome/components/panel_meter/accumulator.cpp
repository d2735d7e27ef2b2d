#include "accumulator.h"

#include <cmath>
#include <limits>
#include <new>

namespace panel_meter {

namespace {

/// An offset is bounded so that the product of two samples fits into 32 bits: 40960 * 32768 < 2^31.
constexpr int32_t MAX_OFFSET = 8192;
/// Smallest hysteresis of the zero crossing, in counts: well above the noise of a converter.
constexpr int32_t MIN_HYSTERESIS = 200;
/// The long lags of the voltage.
constexpr double NEAR_DEGREES = 72.0;
constexpr double FAR_DEGREES = 108.0;
constexpr double MIN_FREQUENCY = 40.0;
constexpr double MAX_FREQUENCY = 70.0;
constexpr double MIN_RATE = 500.0;
constexpr double MAX_RATE = 45000.0;

constexpr size_t MASK = VOLTAGE_MEMORY - 1;
static_assert((VOLTAGE_MEMORY & MASK) == 0, "the memory of the voltages is a power of two");

int32_t bounded(int32_t value, int32_t most) { return value > most ? most : (value < -most ? -most : value); }

bool is_between(double value, double least, double most) { return value >= least && value <= most; }

bool is_leg_possible(const LegWiring &leg, const AccumulatorConfig &config) {
  if (leg.current < config.voltages || leg.current >= config.inputs)
    return false;
  if (leg.voltage != NO_VOLTAGE && leg.voltage >= config.voltages)
    return false;
  return is_between(leg.shift_degrees, 0.0, 360.0);
}

}  // namespace

void AccumulatorConfig::set_defaults(uint8_t input_count, uint8_t voltage_count) {
  inputs = input_count;
  voltages = voltage_count;
  for (size_t input = 0; input < MAX_INPUTS; ++input) {
    slot[input] = input < input_count ? static_cast<double>(input) / input_count : 0.0;
    lowest[input] = std::numeric_limits<int16_t>::min();
    highest[input] = std::numeric_limits<int16_t>::max();
  }
}

bool Accumulator::is_possible(const AccumulatorConfig &config) {
  if (config.inputs == 0 || config.inputs > MAX_INPUTS || config.voltages > MAX_VOLTAGES)
    return false;
  if (config.voltages > config.inputs || config.legs > MAX_LEGS)
    return false;
  if (!is_between(config.nominal_rate, MIN_RATE, MAX_RATE) ||
      !is_between(config.nominal_frequency, MIN_FREQUENCY, MAX_FREQUENCY))
    return false;
  for (size_t input = 0; input < config.inputs; ++input) {
    if (!(config.slot[input] >= 0.0 && config.slot[input] < 1.0) || config.lowest[input] >= config.highest[input])
      return false;
  }
  for (size_t leg = 0; leg < config.legs; ++leg) {
    if (!is_leg_possible(config.leg[leg], config))
      return false;
  }
  return true;
}

bool Accumulator::configure(const AccumulatorConfig &config) {
  if (!is_possible(config))
    return false;
  // In place: a temporary of this size would not fit on the stack of a task.
  new (this) Accumulator();
  config_ = config;
  rate_ = config.nominal_rate;
  frequency_ = config.nominal_frequency;
  hysteresis_ = MIN_HYSTERESIS;
  begin_window();
  warm_up_ = static_cast<uint32_t>(history_needed());
  return true;
}

void Accumulator::set_clock(double rate, double frequency) {
  if (is_between(rate, MIN_RATE, MAX_RATE))
    rate_ = rate;
  if (is_between(frequency, MIN_FREQUENCY, MAX_FREQUENCY))
    frequency_ = frequency;
}

// The wanted voltage was at `slot of the current - slot of the voltage - shift` scans after the voltage of the same
// scan. Its whole part is the base, the rest is interpolated between the lags.
void Accumulator::place_legs(Window &window) const {
  const double cycle = rate_ / frequency_;
  const int near = static_cast<int>(std::lround(cycle * NEAR_DEGREES / 360.0));
  const int far = static_cast<int>(std::lround(cycle * FAR_DEGREES / 360.0));
  for (size_t index = 0; index < config_.legs; ++index) {
    const LegWiring &wiring = config_.leg[index];
    LegSums &leg = window.leg[index];
    if (wiring.voltage == NO_VOLTAGE)
      continue;
    const double distance =
        config_.slot[wiring.current] - config_.slot[wiring.voltage] - cycle * wiring.shift_degrees / 360.0;
    const int farthest = static_cast<int>(VOLTAGE_MEMORY) - HOLD_BACK - 3;
    leg.base = static_cast<int>(std::floor(distance));
    leg.fraction = distance - leg.base;
    // Only a scan rate far above any that is used reaches this bound.
    if (-leg.base > farthest)
      leg.base = -farthest;
    leg.near = near > farthest + leg.base ? farthest + leg.base : near;
    leg.far = far > farthest + leg.base ? farthest + leg.base : far;
  }
}

int Accumulator::history_needed() const {
  int needed = HOLD_BACK;
  for (size_t index = 0; index < config_.legs; ++index) {
    const LegSums &leg = windows_[open_].leg[index];
    const int back = HOLD_BACK - leg.base + (leg.far > 1 ? leg.far : 1);
    needed = back > needed ? back : needed;
  }
  return needed;
}

void Accumulator::begin_window() {
  Window &window = *new (&windows_[open_]) Window();
  for (size_t input = 0; input < config_.inputs; ++input)
    window.input[input].offset = offset_[input];
  place_legs(window);
  target_ = static_cast<uint32_t>(rate_);
  if (config_.voltages == 0) {
    // Without a crossing to look for, the nominal frequency makes the cycles whole.
    target_ = static_cast<uint32_t>(std::lround(rate_ / frequency_ * std::floor(frequency_)));
  }
  target_ = target_ > MAX_SCANS_OF_WINDOW ? MAX_SCANS_OF_WINDOW : target_;
  const uint32_t latest = target_ / 4 * 5;
  latest_ = latest > MAX_SCANS_OF_WINDOW ? MAX_SCANS_OF_WINDOW : latest;
  has_first_crossing_ = false;
  since_first_ = 0;
}

void Accumulator::gap(uint32_t microseconds) {
  Window &window = windows_[open_];
  const uint32_t room = std::numeric_limits<uint32_t>::max() - window.lost_us;
  window.lost_us += microseconds > room ? room : microseconds;
  warm_up_ = static_cast<uint32_t>(history_needed());
  is_warm_up_lost_ = true;
  armed_ = false;
  // Cycles on both sides of a gap cannot be counted together: the count starts anew.
  has_first_crossing_ = false;
  since_first_ = 0;
  window.cycles = 0;
  window.cycle_scans = 0.0;
}

void Accumulator::remember(const int16_t *scan) {
  head_ = (head_ + 1) & MASK;
  for (size_t input = 0; input < config_.voltages; ++input) {
    voltage_[input][head_] = scan[input];
    voltage_[input][head_ + VOLTAGE_MEMORY] = scan[input];
  }
}

void Accumulator::track_crossing(int16_t sample) {
  crossed_now_ = false;
  ++since_crossing_;
  ++since_first_;
  const int32_t value = sample - offset_[0];
  if (value < -hysteresis_) {
    armed_ = true;
  } else if (armed_ && value >= 0) {
    armed_ = false;
    crossed_now_ = true;
    since_crossing_ = 0;
    // The crossing lies before this scan by this part of a scan.
    last_fraction_ = value > last_voltage_ ? static_cast<double>(value) / (value - last_voltage_) : 0.0;
    Window &window = windows_[open_];
    if (has_first_crossing_) {
      ++window.cycles;
      window.cycle_scans = since_first_ - last_fraction_ + first_fraction_;
    } else {
      has_first_crossing_ = true;
      since_first_ = 0;
      first_fraction_ = last_fraction_;
    }
  }
  last_voltage_ = value;
}

void Accumulator::add_legs(Window &window) {
  for (size_t index = 0; index < config_.legs; ++index) {
    const LegWiring &wiring = config_.leg[index];
    if (wiring.voltage == NO_VOLTAGE)
      continue;
    LegSums &leg = window.leg[index];
    const int32_t current = held_back_[wiring.current][0] - window.input[wiring.current].offset;
    const int16_t *voltage = voltage_[wiring.voltage] + (head_ + VOLTAGE_MEMORY);
    voltage += leg.base - HOLD_BACK;
    leg.lag[0] += current * voltage[-1];
    leg.lag[1] += current * voltage[0];
    leg.lag[2] += current * voltage[1];
    leg.lag[3] += current * voltage[2];
    const int32_t lagged = voltage[-leg.near] + voltage[-leg.far];
    leg.lagged += static_cast<int64_t>(current) * lagged;
  }
}

void Accumulator::add(const int16_t *scan) {
  Window &window = windows_[open_];
  for (size_t index = 0; index < config_.inputs; ++index) {
    InputSums &input = window.input[index];
    const int32_t held = held_back_[index][0] - input.offset;
    input.sum += held;
    input.squares += held * held;
    input.clipped += scan[index] <= config_.lowest[index] || scan[index] >= config_.highest[index];
  }
  add_legs(window);
  ++window.scans;
}

bool Accumulator::is_complete() const {
  const Window &window = windows_[open_];
  if (config_.voltages == 0)
    return window.scans >= target_;
  if (crossed_now_ && window.scans >= target_ - target_ / 100)
    return true;
  return window.scans >= latest_;
}

void Accumulator::learn(const Window &window) {
  for (size_t index = 0; index < config_.inputs; ++index) {
    const double mean = static_cast<double>(window.input[index].sum) / window.scans;
    offset_[index] = bounded(window.input[index].offset + static_cast<int32_t>(std::lround(mean)), MAX_OFFSET);
  }
  const InputSums &first = window.input[0];
  const double mean = static_cast<double>(first.sum) / window.scans;
  const double variance = static_cast<double>(first.squares) / window.scans - mean * mean;
  const int32_t quarter_of_rms = static_cast<int32_t>(std::sqrt(variance > 0.0 ? variance : 0.0) / 4.0);
  hysteresis_ = quarter_of_rms > MIN_HYSTERESIS ? quarter_of_rms : MIN_HYSTERESIS;
}

void Accumulator::count_missing(uint32_t missing) {
  for (size_t index = 0; index < config_.inputs; ++index)
    windows_[open_].input[index].missing += (missing >> index) & 1u;
}

void Accumulator::warm_up_by_one() {
  --warm_up_;
  Window &window = windows_[open_];
  const uint32_t scan_us = static_cast<uint32_t>(std::lround(1e6 / rate_));
  if (is_warm_up_lost_ && window.lost_us < std::numeric_limits<uint32_t>::max() - scan_us)
    window.lost_us += scan_us;
}

void Accumulator::close_window() {
  learn(windows_[open_]);
  const bool is_at_crossing = crossed_now_;
  open_ = static_cast<uint8_t>(1 - open_);
  begin_window();
  if (is_at_crossing) {
    // The crossing that ends one window begins the next.
    has_first_crossing_ = true;
    first_fraction_ = last_fraction_;
  }
}

bool Accumulator::push(const int16_t *scan, uint32_t missing) {
  remember(scan);
  if (config_.voltages > 0)
    track_crossing(scan[0]);
  if (missing != 0)
    count_missing(missing);
  const bool is_warm = warm_up_ == 0;
  if (is_warm) {
    add(scan);
  } else {
    warm_up_by_one();
  }
  for (size_t index = 0; index < config_.inputs; ++index) {
    held_back_[index][0] = held_back_[index][1];
    held_back_[index][1] = scan[index];
  }
  if (!is_warm || !is_complete())
    return false;
  close_window();
  return true;
}

}  // namespace panel_meter
