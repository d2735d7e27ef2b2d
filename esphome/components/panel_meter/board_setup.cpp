#include "board_setup.h"

#include "adc_table.h"
#include "record.h"

namespace panel_meter {

namespace {

/// Larger blocks mean fewer of them, but each new row writes its whole block anew.
constexpr size_t BLOCK_BYTES = 1024;
/// The ring may take so much of the flash that settings have, which is 448 KiB and needs spare room to wear evenly.
constexpr size_t RING_BYTES = 256 * 1024;

int16_t counts_of(int16_t millivolts, int16_t bias) {
  return static_cast<int16_t>((millivolts - bias) * COUNTS_PER_MILLIVOLT);
}

constexpr double VOLTS_PER_COUNT = 0.001 / COUNTS_PER_MILLIVOLT;

}  // namespace

uint8_t rows_per_block(size_t registers) {
  const size_t rows = BLOCK_BYTES / record_size(registers);
  return static_cast<uint8_t>(rows == 0 ? 1 : rows);
}

uint32_t possible_capacity(uint32_t wanted, size_t registers) {
  const uint32_t block = rows_per_block(registers);
  const auto most = static_cast<uint32_t>(RING_BYTES / record_size(registers));
  const uint32_t rows = wanted < most ? wanted : most;
  return rows < block ? block : rows / block * block;
}

bool BoardSetup::add_voltage(const VoltageSetup &setup) {
  if (voltages_ == MAX_VOLTAGES || channels_ > 0)
    return false;
  voltage_[voltages_] = setup;
  VoltageCalibration &calibration = meter_.voltage[voltages_];
  calibration.volts_per_count = static_cast<double>(setup.volts_per_volt) * VOLTS_PER_COUNT;
  calibration.gain = static_cast<double>(setup.gain);
  calibration.lead_degrees = static_cast<double>(setup.lead_degrees);
  voltages_++;
  return true;
}

bool BoardSetup::add_info(const ChannelSetup &setup) {
  if (channels_ == MAX_MEASURED_CHANNELS)
    return false;
  const size_t index = channels_++;
  channel_[index] = {setup.id, setup.name, setup.role, setup.phase, setup.rating, setup.slot, setup.poles, setup.parent};
  return add_register(index, Direction::IMPORT) && (!setup.both_ways || add_register(index, Direction::EXPORT));
}

bool BoardSetup::add_pulses(const ChannelSetup &channel, const PulseSetup &setup) {
  const size_t index = channels_ - measured();
  if (index == MAX_PULSE_CHANNELS || !add_info(channel))
    return false;
  pulses_[index] = setup;
  return true;
}

bool BoardSetup::add_channel(const ChannelSetup &setup) {
  if (channels_ != measured() || !add_info(setup))
    return false;
  ChannelConfig &config = meter_.channel[channels_ - 1];
  config.flow = setup.both_ways ? Flow::BOTH : Flow::ONE_WAY;
  config.netting = setup.each_leg ? Netting::EACH_LEG : Netting::SUM;
  config.multiplier = static_cast<double>(setup.multiplier);
  config.creep_watts = static_cast<double>(setup.creep_watts);
  config.assumed_power_factor = static_cast<double>(setup.assumed_power_factor);
  meter_.channels = static_cast<uint8_t>(channels_);
  return true;
}

bool BoardSetup::add_register(size_t channel, Direction direction) {
  if (registers_ == MAX_REGISTERS)
    return false;
  register_[registers_++] = {static_cast<uint8_t>(channel), direction};
  return true;
}

bool BoardSetup::add_leg(const LegSetup &setup) {
  if (channels_ == 0 || channels_ != measured() || legs_ == MAX_LEGS || inputs() == MAX_INPUTS)
    return false;
  ChannelConfig &config = meter_.channel[channels_ - 1];
  if (config.legs == MAX_LEGS_OF_CHANNEL)
    return false;
  config.leg[config.legs++] = static_cast<uint8_t>(legs_);
  leg_[legs_] = setup;
  CurrentCalibration &calibration = meter_.current[legs_];
  calibration.amperes_per_count = static_cast<double>(setup.amperes_per_volt) * VOLTS_PER_COUNT;
  calibration.gain = static_cast<double>(setup.gain);
  calibration.table_frequency = static_cast<double>(sampling_.table_frequency);
  LegWiring &wiring = meter_.sampling.leg[legs_];
  wiring.current = static_cast<uint8_t>(inputs());
  wiring.voltage = setup.voltage;
  wiring.shift_degrees = static_cast<double>(setup.shift_degrees);
  legs_++;
  set_sampling(sampling_);
  return true;
}

bool BoardSetup::add_point(float amperes, float lead_degrees, float gain) {
  if (legs_ == 0)
    return false;
  CurrentCalibration &calibration = meter_.current[legs_ - 1];
  if (calibration.points == MAX_CURRENT_POINTS)
    return false;
  calibration.point[calibration.points++] = {static_cast<double>(amperes), static_cast<double>(lead_degrees),
                                             static_cast<double>(gain)};
  return true;
}

void BoardSetup::set_sampling(const SamplingSetup &setup) {
  sampling_ = setup;
  AccumulatorConfig &sampling = meter_.sampling;
  sampling.set_defaults(static_cast<uint8_t>(inputs()), static_cast<uint8_t>(voltages_));
  sampling.legs = static_cast<uint8_t>(legs_);
  sampling.nominal_frequency = static_cast<double>(setup.frequency);
  if (inputs() > 0)
    sampling.nominal_rate = scan_rate();
  for (size_t input = 0; input < inputs(); input++) {
    sampling.lowest[input] = counts_of(setup.lowest_millivolts, setup.bias_millivolts);
    sampling.highest[input] = counts_of(setup.highest_millivolts, setup.bias_millivolts);
  }
  meter_.nominal_voltage = static_cast<double>(setup.nominal_voltage);
}

double BoardSetup::scan_rate() const {
  return sampling_.rate * static_cast<double>(sampling_.real_share) / static_cast<double>(inputs());
}

uint8_t BoardSetup::gpio(size_t input) const {
  return input < voltages_ ? voltage_[input].gpio : leg_[input - voltages_].gpio;
}

}  // namespace panel_meter
