#include "measuring.h"

#include <cmath>

namespace panel_meter {

namespace {

/// Effective value of an input, in counts, above which a current flows for certain: no time to zero it.
constexpr double LOUD_COUNTS = 300.0;
/// Below this a reference says nothing about a gain.
constexpr double LEAST_REFERENCE_WATTS = 20.0;
constexpr double LEAST_REFERENCE_VOLTS = 50.0;
/// The bounds of the command `phase`.
constexpr double MAX_LEAD = 15.0;

}  // namespace

/// Changes the calibration of each leg of a channel, until one of them is refused: `change(calibration, place)`.
template<typename Change> Refusal Measuring::change_legs(size_t channel, Change change) {
  const ChannelConfig &config = setup_->meter().channel[channel];
  Refusal refusal = nullptr;
  for (size_t place = 0; place < config.legs && refusal == nullptr; place++) {
    InputCalibration calibration = store_.of(gpio_of_leg(config.leg[place]));
    change(calibration, place);
    refusal = keep(config.leg[place], calibration);
  }
  return refusal;
}

bool Measuring::is_loud(size_t channel) const {
  const ChannelConfig &config = setup_->meter().channel[channel];
  for (size_t leg = 0; leg < config.legs; leg++) {
    if (meter_.leg(config.leg[leg]).variance_counts > LOUD_COUNTS * LOUD_COUNTS)
      return true;
  }
  return false;
}

void Measuring::zero_step() {
  if (!is_measured(zero_channel_))
    return;
  const size_t channel = zero_channel_;
  const ChannelConfig &config = setup_->meter().channel[channel];
  for (size_t leg = 0; leg < config.legs; leg++) {
    const LegReading &reading = meter_.leg(config.leg[leg]);
    // What was taken off before is part of what is measured now.
    zero_[leg].add(reading.variance_counts, reading.measured.watts);
  }
  const bool is_disturbed = is_loud(channel);
  if (zero_[0].windows() < ZERO_WINDOWS && !is_disturbed)
    return;
  zero_channel_ = MAX_MEASURED_CHANNELS;
  end(Step::ZERO, channel, is_disturbed ? "load" : keep_zero(channel));
}

Refusal Measuring::keep_zero(size_t channel) {
  const Refusal refusal = change_legs(channel, [this](InputCalibration &calibration, size_t place) {
    calibration.noise_counts = zero_[place].noise_counts();
    calibration.zero_watts = zero_[place].zero_watts();
  });
  unsettle(channel);
  return refusal;
}

void Measuring::lead_step() {
  if (!is_measured(lead_channel_))
    return;
  const size_t channel = lead_channel_;
  const ChannelConfig &config = setup_->meter().channel[channel];
  for (size_t leg = 0; leg < config.legs; leg++) {
    lead_[leg].watts += meter_.leg(config.leg[leg]).measured.watts / LEAD_WINDOWS;
    lead_[leg].vars += meter_.leg(config.leg[leg]).measured.vars / LEAD_WINDOWS;
  }
  if (++lead_windows_ < LEAD_WINDOWS)
    return;
  lead_channel_ = MAX_MEASURED_CHANNELS;
  end(Step::PHASE, channel, keep_lead(channel));
}

Refusal Measuring::keep_lead(size_t channel) {
  const ChannelConfig &config = setup_->meter().channel[channel];
  Refusal refusal = "load";
  for (size_t leg = 0; leg < config.legs; leg++) {
    Power power = lead_[leg];
    // The heater may run on one phase of several.
    if (std::fabs(power.watts) < LEAST_REFERENCE_WATTS)
      continue;
    // A transformer that is clipped on backwards turns both by half a turn.
    if (power.watts < 0)
      power = {-power.watts, -power.vars};
    double lead = 0;
    if (!lead_of_resistive_load(power, &lead) || std::fabs(lead) > MAX_LEAD) {
      refusal = "phase";
      break;
    }
    InputCalibration calibration = store_.of(gpio_of_leg(config.leg[leg]));
    calibration.has_lead = true;
    calibration.lead_degrees = lead;
    refusal = keep(config.leg[leg], calibration);
    if (refusal != nullptr)
      break;
  }
  unsettle(channel);
  return refusal;
}

bool Measuring::take_end(Step step, size_t &channel, Refusal &refusal) {
  const Guard guard(mutex_);
  End &end = ends_[static_cast<size_t>(step)];
  if (!end.is_news)
    return false;
  end.is_news = false;
  channel = end.channel;
  refusal = end.refusal;
  return true;
}

Refusal Measuring::keep(size_t leg, const InputCalibration &calibration) {
  const InputCalibration before = store_.of(gpio_of_leg(leg));
  if (!store_.set(calibration))
    return "range";
  if (!meter_.set_calibration(leg, calibrated(leg))) {
    store_.set(before);
    return "range";
  }
  changed();
  return nullptr;
}

void Measuring::changed() {
  flags_ = static_cast<uint16_t>(flags_ | FLAG_CALIBRATION);
  save_due_ = true;
}

bool Measuring::save_if_due() {
  const Guard guard(mutex_);
  if (!save_due_)
    return true;
  save_due_ = false;
  return store_.save();
}

double Measuring::mean_watts(size_t channel) const {
  double sum = 0;
  for (const double watts : watts_[channel])
    sum += watts;
  return sum / REMEMBERED;
}

Refusal Measuring::scale(size_t channel, double factor) {
  const ChannelConfig &config = setup_->meter().channel[channel];
  for (size_t leg = 0; leg < config.legs; leg++) {
    const double gain = store_.of(gpio_of_leg(config.leg[leg])).gain * factor;
    if (!(gain >= MIN_GAIN && gain <= MAX_GAIN))
      return "range";
  }
  const Refusal refusal =
      change_legs(channel, [factor](InputCalibration &calibration, size_t) { calibration.gain *= factor; });
  // What is remembered was measured with the gain before.
  for (double &watts : watts_[channel])
    watts *= factor;
  return refusal;
}

Refusal Measuring::set_gain(size_t channel, double gain) {
  const Guard guard(mutex_);
  if (!is_measured(channel))
    return "channel";
  if (!(gain >= MIN_GAIN && gain <= MAX_GAIN))
    return "range";
  const Refusal refusal =
      change_legs(channel, [gain](InputCalibration &calibration, size_t) { calibration.gain = gain; });
  unsettle(channel);
  return refusal;
}

Refusal Measuring::set_gain_for(size_t channel, double reference_watts) {
  const Guard guard(mutex_);
  if (!is_measured(channel))
    return "channel";
  if (!is_settled(channel))
    return "settling";
  const double measured = std::fabs(mean_watts(channel));
  const double reference = std::fabs(reference_watts);
  if (!(reference >= LEAST_REFERENCE_WATTS))
    return "range";
  return measured > 0 ? scale(channel, reference / measured) : "range";
}

Refusal Measuring::set_voltage_gain_for(size_t voltage, double reference_volts) {
  const Guard guard(mutex_);
  if (meter_.windows() < REMEMBERED)
    return "settling";
  double measured = 0;
  for (const double volts : volts_[voltage])
    measured += volts / REMEMBERED;
  if (!(reference_volts >= LEAST_REFERENCE_VOLTS) || !(measured > 0))
    return "range";
  const InputCalibration before = store_.of(setup_->voltage(voltage).gpio);
  InputCalibration calibration = before;
  calibration.gain *= reference_volts / measured;
  if (!(calibration.gain >= MIN_GAIN && calibration.gain <= MAX_GAIN) || !store_.set(calibration))
    return "range";
  if (!meter_.set_voltage_calibration(voltage, calibrated_voltage(voltage))) {
    store_.set(before);
    return "range";
  }
  for (double &volts : volts_[voltage])
    volts *= reference_volts / measured;
  // Every power was measured with the other volts.
  for (size_t channel = 0; channel < setup_->measured(); channel++)
    unsettle(channel);
  changed();
  return nullptr;
}

Refusal Measuring::set_lead(size_t channel, double degrees) {
  const Guard guard(mutex_);
  if (!is_measured(channel))
    return "channel";
  if (!(std::fabs(degrees) <= MAX_LEAD))
    return "range";
  const Refusal refusal = change_legs(channel, [degrees](InputCalibration &calibration, size_t) {
    calibration.has_lead = true;
    calibration.lead_degrees = degrees;
  });
  unsettle(channel);
  return refusal;
}

Refusal Measuring::find_lead(size_t channel) {
  const Guard guard(mutex_);
  if (!is_measured(channel))
    return "channel";
  if (setup_->meter().sampling.voltages == 0)
    return "voltage";
  if (!(std::fabs(mean_watts(channel)) >= LEAST_REFERENCE_WATTS))
    return "load";
  lead_channel_ = channel;
  lead_windows_ = 0;
  for (Power &power : lead_)
    power = {};
  return nullptr;
}

Refusal Measuring::zero(size_t channel) {
  const Guard guard(mutex_);
  if (!is_measured(channel))
    return "channel";
  if (is_loud(channel))
    return "load";
  zero_channel_ = channel;
  for (ZeroCalibration &zero : zero_)
    zero = {};
  return nullptr;
}

Refusal Measuring::reset(size_t channel) {
  const Guard guard(mutex_);
  if (!is_measured(channel))
    return "channel";
  const Refusal refusal = change_legs(channel, [](InputCalibration &calibration, size_t) {
    calibration = {calibration.gpio, 1.0, false, 0, 0, 0};
  });
  unsettle(channel);
  return refusal;
}

}  // namespace panel_meter
