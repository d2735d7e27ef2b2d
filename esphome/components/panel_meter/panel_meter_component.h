/// Panel Meter as a component of ESPHome: puts sampler, meter, board and link together and drives them.
#pragma once

#include "esphome/components/time/real_time_clock.h"
#include "esphome/core/automation.h"
#include "esphome/core/component.h"
#include "esphome/core/defines.h"

#ifdef USE_PANEL_METER_SENSORS
#include "esphome/components/sensor/sensor.h"
#endif

#include "board_setup.h"
#include "hal.h"
#include "http_link.h"
#include "legacy.h"
#include "link.h"
#include "measuring.h"
#include "mqtt_link.h"
#include "protocol.h"
#include "pulse_input.h"

#include <optional>
#include <string>
#include <vector>

namespace panel_meter {

/// What an ESPHome sensor shows.
enum class Quantity : uint8_t {
  POWER,
  REACTIVE_POWER,
  APPARENT_POWER,
  CURRENT,
  POWER_FACTOR,
  ENERGY_IMPORT,
  ENERGY_EXPORT,
  VOLTS,
  FREQUENCY,
  SAMPLE_RATE,
  LOST_TIME,
  UNACKNOWLEDGED,
  /// Of the current of a channel and of a voltage: all harmonics together, or a single one.
  HARMONICS,
  VOLTS_HARMONICS,
};

class PanelMeter final : public esphome::Component, public LinkEvents, public Instrument {
 public:
  PanelMeter();

  // From the generated code, before `setup`.
  void set_panel(const char *id) { id_ = id; }
  void set_name(const char *name) { name_ = name; }
  void set_model(const char *model) { model_ = model; }
  void set_base(const char *base) { base_ = base; }
  void set_intervals(uint32_t interval, uint32_t live_interval, uint32_t capacity);
  /// Older formats as well, of one channel; nullptr: not that one.
  void set_legacy(const char *panel, const char *apartment, const char *floor, size_t channel) {
    legacy_ = {panel, apartment, floor, channel, 0};
    has_legacy_ = true;
  }
  void set_clock(esphome::time::RealTimeClock *clock) { clock_ = clock; }
  void set_sampling(const SamplingSetup &sampling) { setup_.set_sampling(sampling); }
  void add_voltage(const VoltageSetup &setup) { complete_ &= setup_.add_voltage(setup); }
  void add_channel(const ChannelSetup &setup) { complete_ &= setup_.add_channel(setup); }
  void add_pulses(const ChannelSetup &channel, const PulseSetup &pulses, esphome::InternalGPIOPin *pin) {
    pulse_inputs_.emplace_back(pin, setup_.channel_count() - setup_.measured());
    complete_ &= setup_.add_pulses(channel, pulses);
  }
  void add_leg(const LegSetup &setup) { complete_ &= setup_.add_leg(setup); }
  void add_point(float amperes, float lead_degrees, float gain) {
    complete_ &= setup_.add_point(amperes, lead_degrees, gain);
  }
#ifdef USE_PANEL_METER_SENSORS
  /// `order`: of a single harmonic, 2 to 15; 0: all of them together.
  void add_view(Quantity quantity, size_t place, size_t order, esphome::sensor::Sensor *sensor) {
    views_.push_back({quantity, place, order, sensor});
  }
#endif
#if defined(USE_PANEL_METER_HTTP) || defined(USE_HOST)
  void set_http(const char *url, const char *token) { link_ = new HttpLink(url, token); }
#endif
  /// Another link than MQTT; to be called before `setup`, at a higher priority.
  void set_link(Link *link) { link_ = link; }
  esphome::Trigger<> *get_identify_trigger() { return &identify_trigger_; }

  void setup() override;
  void loop() override;
  void dump_config() override;
  void on_shutdown() override;
  /// Before the MQTT client, which must know the will when it connects.
  float get_setup_priority() const override { return esphome::setup_priority::DATA; }

