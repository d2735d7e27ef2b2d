#include "meter.h"

#include <cmath>
#include <new>

namespace panel_meter {

namespace {

/// Clipped samples in a window that are no accident.
constexpr uint32_t CLIPPED_SAMPLES = 8;
/// An input may miss one sample in this many.
constexpr uint32_t SCANS_FOR_ONE_MISSING = 100;
/// A voltage below this part of the nominal one is not there.
constexpr double MIN_VOLTAGE_PART = 0.2;
/// A frequency needs this many cycles.
constexpr uint32_t MIN_CYCLES = 5;
/// Where nobody has measured the noise, a current must be this many times the typical one to be believed.
constexpr double TYPICAL_NOISE_FACTOR = 2.0;

double square(double value) { return value * value; }

bool is_channel_possible(const ChannelConfig &channel, const MeterConfig &config) {
  if (channel.legs == 0 || channel.legs > MAX_LEGS_OF_CHANNEL)
    return false;
  for (size_t index = 0; index < channel.legs; ++index) {
    if (channel.leg[index] >= config.sampling.legs)
      return false;
  }
  return channel.multiplier > 0.0 && channel.multiplier <= 100.0 && channel.creep_watts >= 0.0 &&
         channel.creep_watts <= 1e6 && channel.assumed_power_factor >= 0.0 && channel.assumed_power_factor <= 1.0;
}

/// A leg belongs to one channel at most, since its gate remembers what flowed.
bool are_legs_disjoint(const MeterConfig &config) {
  uint32_t used = 0;
  for (size_t channel = 0; channel < config.channels; ++channel) {
    for (size_t index = 0; index < config.channel[channel].legs; ++index) {
      const uint32_t bit = 1u << config.channel[channel].leg[index];
      if ((used & bit) != 0)
        return false;
      used |= bit;
    }
  }
  return true;
}

bool is_possible(const MeterConfig &config) {
  if (config.channels > MAX_MEASURED_CHANNELS || config.sampling.legs > MAX_LEGS ||
      config.sampling.voltages > MAX_VOLTAGES || !(config.nominal_voltage >= 50.0) ||
      !(config.nominal_voltage <= 1000.0) || !(config.most_bias_counts >= 0.0))
    return false;
  for (size_t index = 0; index < config.sampling.voltages; ++index) {
    if (!is_plausible(config.voltage[index]))
      return false;
  }
  for (size_t index = 0; index < config.sampling.legs; ++index) {
    if (!is_plausible(config.current[index]))
      return false;
  }
  for (size_t index = 0; index < config.channels; ++index) {
    if (!is_channel_possible(config.channel[index], config))
      return false;
  }
  return are_legs_disjoint(config);
}

}  // namespace

bool Meter::configure(const MeterConfig &config) {
  if (!is_possible(config) || !Accumulator::is_possible(config.sampling))
    return false;
  // In place: a temporary of this size would not fit on the stack of a task.
  new (this) Meter();
  config_ = config;
  accumulator_.configure(config.sampling);
  rate_ = config.sampling.nominal_rate;
  return true;
}

bool Meter::push(const int16_t *scan, uint32_t missing) {
  if (!accumulator_.push(scan, missing))
    return false;
  evaluate(accumulator_.window());
  return true;
}

uint32_t Meter::push_all(const int16_t *scans, size_t count) {
  uint32_t completed = 0;
  for (size_t index = 0; index < count; ++index)
    completed += push(scans + index * config_.sampling.inputs) ? 1u : 0u;
  return completed;
}

void Meter::gap(uint32_t microseconds) {
  accumulator_.gap(microseconds);
  faults_ |= FAULT_GAP;
  if (microseconds > MAX_BRIDGED_US) {
    for (size_t index = 0; index < config_.channels; ++index)
      channel_readings_[index].is_valid = false;
  }
}

void Meter::set_rate(double scans_per_second) {
  if (!(scans_per_second >= config_.sampling.nominal_rate * 0.5) ||
      !(scans_per_second <= config_.sampling.nominal_rate * 1.5))
    return;
  rate_ = scans_per_second;
  accumulator_.set_clock(rate_, frequency_);
}

bool Meter::set_calibration(size_t leg, const CurrentCalibration &calibration) {
  if (leg >= config_.sampling.legs || !is_plausible(calibration))
    return false;
  config_.current[leg] = calibration;
  return true;
}

bool Meter::set_voltage_calibration(size_t voltage, const VoltageCalibration &calibration) {
  if (voltage >= config_.sampling.voltages || !is_plausible(calibration))
    return false;
  config_.voltage[voltage] = calibration;
  return true;
}

uint32_t Meter::take_faults() {
  const uint32_t faults = faults_;
  faults_ = FAULT_NONE;
  return faults;
}

bool Meter::is_mains_lost() const {
  return frequency_ > 0.0 && accumulator_.scans_since_crossing() > 1.5 * rate_ / frequency_;
}

uint32_t Meter::input_faults(const Window &window, size_t input) const {
  const InputSums &sums = window.input[input];
  const InputStatistics statistics = statistics_of(sums, window.scans);
  uint32_t faults = FAULT_NONE;
  if (sums.clipped >= CLIPPED_SAMPLES)
    faults |= FAULT_CLIPPED;
  // The sums are exact, so that they show whether all samples were equal.
  if (window.scans * sums.squares == static_cast<int64_t>(sums.sum) * sums.sum)
    faults |= FAULT_STUCK;
  if (static_cast<uint64_t>(sums.missing) * SCANS_FOR_ONE_MISSING > window.scans)
    faults |= FAULT_MISSING;
  if (std::fabs(statistics.mean) > config_.most_bias_counts)
    faults |= FAULT_BIAS;
  return faults;
}

// Standard deviation of the square current of one window from noise alone, in A^2: the variance of n samples of
// Gaussian noise scatters by variance * sqrt(2 / n).
double Meter::current_noise(size_t leg, uint32_t scans) const {
  const CurrentCalibration &calibration = config_.current[leg];
  const double noise = calibration.noise_counts > 0.0 ? calibration.noise_counts : TYPICAL_NOISE_COUNTS;
  return square(noise * calibration.amperes_per_count * calibration.gain) * std::sqrt(2.0 / scans);
}

bool Meter::has_current(size_t leg, uint32_t scans) const {
  const bool is_noise_known = config_.current[leg].noise_counts > 0.0;
  const double floor = is_noise_known ? NoLoadGate::DEVIATIONS * current_noise(leg, scans) : unknown_noise(leg);
  return leg_readings_[leg].square_amperes > floor;
}

bool Meter::is_apparent(size_t leg) const {
  const uint8_t voltage = config_.sampling.leg[leg].voltage;
  return voltage == NO_VOLTAGE || !voltage_readings_[voltage].is_valid;
}

void Meter::evaluate_voltage(const Window &window, size_t index) {
  const VoltageCalibration &calibration = config_.voltage[index];
  const double variance = statistics_of(window.input[index], window.scans).variance - square(calibration.noise_counts);
  VoltageReading &reading = voltage_readings_[index];
  reading.volts = calibration.volts_per_count * calibration.gain * std::sqrt(variance > 0.0 ? variance : 0.0);
  reading.faults = input_faults(window, index);
  reading.is_valid =
      (reading.faults & USELESS_FAULTS) == 0 && reading.volts >= MIN_VOLTAGE_PART * config_.nominal_voltage;
}

void Meter::evaluate_leg(const Window &window, size_t index) {
  const LegWiring &wiring = config_.sampling.leg[index];
  const CurrentCalibration &current = config_.current[index];
  LegReading reading;
  reading.faults = input_faults(window, wiring.current);
  reading.variance_counts = statistics_of(window.input[wiring.current], window.scans).variance;
  const double variance = reading.variance_counts - square(current.noise_counts);
  const double scale = current.amperes_per_count * current.gain;
  const double uncorrected = std::fabs(scale) * std::sqrt(variance > 0.0 ? variance : 0.0);
  const CurrentPoint point = point_at(current, uncorrected);
  reading.amperes = uncorrected * point.gain;
  reading.square_amperes = variance * square(scale * point.gain);
  if (is_apparent(index)) {
    reading.volts = config_.nominal_voltage;
    reading.faults |= FAULT_APPARENT;
  } else {
    const VoltageCalibration &voltage = config_.voltage[wiring.voltage];
    reading.volts = voltage_readings_[wiring.voltage].volts;
    reading.faults |= voltage_readings_[wiring.voltage].faults & FAULT_CLIPPED;
    const double frequency = frequency_ > 0.0 ? frequency_ : config_.sampling.nominal_frequency;
    const Power product = product_of(window, wiring, window.leg[index], rate_ / frequency);
    const double watts_per_square = scale * point.gain * voltage.volts_per_count * voltage.gain;
    reading.measured = Power{product.watts * watts_per_square, product.vars * watts_per_square};
    reading.lead_degrees = net_lead(current, voltage, reading.amperes, frequency);
    reading.power = rotated(reading.measured, reading.lead_degrees);
    reading.power.watts -= current.zero_watts;
  }
  leg_readings_[index] = reading;
}

// The square current that nobody should believe where the noise was never measured, in A^2.
double Meter::unknown_noise(size_t leg) const {
  const CurrentCalibration &calibration = config_.current[leg];
  return square(TYPICAL_NOISE_FACTOR * TYPICAL_NOISE_COUNTS * calibration.amperes_per_count * calibration.gain);
}

GateSample Meter::apparent_sample(const Window &window, size_t leg, double seconds) const {
  GateSample sample;
  sample.value = leg_readings_[leg].square_amperes;
  sample.noise = current_noise(leg, window.scans);
  sample.creep = config_.current[leg].noise_counts > 0.0 ? 0.0 : unknown_noise(leg);
  sample.seconds = seconds;
  return sample;
}

GateSample Meter::gate_sample(const Window &window, size_t channel, size_t leg, double seconds) const {
  const ChannelConfig &config = config_.channel[channel];
  const CurrentCalibration &calibration = config_.current[leg];
  const LegReading &reading = leg_readings_[leg];
  GateSample sample;
  sample.value = reading.power.watts * config.multiplier;
  // The mean of n products of the voltage with noise scatters by volts * noise / sqrt(n).
  const double noise = calibration.noise_counts > 0.0 ? calibration.noise_counts : TYPICAL_NOISE_COUNTS;
  const double noise_amperes = noise * std::fabs(calibration.amperes_per_count) * calibration.gain;
  sample.noise = reading.volts * noise_amperes / std::sqrt(static_cast<double>(window.scans)) * config.multiplier;
  sample.creep = config.creep_watts;
  sample.seconds = seconds;
  sample.has_current = has_current(leg, window.scans);
  return sample;
}

// Books what the leg has to book now, and returns what it shows, in W.
double Meter::book_leg(const Window &window, size_t channel, size_t leg, double seconds) {
  const ChannelConfig &config = config_.channel[channel];
  GateOutput output;
  double shown = 0.0;
  if (is_apparent(leg)) {
    output = apparent_gates_[leg].take(apparent_sample(window, leg, seconds));
    const double sign = last_watts_[channel] < 0.0 && config.flow == Flow::BOTH ? -1.0 : 1.0;
    const double watts_per_ampere =
        sign * config_.nominal_voltage * config.assumed_power_factor * config.multiplier;
    output.value = watts_per_ampere * std::sqrt(output.value > 0.0 ? output.value : 0.0);
    const double squared = apparent_gates_[leg].shown();
    shown = watts_per_ampere * std::sqrt(squared > 0.0 ? squared : 0.0);
  } else {
    output = gates_[leg].take(gate_sample(window, channel, leg, seconds));
    shown = gates_[leg].shown();
  }
  const bool is_one_way = config.flow == Flow::ONE_WAY;
  registers_[channel].book(is_one_way ? std::fabs(output.value) : output.value, output.seconds);
  return is_one_way ? std::fabs(shown) : shown;
}

double Meter::book_sum(const Window &window, size_t channel, double seconds) {
  const ChannelConfig &config = config_.channel[channel];
  GateSample sum = gate_sample(window, channel, config.leg[0], seconds);
  double variance = square(sum.noise);
  for (size_t index = 1; index < config.legs; ++index) {
    const GateSample part = gate_sample(window, channel, config.leg[index], seconds);
    sum.value += part.value;
    sum.has_current = sum.has_current || part.has_current;
    variance += square(part.noise);
  }
  sum.noise = std::sqrt(variance);
  NoLoadGate &gate = gates_[config.leg[0]];
  const GateOutput output = gate.take(sum);
  registers_[channel].book(output.value, output.seconds);
  return gate.shown();
}

// A fault is bridged as a gap is: what flowed before goes on for two seconds, then nothing is invented.
void Meter::hold_last_power(size_t channel, double seconds) {
  const double room = MAX_BRIDGED_US / 1e6 - held_seconds_[channel];
  const double held = seconds < room ? seconds : room;
  registers_[channel].book(last_watts_[channel], held);
  held_seconds_[channel] += held;
  if (seconds > held)
    channel_readings_[channel].faults |= FAULT_UNCOUNTED;
}

void Meter::evaluate_electrical(const Window &window, size_t index) {
  const ChannelConfig &config = config_.channel[index];
  ChannelReading &reading = channel_readings_[index];
  double volts = 0.0;
  double vars = 0.0;
  for (size_t part = 0; part < config.legs; ++part) {
    const LegReading &leg = leg_readings_[config.leg[part]];
    volts += leg.volts * config.multiplier;
    if (!has_current(config.leg[part], window.scans))
      continue;
    reading.volt_amperes += leg.volts * leg.amperes * config.multiplier;
    const bool is_turned = config.flow == Flow::ONE_WAY && leg.power.watts < 0.0;
    vars += (is_turned ? -leg.power.vars : leg.power.vars) * config.multiplier;
  }
  reading.vars = vars;
  reading.amperes = volts > 0.0 ? reading.volt_amperes / volts : 0.0;
  // What is too small to be seen as a current can still be counted as a power.
  const double size = std::fabs(reading.watts);
  if (reading.volt_amperes < size)
    reading.volt_amperes = size;
  reading.power_factor = reading.volt_amperes > 0.0 ? reading.watts / reading.volt_amperes : 0.0;
}

void Meter::evaluate_channel(const Window &window, size_t index, double seconds) {
  const ChannelConfig &config = config_.channel[index];
  ChannelReading &reading = channel_readings_[index];
  reading = ChannelReading{};
  for (size_t part = 0; part < config.legs; ++part)
    reading.faults |= leg_readings_[config.leg[part]].faults;
  reading.faults |= window.lost_us > 0 ? FAULT_GAP : FAULT_NONE;
  reading.faults |= window.lost_us > MAX_BRIDGED_US ? FAULT_UNCOUNTED : FAULT_NONE;
  reading.is_valid = (reading.faults & USELESS_FAULTS) == 0;
  if (reading.is_valid) {
    held_seconds_[index] = 0.0;
    const bool is_summed = config.flow == Flow::BOTH && config.netting == Netting::SUM &&
                           (reading.faults & FAULT_APPARENT) == 0;
    if (is_summed) {
      reading.watts = book_sum(window, index, seconds);
    } else {
      for (size_t part = 0; part < config.legs; ++part)
        reading.watts += book_leg(window, index, config.leg[part], seconds);
    }
    last_watts_[index] = reading.watts;
    evaluate_electrical(window, index);
  } else {
    hold_last_power(index, seconds);
  }
  faults_ |= reading.faults;
}

void Meter::evaluate_clock(const Window &window) {
  const bool is_counted = window.cycles >= MIN_CYCLES && window.cycle_scans > 0.0;
  if (is_counted) {
    frequency_ = window.cycles / window.cycle_scans * rate_;
  } else if (window.lost_us == 0) {
    frequency_ = 0.0;
  }
  accumulator_.set_clock(rate_, frequency_);
}

double Meter::seconds_of(const Window &window) {
  const uint32_t bridged = window.lost_us < MAX_BRIDGED_US ? window.lost_us : MAX_BRIDGED_US;
  uncounted_us_ += window.lost_us - bridged;
  return window.scans / rate_ + bridged / 1e6;
}

void Meter::evaluate(const Window &window) {
  ++windows_;
  evaluate_clock(window);
  for (size_t index = 0; index < config_.sampling.voltages; ++index)
    evaluate_voltage(window, index);
  for (size_t index = 0; index < config_.sampling.legs; ++index)
    evaluate_leg(window, index);
  const double seconds = seconds_of(window);
  for (size_t index = 0; index < config_.channels; ++index)
    evaluate_channel(window, index, seconds);
}

}  // namespace panel_meter
