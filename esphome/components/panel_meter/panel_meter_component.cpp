#include "panel_meter_component.h"

#include "esphome/core/application.h"
#include "esphome/core/helpers.h"
#include "esphome/core/log.h"
#include "esphome/core/version.h"

#include <cctype>
#include <cinttypes>

namespace panel_meter {

namespace {

using esphome::LogString;

const char *const TAG = "panel_meter";

#ifdef ESPHOME_PROJECT_VERSION
constexpr const char *FIRMWARE = ESPHOME_PROJECT_VERSION;
#else
constexpr const char *FIRMWARE = ESPHOME_VERSION;
#endif

/// What a refusal of the instrument means to a person.
const char *sentence_of(Refusal refusal) {
  const std::string code = refusal;
  if (code == "range")
    return "the value is out of range, or there is too little load to compare it with";
  if (code == "load")
    return "the load does not fit: for a zero nothing may flow, for a phase a heater must run";
  if (code == "phase")
    return "voltage and current are more than 15 degrees apart: the load is no heater, or the transformer is on another "
           "phase than the YAML says";
  if (code == "settling")
    return "it is less than eight seconds since the last change or the start; try again in a moment";
  if (code == "voltage")
    return "there is no voltage input to compare the phase with";
  if (code == "channel")
    return "this channel is counted by pulses, and the other meter is right or wrong by itself";
  return refusal;
}

/// The name of the device as the id of a panel: small letters, digits and hyphens.
void id_from_name(const char *name, char *out) {
  size_t length = 0;
  for (; *name != '\0' && length < MAX_PANEL_ID; name++) {
    const auto letter = static_cast<unsigned char>(*name);
    const bool fits = std::isalnum(letter) != 0;
    if (fits || length > 0)
      out[length++] = fits ? static_cast<char>(std::tolower(letter)) : '-';
  }
  out[length] = '\0';
}

}  // namespace

PanelMeter::PanelMeter() : measuring_(platform_storage()) {}

void PanelMeter::set_intervals(uint32_t interval, uint32_t live_interval, uint32_t capacity) {
  config_.interval = interval;
  config_.live_interval = live_interval;
  config_.capacity = capacity;
}

Millis PanelMeter::now() const { return static_cast<Millis>((steady_us() - booted_us_) / 1000); }

void PanelMeter::complete_config() {
  id_from_name(esphome::App.get_name().c_str(), own_id_);
  config_.base = base_;
  config_.id = id_ != nullptr ? id_ : own_id_;
  const char *friendly = esphome::App.get_friendly_name().c_str();
  config_.name = name_ != nullptr ? name_ : (*friendly != '\0' ? friendly : config_.id);
  config_.model = model_;
  config_.firmware = FIRMWARE;
  config_.channels = setup_.channels();
  config_.channel_count = setup_.channel_count();
  config_.registers = setup_.registers();
  config_.register_count = setup_.register_count();
  config_.rows_per_block = rows_per_block(config_.register_count);
  config_.capacity = possible_capacity(config_.capacity, config_.register_count);
  config_.nominal_voltage = static_cast<uint16_t>(setup_.sampling().nominal_voltage);
  config_.always = is_simulated() ? FLAG_SIMULATED : 0;
}

void PanelMeter::fail(const char *sentence) {
  problem_ = sentence;
  ESP_LOGE(TAG, "%s", sentence);
  this->mark_failed();
}

void PanelMeter::setup() {
  booted_us_ = steady_us();
  complete_config();
#ifdef USE_MQTT
  if (link_ == nullptr)
    link_ = &mqtt_;
#endif
  if (!complete_ || !measuring_.configure(setup_))
    return fail("The inputs of this board cannot be measured as the YAML says.");
  if (measuring_.unfit_calibrations() > 0)
    ESP_LOGW(TAG, "The calibration of %u inputs does not fit what the YAML says now and is not used: calibrate them again.",
             static_cast<unsigned>(measuring_.unfit_calibrations()));
#ifdef USE_PANEL_METER_SENSORS
  watch_harmonics();
#endif
  for (PulseInput &input : pulse_inputs_)
    input.setup();
  if (const char *problem = problem_of(config_))
    return fail(problem);
  if (link_ == nullptr)
    return fail("There is nothing that carries the messages of this board.");
  board_.emplace(config_, platform_storage(), *link_, *this);
  if (has_legacy_) {
    while (config_.registers[legacy_.reg].channel != legacy_.channel)
      legacy_.reg++;
    legacy_publisher_.emplace(legacy_, *link_);
  }
  link_->begin(config_.id, board_->status_topic(), *this);
  board_->begin(now());
  if (clock_ != nullptr)
    clock_->add_on_time_sync_callback([this]() { clock_synchronised_ = true; });
}

void PanelMeter::start_sampling() {
  // Not in `setup`: on some chips the converter stops when Wi-Fi starts after it.
  sampling_ = true;
  if (const char *problem = platform_sampler().start(setup_, measuring_)) {
    problem_ = problem;
    ESP_LOGE(TAG, "%s", problem);
    this->status_set_error(LOG_STR("The converter does not run."));
  }
}

void PanelMeter::loop() {
  if (!sampling_)
    start_sampling();
  const Millis time = now();
  follow_clock(time);
  measuring_.set_time(steady_us());
  measuring_.step_harmonics();
  for (PulseInput &input : pulse_inputs_)
    input.loop(measuring_);
  link_->step();
  complain(link_->problem());
  board_->step(time);
  watch_mains(time);
  report_ends();
  if (!measuring_.save_if_due())
    ESP_LOGW(TAG, "The calibration could not be written to flash; it is lost at the next restart.");
  show(time);
  publish_legacy(time);
}

void PanelMeter::complain(const char *problem) {
  if (problem != nullptr && problem_ != problem)
    ESP_LOGE(TAG, "%s", problem);
  if (problem != nullptr)
    problem_ = problem;
}

void PanelMeter::publish_legacy(Millis now) {
  if (!legacy_publisher_.has_value() || !connected_ || now < legacy_at_)
    return;
  legacy_at_ = now + SECOND;
  LiveValues values{};
  read_live(values);
  if (values.phase_count == 0) {
    // The older formats always name a voltage.
    values.phase_count = 1;
    values.voltage[0] = setup_.sampling().nominal_voltage;
  }
  legacy_publisher_->step(now, values, board_->energies());
}

void PanelMeter::follow_clock(Millis now) {
  if (clock_ == nullptr)
    return;
  // A clock that was right before this component began to listen has nothing more to say.
  const bool late = board_->time(now) == 0 && clock_->utcnow().is_valid();
  if (!clock_synchronised_ && !late)
    return;
  clock_synchronised_ = false;
  board_->set_clock(now, utc_ms());
}

void PanelMeter::watch_mains(Millis now) {
  const bool lost = measuring_.is_mains_lost();
  if (lost && !mains_lost_ && now - mains_saved_at_ >= MAINS_PAUSE) {
    mains_saved_at_ = now;
    // The supply holds for some ten milliseconds more.
    if (board_->checkpoint(now))
      ESP_LOGW(TAG, "The mains are gone; the registers were saved.");
    else
      ESP_LOGW(TAG, "The mains are gone, and the registers could not be written to flash.");
  }
  mains_lost_ = lost;
}

void PanelMeter::on_shutdown() {
  if (board_.has_value())
    board_->shut_down(now());
}

void PanelMeter::link_up() {
  ESP_LOGD(TAG, "Connected.");
  connected_ = true;
  board_->connected(now());
}

void PanelMeter::link_down() {
  ESP_LOGD(TAG, "Disconnected; measuring goes on.");
  connected_ = false;
  board_->disconnected(now());
}

void PanelMeter::link_message(const char *topic, const char *payload, size_t size) {
  board_->on_message(topic, payload, size, now());
}

void PanelMeter::read_live(LiveValues &values) {
  measuring_.read_live(values);
  values.temperature = NAN;
}

void PanelMeter::identify() {
  ESP_LOGI(TAG, "This is the board that somebody is looking for.");
  identify_trigger_.trigger();
}

uint32_t PanelMeter::random() {
  const uint32_t number = esphome::random_uint32();
  return number != 0 ? number : 1;
}

void PanelMeter::reboot() { esphome::App.safe_reboot(); }

bool PanelMeter::find_channel(const std::string &id, size_t &place) const {
  for (place = 0; place < setup_.channel_count(); place++) {
    if (id == setup_.channels()[place].id)
      return true;
  }
  ESP_LOGW(TAG, "There is no channel '%s'.", id.c_str());
  return false;
}

bool PanelMeter::report(const char *what, size_t channel, Refusal refusal, const char *success) const {
  const char *id = setup_.channels()[channel].id;
  if (refusal == nullptr) {
    ESP_LOGI(TAG, "%s of '%s': %s.", what, id, success);
    return true;
  }
  ESP_LOGW(TAG, "%s of '%s' was refused: %s.", what, id, sentence_of(refusal));
  return false;
}

void PanelMeter::report_ends() {
  size_t channel = 0;
  Refusal refusal = nullptr;
  if (measuring_.take_end(Step::ZERO, channel, refusal))
    report("Zero", channel, refusal);
  if (measuring_.take_end(Step::PHASE, channel, refusal))
    report("Phase", channel, refusal);
}

void PanelMeter::calibrate_channel(const std::string &channel, float gain) {
  size_t place = 0;
  if (find_channel(channel, place))
    report("Gain", place, calibrate(place, static_cast<double>(gain)));
}

void PanelMeter::calibrate_channel_to(const std::string &channel, float watts) {
  size_t place = 0;
  if (find_channel(channel, place))
    take_reference_power(place, watts);
}

void PanelMeter::set_phase_of_channel(const std::string &channel, float degrees) {
  size_t place = 0;
  if (find_channel(channel, place))
    report("Phase", place, set_phase(place, static_cast<double>(degrees)));
}

void PanelMeter::zero_channel(const std::string &channel) {
  size_t place = 0;
  if (find_channel(channel, place))
    take_step(Step::ZERO, place);
}

void PanelMeter::find_phase_of_channel(const std::string &channel) {
  size_t place = 0;
  if (find_channel(channel, place))
    take_step(Step::PHASE, place);
}

void PanelMeter::reset_channel(const std::string &channel) {
  size_t place = 0;
  if (find_channel(channel, place))
    take_step(Step::RESET, place);
}

bool PanelMeter::take_step(Step step, size_t channel) {
  switch (step) {
    case Step::ZERO:
      return report("Zero", channel, measuring_.zero(channel), "begun, half a minute to go");
    case Step::PHASE:
      return report("Phase", channel, measuring_.find_lead(channel), "begun, ten seconds to go");
    case Step::RESET:
      return report("Reset", channel, measuring_.reset(channel));
  }
  return false;
}

bool PanelMeter::take_reference_power(size_t channel, float watts) {
  return report("Gain", channel, calibrate_to(channel, static_cast<double>(watts)));
}

bool PanelMeter::take_reference_voltage(size_t voltage, float volts) {
  const Refusal refusal = measuring_.set_voltage_gain_for(voltage, static_cast<double>(volts));
  if (refusal != nullptr)
    ESP_LOGW(TAG, "Voltage '%s' was refused: %s.", setup_.voltage(voltage).id, sentence_of(refusal));
  return refusal == nullptr;
}

void PanelMeter::show(Millis now) {
#ifdef USE_PANEL_METER_SENSORS
  const uint64_t windows = measuring_.windows();
  if (windows == shown_windows_ || now - shown_at_ < static_cast<Millis>(board_->live_interval()) * SECOND)
    return;
  shown_windows_ = windows;
  shown_at_ = now;
  for (const View &view : views_)
    view.sensor->publish_state(value_of(view));
#endif
}

#ifdef USE_PANEL_METER_SENSORS
double PanelMeter::energy_of(size_t channel, Direction direction) const {
  for (size_t index = 0; index < setup_.register_count(); index++) {
    const RegisterInfo &info = setup_.registers()[index];
    if (info.channel == channel && info.direction == direction)
      return static_cast<double>(board_->energies()[index]) / 1e6;
  }
  return 0;
}

void PanelMeter::watch_harmonics() {
  for (const View &view : views_) {
    if (view.quantity == Quantity::HARMONICS)
      measuring_.watch_harmonics_of_channel(view.place);
    else if (view.quantity == Quantity::VOLTS_HARMONICS)
      measuring_.watch_harmonics_of_voltage(view.place);
  }
}

float PanelMeter::value_of(const View &view) {
  const auto percent = [&view](bool valid, const Distortion &found) {
    const double part = view.order == 0 ? found.total : found.part[view.order];
    return valid && found.is_valid ? static_cast<float>(100 * part) : NAN;
  };
  const auto shown = [&view, this](double ChannelReading::*value) {
    const ChannelReading reading = measuring_.channel(view.place);
    return reading.is_valid ? static_cast<float>(reading.*value) : NAN;
  };
  switch (view.quantity) {
    case Quantity::POWER:
      return shown(&ChannelReading::watts);
    case Quantity::REACTIVE_POWER:
      return shown(&ChannelReading::vars);
    case Quantity::APPARENT_POWER:
      return shown(&ChannelReading::volt_amperes);
    case Quantity::CURRENT:
      return shown(&ChannelReading::amperes);
    case Quantity::POWER_FACTOR:
      return shown(&ChannelReading::power_factor);
    case Quantity::ENERGY_IMPORT:
      return static_cast<float>(energy_of(view.place, Direction::IMPORT));
    case Quantity::ENERGY_EXPORT:
      return static_cast<float>(energy_of(view.place, Direction::EXPORT));
    case Quantity::VOLTS: {
      const VoltageReading reading = measuring_.voltage(view.place);
      return reading.is_valid ? static_cast<float>(reading.volts) : NAN;
    }
    case Quantity::FREQUENCY:
      return measuring_.frequency() > 0 ? static_cast<float>(measuring_.frequency()) : NAN;
    case Quantity::SAMPLE_RATE:
      return static_cast<float>(measuring_.scan_rate());
    case Quantity::LOST_TIME:
      return static_cast<float>(measuring_.uncounted_seconds());
    case Quantity::UNACKNOWLEDGED:
      return static_cast<float>(board_->unacknowledged());
    case Quantity::HARMONICS:
      return percent(measuring_.channel(view.place).is_valid, measuring_.distortion_of_channel(view.place));
    case Quantity::VOLTS_HARMONICS:
      return percent(measuring_.voltage(view.place).is_valid, measuring_.distortion_of_voltage(view.place));
  }
  return NAN;
}
#endif

void PanelMeter::dump_config() {
  ESP_LOGCONFIG(TAG, "Panel Meter '%s' (%s, %s)", config_.id, model_, FIRMWARE);
  if (problem_ != nullptr)
    ESP_LOGCONFIG(TAG, "  %s", problem_);
  ESP_LOGCONFIG(TAG, "  %u inputs, %.0f scans a second expected, %.0f measured", static_cast<unsigned>(setup_.inputs()),
                setup_.scan_rate(), measuring_.scan_rate());
  ESP_LOGCONFIG(TAG, "  converter started anew %" PRIu32 " times, %" PRIu32 " conversions lost", platform_sampler().restarts(),
                platform_sampler().lost());
  ESP_LOGCONFIG(TAG, "  a record every %" PRIu32 " s, room for %" PRIu32 " of them", config_.interval, config_.capacity);
  for (size_t index = 0; index < setup_.channel_count(); index++) {
    const ChannelInfo &channel = setup_.channels()[index];
    ESP_LOGCONFIG(TAG, "  channel '%s' (%s)", channel.id, channel.name);
  }
}

}  // namespace panel_meter
