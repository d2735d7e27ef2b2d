#include "measuring.h"

#include "adc_table.h"

#include <chrono>
#include <cmath>
#include <limits>

namespace panel_meter {

namespace {

/// Faults that make a record doubtful. A bias that is off only costs range, and a bridged gap costs nothing.
constexpr uint32_t DOUBTFUL = FAULT_CLIPPED | FAULT_STUCK | FAULT_MISSING | FAULT_UNCOUNTED;
constexpr double MICROSECONDS = 1e6;

float nan_unless(bool valid, double value) {
  return valid ? static_cast<float>(value) : std::numeric_limits<float>::quiet_NaN();
}

}  // namespace

bool Measuring::configure(const BoardSetup &setup) {
  const Guard guard(mutex_);
  setup_ = &setup;
  store_.load();
  if (setup.inputs() == 0 || !meter_.configure(setup.meter()))
    return false;
  for (size_t index = 0; index < setup.channel_count() - setup.measured(); index++) {
    if (!pulses_[index].configure(setup.pulses(index).pulses_per_kwh, setup.pulses(index).least_us))
      return false;
  }
  clock_ = SampleClock(setup.scan_rate());
  use_stored_calibrations();
  return true;
}

void Measuring::use_stored_calibrations() {
  unfit_ = 0;
  for (size_t leg = 0; leg < setup_->meter().sampling.legs; leg++)
    unfit_ += meter_.set_calibration(leg, calibrated(leg)) ? 0 : 1;
  for (size_t voltage = 0; voltage < setup_->meter().sampling.voltages; voltage++)
    unfit_ += meter_.set_voltage_calibration(voltage, calibrated_voltage(voltage)) ? 0 : 1;
}

CurrentCalibration Measuring::calibrated(size_t leg) const {
  CurrentCalibration calibration = setup_->meter().current[leg];
  const InputCalibration stored = store_.of(gpio_of_leg(leg));
  calibration.gain *= stored.gain;
  calibration.noise_counts = stored.noise_counts;
  calibration.zero_watts = stored.zero_watts;
  if (stored.has_lead) {
    calibration.points = 1;
    calibration.point[0] = {1.0, stored.lead_degrees, 1.0};
    calibration.table_frequency = 0;
  }
  return calibration;
}

VoltageCalibration Measuring::calibrated_voltage(size_t voltage) const {
  VoltageCalibration calibration = setup_->meter().voltage[voltage];
  calibration.gain *= store_.of(setup_->voltage(voltage).gpio).gain;
  return calibration;
}

void Measuring::push(const int16_t *scan, uint32_t missing) {
  if (capture_.is_armed() && capture_.take(scan))
    captured_.notify_all();
  if (meter_.push(scan, missing))
    window_done();
}

void Measuring::gap(uint32_t microseconds) {
  clock_.interrupt();
  capture_.gap();
  meter_.gap(microseconds);
}

void Measuring::observe(uint32_t scans, uint64_t time_us) {
  clock_.observe(scans, time_us);
  if (clock_.measured_seconds() > 0)
    meter_.set_rate(clock_.rate());
}

void Measuring::window_done() {
  const size_t place = static_cast<size_t>(meter_.windows() % REMEMBERED);
  for (size_t channel = 0; channel < setup_->measured(); channel++)
    watts_[channel][place] = meter_.channel(channel).watts;
  for (size_t voltage = 0; voltage < setup_->meter().sampling.voltages; voltage++)
    volts_[voltage][place] = meter_.voltage(voltage).volts;
  zero_step();
  lead_step();
}

void Measuring::pulse(size_t index, uint64_t time_us) {
  const Guard guard(mutex_);
  pulses_[index].edge(time_us);
}

void Measuring::set_time(uint64_t time_us) {
  const Guard guard(mutex_);
  time_us_ = time_us;
}

ChannelReading Measuring::reading_of(size_t channel) const {
  if (is_measured(channel))
    return meter_.channel(channel);
  ChannelReading reading;
  reading.watts = pulses_[channel - setup_->measured()].watts(time_us_);
  reading.amperes = std::numeric_limits<double>::quiet_NaN();
  reading.power_factor = reading.vars = reading.volt_amperes = reading.amperes;
  reading.is_valid = true;
  return reading;
}

uint64_t Measuring::counted(const RegisterInfo &info) const {
  if (!is_measured(info.channel))
    return info.direction == Direction::IMPORT ? pulses_[info.channel - setup_->measured()].mwh() : 0;
  return info.direction == Direction::IMPORT ? meter_.import_mwh(info.channel) : meter_.export_mwh(info.channel);
}

ChannelReading Measuring::channel(size_t index) {
  const Guard guard(mutex_);
  return reading_of(index);
}

VoltageReading Measuring::voltage(size_t index) {
  const Guard guard(mutex_);
  return meter_.voltage(index);
}

uint8_t Measuring::current_input(size_t channel) const {
  return setup_->meter().sampling.leg[setup_->meter().channel[channel].leg[0]].current;
}

void Measuring::step_harmonics() {
  if (!harmonics_.is_wanted())
    return;
  if (harmonics_.is_computing())
    return harmonics_.compute();
  const Guard guard(mutex_);
  harmonics_.advance(capture_, static_cast<uint8_t>(setup_->inputs()), meter_.rate(), meter_.frequency(), meter_.windows());
}

double Measuring::frequency() {
  const Guard guard(mutex_);
  return meter_.frequency();
}

double Measuring::scan_rate() {
  const Guard guard(mutex_);
  return meter_.rate();
}

double Measuring::uncounted_seconds() {
  const Guard guard(mutex_);
  return static_cast<double>(meter_.uncounted_us()) / MICROSECONDS;
}

bool Measuring::is_mains_lost() {
  const Guard guard(mutex_);
  return meter_.is_mains_lost();
}

uint64_t Measuring::windows() {
  const Guard guard(mutex_);
  return meter_.windows();
}

void Measuring::read_counters(uint64_t *energies) {
  const Guard guard(mutex_);
  for (size_t index = 0; index < setup_->register_count(); index++)
    energies[index] = counted(setup_->registers()[index]);
}

void Measuring::read_live(LiveValues &values) {
  const Guard guard(mutex_);
  for (size_t index = 0; index < setup_->channel_count(); index++) {
    const ChannelReading reading = reading_of(index);
    values.power[index] = nan_unless(reading.is_valid, reading.watts);
    values.current[index] = nan_unless(reading.is_valid, reading.amperes);
    values.power_factor[index] = nan_unless(reading.is_valid, reading.power_factor);
  }
  values.phase_count = 0;
  for (size_t phase = 0; phase < MAX_PHASES; phase++)
    values.voltage[phase] = std::numeric_limits<float>::quiet_NaN();
  for (size_t index = 0; index < setup_->meter().sampling.voltages; index++) {
    const size_t phase = setup_->voltage(index).phase;
    values.voltage[phase] = nan_unless(meter_.voltage(index).is_valid, meter_.voltage(index).volts);
    if (values.phase_count <= phase)
      values.phase_count = phase + 1;
  }
  values.frequency = nan_unless(meter_.frequency() > 0, meter_.frequency());
}

uint16_t Measuring::take_flags() {
  const Guard guard(mutex_);
  uint16_t flags = flags_;
  flags_ = 0;
  if ((meter_.take_faults() & DOUBTFUL) != 0)
    flags = static_cast<uint16_t>(flags | FLAG_FAULT);
  return flags;
}

size_t Measuring::waveform(size_t channel, float *samples, size_t capacity) {
  std::unique_lock<std::mutex> held(mutex_);
  if (!is_measured(channel))
    return 0;
  const size_t leg = setup_->meter().channel[channel].leg[0];
  const size_t wanted = capacity < MAX_CAPTURED ? capacity : MAX_CAPTURED;
  harmonics_.interrupt();
  if (!capture_.arm(NO_VOLTAGE, current_input(channel), static_cast<uint8_t>(setup_->inputs()), wanted))
    return 0;
  captured_.wait_for(held, std::chrono::milliseconds(100), [this] { return capture_.is_full(); });
  const CurrentCalibration calibration = calibrated(leg);
  for (size_t index = 0; index < capture_.size(); index++)
    samples[index] = static_cast<float>(capture_.current()[index] * calibration.amperes_per_count * calibration.gain);
  return capture_.size();
}

}  // namespace panel_meter