  // For actions, by the id of a channel.
  void calibrate_channel(const std::string &channel, float gain);
  void calibrate_channel_to(const std::string &channel, float watts);
  void set_phase_of_channel(const std::string &channel, float degrees);
  void zero_channel(const std::string &channel);
  void find_phase_of_channel(const std::string &channel);
  void reset_channel(const std::string &channel);
  // For entities, by the place of a channel or a voltage input. False: it was refused, and the log says why.
  bool take_step(Step step, size_t channel);
  bool take_reference_power(size_t channel, float watts);
  bool take_reference_voltage(size_t voltage, float volts);

  // From the link.
  void link_up() override;
  void link_down() override;
  void link_message(const char *topic, const char *payload, size_t size) override;
  Board &link_board() override { return *board_; }
  Millis link_now() override { return now(); }

  // For the board.
  void read_counters(uint64_t *energies) override { measuring_.read_counters(energies); }
  void read_live(LiveValues &values) override;
  uint16_t take_flags() override { return measuring_.take_flags(); }
  Refusal calibrate(size_t channel, double gain) override { return measuring_.set_gain(channel, gain); }
  Refusal calibrate_to(size_t channel, double reference) override {
    return measuring_.set_gain_for(channel, reference);
  }
  Refusal zero(size_t channel) override { return measuring_.zero(channel); }
  Refusal set_phase(size_t channel, double degrees) override { return measuring_.set_lead(channel, degrees); }
  size_t waveform(size_t channel, float *samples, size_t capacity) override {
    return measuring_.waveform(channel, samples, capacity);
  }
  void identify() override;
  uint32_t random() override;
  void reboot() override;

 private:
  Millis now() const;
  void complete_config();
  void start_sampling();
  void follow_clock(Millis now);
  void watch_mains(Millis now);
  /// The place of a channel; false, and a line in the log, if there is none with this id.
  bool find_channel(const std::string &id, size_t &place) const;
  bool report(const char *what, size_t channel, Refusal refusal, const char *success = "done") const;
  /// Logs how steps that took a while have ended.
  void report_ends();
  void show(Millis now);
  void publish_legacy(Millis now);
  /// Logs a problem once.
  void complain(const char *problem);
  void fail(const char *sentence);
#ifdef USE_PANEL_METER_SENSORS
  struct View {
    Quantity quantity;
    size_t place;
    size_t order;
    esphome::sensor::Sensor *sensor;
  };
  void watch_harmonics();
  float value_of(const View &view);
  double energy_of(size_t channel, Direction direction) const;

  std::vector<View> views_;
#endif

  BoardSetup setup_;
  std::vector<PulseInput> pulse_inputs_;
  Measuring measuring_;
  PanelConfig config_{};
  std::optional<Board> board_;
  LegacyConfig legacy_{};
  bool has_legacy_{false};
  bool connected_{false};
  Millis legacy_at_{0};
  std::optional<LegacyPublisher> legacy_publisher_;
#ifdef USE_MQTT
  MqttLink mqtt_;
#endif
  Link *link_{nullptr};
  esphome::time::RealTimeClock *clock_{nullptr};
  esphome::Trigger<> identify_trigger_;

  const char *id_{nullptr};
  const char *name_{nullptr};
  const char *model_{""};
  const char *base_{""};
  char own_id_[MAX_PANEL_ID + 1]{};
  const char *problem_{nullptr};
  bool complete_{true};
  bool sampling_{false};
  bool clock_synchronised_{false};
  bool mains_lost_{false};
  /// Checkpoints because of failing mains are not written more often: flash wears, and a loose contact fails often.
  static constexpr Millis MAINS_PAUSE = 10 * SECOND;
  Millis mains_saved_at_{-MAINS_PAUSE};
  uint64_t booted_us_{0};
  uint64_t shown_windows_{0};
  Millis shown_at_{0};
};

}  // namespace panel_meter
