#pragma once

#include <cstddef>
#include <cstdint>

#include "accumulator.h"
#include "calibration.h"
#include "energy.h"
#include "measure_types.h"

namespace panel_meter {

/// What the two registers of a channel count.
enum class Flow : uint8_t {
  /// Power may flow both ways: import and export.
  BOTH,
  /// Power flows one way only, and it does not matter which way round the transformer is clipped on.
  ONE_WAY,
};

/// How the legs of one channel are counted.
enum class Netting : uint8_t {
  /// The powers of the legs are added before import is told from export, as electricity meters of many countries do.
  SUM,
  /// Every leg is told apart by itself.
  EACH_LEG,
};

/// One circuit, or the mains.
struct ChannelConfig {
  uint8_t legs{0};
  /// Indices into the legs of the accumulator.
  uint8_t leg[MAX_LEGS_OF_CHANNEL]{};
  Flow flow{Flow::BOTH};
  Netting netting{Netting::SUM};
  /// Conductors that one transformer stands for: 2 for a balanced 240 V circuit with one transformer.
  double multiplier{1.0};
  /// Without a current, a power below this is no load, in W.
  double creep_watts{1.0};
  /// Assumed where no voltage is measured.
  double assumed_power_factor{1.0};
};

struct MeterConfig {
  AccumulatorConfig sampling{};
  VoltageCalibration voltage[MAX_VOLTAGES]{};
  /// One for each leg.
  CurrentCalibration current[MAX_LEGS]{};
  uint8_t channels{0};
  ChannelConfig channel[MAX_MEASURED_CHANNELS]{};
  /// Volts where none are measured.
  double nominal_voltage{230.0};
  /// Largest distance of the mean of an input from 0 that is no fault, in counts.
  double most_bias_counts{4000.0};
};

/// One voltage over the last window.
struct VoltageReading {
  /// Effective value in V; meaningless if not valid.
  double volts{0.0};
  bool is_valid{false};
  uint32_t faults{FAULT_NONE};
};

/// One leg over the last window, for calibration.
struct LegReading {
  /// After the gains and before the phase correction; W and var.
  Power measured{};
  /// After all corrections.
  Power power{};
  double volts{0.0};
  double amperes{0.0};
  /// The square of the current less its noise, which may be negative, in A^2.
  double square_amperes{0.0};
  /// Lead that was taken back, in degrees.
  double lead_degrees{0.0};
  /// Variance of the current input in square counts, noise included.
  double variance_counts{0.0};
  uint32_t faults{FAULT_NONE};
};

/// One channel over the last window.
struct ChannelReading {
  double watts{0.0};
  double vars{0.0};
  double volt_amperes{0.0};
  /// Mean over the conductors of the channel.
  double amperes{0.0};
  /// -1 to 1; 0 without a load.
  double power_factor{0.0};
  uint32_t faults{FAULT_NONE};
  bool is_valid{false};
};

/// Turns scans into powers, once a second, and into energy that never loses anything.
///
/// Import and export are told apart by the net power of each window, about one second. Not thread-safe: the task that
/// pushes scans owns the meter; others get copies under a lock of that task.
class Meter {
 public:
  /// Time without scans that is bridged with the power around it, in microseconds.
  static constexpr uint32_t MAX_BRIDGED_US = 2000000;

  /// Begins anew. Returns false, and leaves the meter as it was, if the configuration is impossible. It must not be the
  /// one that `config()` returns.
  bool configure(const MeterConfig &config);

  /// One scan, see Accumulator. True when a second is complete and all readings are new.
  bool push(const int16_t *scan, uint32_t missing = 0);

  /// Several scans in a row; returns how many windows they completed.
  uint32_t push_all(const int16_t *scans, size_t count);

  /// Scans were lost before the next one.
  void gap(uint32_t microseconds);

  /// The measured scans in a second; ignored if it is implausible.
  void set_rate(double scans_per_second);

  /// A new calibration takes effect with the window that ends next. False if it is implausible.
  bool set_calibration(size_t leg, const CurrentCalibration &calibration);
  bool set_voltage_calibration(size_t voltage, const VoltageCalibration &calibration);

  const ChannelReading &channel(size_t index) const { return channel_readings_[index]; }
  const VoltageReading &voltage(size_t index) const { return voltage_readings_[index]; }
  const LegReading &leg(size_t index) const { return leg_readings_[index]; }
  /// Mains frequency in Hz, 0 while it is not known.
  double frequency() const { return frequency_; }
  double rate() const { return rate_; }

  uint64_t import_mwh(size_t channel) const { return registers_[channel].imported.mwh(); }
  uint64_t export_mwh(size_t channel) const { return registers_[channel].exported.mwh(); }
  const EnergyRegisters &registers(size_t channel) const { return registers_[channel]; }

  /// Faults of all channels since the last call.
  uint32_t take_faults();
  /// Time whose energy was not measured, in microseconds since the start.
  uint64_t uncounted_us() const { return uncounted_us_; }
  uint64_t windows() const { return windows_; }
  /// No zero crossing for a cycle and a half, though there were some: the mains fail.
  bool is_mains_lost() const;

  const Accumulator &accumulator() const { return accumulator_; }
  const MeterConfig &config() const { return config_; }

 private:
  void evaluate(const Window &window);
  void evaluate_clock(const Window &window);
  void evaluate_voltage(const Window &window, size_t index);
  void evaluate_leg(const Window &window, size_t index);
  void evaluate_channel(const Window &window, size_t index, double seconds);
  void evaluate_electrical(const Window &window, size_t index);
  double book_leg(const Window &window, size_t channel, size_t leg, double seconds);
  double book_sum(const Window &window, size_t channel, double seconds);
  void hold_last_power(size_t channel, double seconds);
  GateSample apparent_sample(const Window &window, size_t leg, double seconds) const;
  GateSample gate_sample(const Window &window, size_t channel, size_t leg, double seconds) const;
  uint32_t input_faults(const Window &window, size_t input) const;
  bool has_current(size_t leg, uint32_t scans) const;
  double current_noise(size_t leg, uint32_t scans) const;
  double unknown_noise(size_t leg) const;
  bool is_apparent(size_t leg) const;
  double seconds_of(const Window &window);

  MeterConfig config_{};
  Accumulator accumulator_{};
  double rate_{0.0};
  double frequency_{0.0};
  VoltageReading voltage_readings_[MAX_VOLTAGES]{};
  LegReading leg_readings_[MAX_LEGS]{};
  ChannelReading channel_readings_[MAX_MEASURED_CHANNELS]{};
  EnergyRegisters registers_[MAX_MEASURED_CHANNELS]{};
  /// By leg. The gate of the sum of a channel is that of its first leg.
  NoLoadGate gates_[MAX_LEGS]{};
  NoLoadGate apparent_gates_[MAX_LEGS]{};
  /// Booked power of each channel, and for how long it has been held through a fault.
  double last_watts_[MAX_MEASURED_CHANNELS]{};
  double held_seconds_[MAX_MEASURED_CHANNELS]{};
  uint32_t faults_{FAULT_NONE};
  uint64_t uncounted_us_{0};
  uint64_t windows_{0};
};

}  // namespace panel_meter
