/// What the YAML says about a board, and the configurations of both halves of the core that follow from it.
#pragma once

#include "meter.h"
#include "types.h"

namespace panel_meter {

/// A voltage input.
struct VoltageSetup {
  const char *id;
  uint8_t gpio;
  /// 0 for L1, 1 for L2, 2 for L3.
  uint8_t phase;
  /// By how much that phase lags L1.
  float lag_degrees;
  /// Volts of the mains for one volt at the pin.
  float volts_per_volt;
  float gain;
  float lead_degrees;
};

/// A current transformer and the voltage that drives it. The load is what flows on the host platform.
struct LegSetup {
  uint8_t gpio;
  /// Index of a voltage input, or NO_VOLTAGE.
  uint8_t voltage;
  /// By how much the wanted phase lags that input.
  float shift_degrees;
  /// Amperes of the wire for one volt at the pin; negative: clipped on backwards.
  float amperes_per_volt;
  float gain;
  float load_amperes;
  float load_power_factor;
  /// The load is on and off in turn for so long; 0: always on.
  uint32_t load_on_seconds;
  uint32_t load_off_seconds;
};

struct ChannelSetup {
  const char *id;
  const char *name;
  Role role;
  Phase phase;
  float rating;
  uint8_t slot;
  uint8_t poles;
  const char *parent;
  bool both_ways;
  bool each_leg;
  float multiplier;
  float creep_watts;
  float assumed_power_factor;
};

/// A channel that another meter counts, by pulses.
struct PulseSetup {
  uint32_t pulses_per_kwh;
  /// Pulses closer together than this are bouncing.
  uint32_t least_us;
};

constexpr size_t MAX_PULSE_CHANNELS = 4;

struct SamplingSetup {
  /// Conversions a second that are asked for, of all inputs together, and what part of them the chip delivers.
  uint32_t rate;
  float real_share;
  /// At the pin.
  int16_t bias_millivolts;
  int16_t lowest_millivolts;
  int16_t highest_millivolts;
  /// Of the mains, and of the tables of the transformers; Hz.
  float frequency;
  float table_frequency;
  float nominal_voltage;
};

/// Collects the setup in the order of the YAML: voltages, then every channel with its legs and their points.
class BoardSetup {
 public:
  /// False, and nothing is added, if there is no more room or the order is wrong.
  bool add_voltage(const VoltageSetup &setup);
  bool add_channel(const ChannelSetup &setup);
  /// A channel without legs; behind all that are measured.
  bool add_pulses(const ChannelSetup &channel, const PulseSetup &setup);
  bool add_leg(const LegSetup &setup);
  bool add_point(float amperes, float lead_degrees, float gain);
  void set_sampling(const SamplingSetup &setup);

  size_t inputs() const { return voltages_ + legs_; }
  /// Scans a second that are expected.
  double scan_rate() const;
  /// Pins in the order of a scan.
  uint8_t gpio(size_t input) const;
  const SamplingSetup &sampling() const { return sampling_; }
  const VoltageSetup &voltage(size_t index) const { return voltage_[index]; }
  const LegSetup &leg(size_t index) const { return leg_[index]; }
  const MeterConfig &meter() const { return meter_; }
  /// Channels that are measured; those behind them are counted by pulses.
  size_t measured() const { return meter_.channels; }
  const PulseSetup &pulses(size_t index) const { return pulses_[index]; }

  const ChannelInfo *channels() const { return channel_; }
  size_t channel_count() const { return channels_; }
  const RegisterInfo *registers() const { return register_; }
  size_t register_count() const { return registers_; }

 private:
  bool add_info(const ChannelSetup &setup);
  bool add_register(size_t channel, Direction direction);

  SamplingSetup sampling_{};
  size_t voltages_{0};
  VoltageSetup voltage_[MAX_VOLTAGES]{};
  size_t legs_{0};
  LegSetup leg_[MAX_LEGS]{};
  size_t channels_{0};
  ChannelInfo channel_[MAX_MEASURED_CHANNELS]{};
  PulseSetup pulses_[MAX_PULSE_CHANNELS]{};
  size_t registers_{0};
  RegisterInfo register_[MAX_REGISTERS]{};
  MeterConfig meter_{};
};

/// Rows that are stored together as one block, and how many rows a ring may hold so that flash has room for it.
uint8_t rows_per_block(size_t registers);
uint32_t possible_capacity(uint32_t wanted, size_t registers);

}  // namespace panel_meter
