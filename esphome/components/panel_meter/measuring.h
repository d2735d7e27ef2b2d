/// The meter between the task that samples and the loop that asks: everything that both touch, behind one lock.
#pragma once

#include "board_setup.h"
#include "calibration_store.h"
#include "harmonic_watch.h"
#include "pulses.h"
#include "sample_clock.h"
#include "transport.h"

#include <condition_variable>
#include <mutex>

namespace panel_meter {

/// A step of calibrating that a person starts.
enum class Step : uint8_t { ZERO, PHASE, RESET };

/// The sampling task holds the lock while it hands scans over (`std::lock_guard<Measuring>`); everything below "the
/// loop" takes the lock itself.
class Measuring {
 public:
  explicit Measuring(Storage &storage) : store_(storage, cache_) {}

  /// Reads the calibration of each input from flash. False if the setup cannot be measured.
  bool configure(const BoardSetup &setup);

  // The sampling task.
  void lock() { mutex_.lock(); }
  void unlock() { mutex_.unlock(); }
  void push(const int16_t *scan, uint32_t missing);
  /// Scans were lost before the next one.
  void gap(uint32_t microseconds);
  /// So many more scans had come at this time.
  void observe(uint32_t scans, uint64_t time_us);

  // The loop.
  /// A pulse of the channel behind the measured ones; steady time in us.
  void pulse(size_t index, uint64_t time_us);
  /// What pulses say depends on the time.
  void set_time(uint64_t time_us);
  /// What a channel and a voltage input show now.
  ChannelReading channel(size_t index);
  VoltageReading voltage(size_t index);
  /// Looks at the harmonics of the first transformer of a channel, or of a voltage input, from now on; one input a
  /// second. A channel must be measured.
  void watch_harmonics_of_channel(size_t channel) { harmonics_.add(current_input(channel)); }
  void watch_harmonics_of_voltage(size_t voltage) { harmonics_.add(static_cast<uint8_t>(voltage)); }
  const Distortion &distortion_of_channel(size_t channel) const { return harmonics_.of(current_input(channel)); }
  const Distortion &distortion_of_voltage(size_t voltage) const { return harmonics_.of(static_cast<uint8_t>(voltage)); }
  /// A small step of that; to be called again and again.
  void step_harmonics();
  double frequency();
  double scan_rate();
  double uncounted_seconds();
  bool is_mains_lost();
  /// Windows that were evaluated so far: about one a second while the converter runs.
  uint64_t windows();
  /// In mWh, in the order of the registers.
  void read_counters(uint64_t *energies);
  void read_live(LiveValues &values);
  /// Writes a changed calibration to flash; false if that failed. It counts until the next restart all the same.
  bool save_if_due();
  /// Flags of F9 since the last call.
  uint16_t take_flags();
  /// Inputs whose stored calibration contradicts what the YAML says now, so that it is not used.
  size_t unfit_calibrations() const { return unfit_; }

  // Calibrating, for the commands of the protocol and the entities of the board. A channel must exist.
  // A reference is compared with the last eight seconds: "settling" is refused while some of them were measured with
  // another calibration.
  Refusal set_gain(size_t channel, double gain);
  Refusal set_gain_for(size_t channel, double reference_watts);
  Refusal set_voltage_gain_for(size_t voltage, double reference_volts);
  /// Absolute lead of the current in degrees.
  Refusal set_lead(size_t channel, double degrees);
  /// Takes the load that flows now for purely resistive and measures for ten seconds.
  Refusal find_lead(size_t channel);
  /// Takes what is measured for half a minute from now for nothing at all.
  Refusal zero(size_t channel);
  /// How the step that began last has ended (ZERO or PHASE), once; false while there is nothing to tell.
  bool take_end(Step step, size_t &channel, Refusal &refusal);
  /// Back to what the YAML says.
  Refusal reset(size_t channel);
  /// The newest samples of a channel in A; waits for them for a tenth of a second at most.
  size_t waveform(size_t channel, float *samples, size_t capacity);

 private:
  /// Windows that a reference is compared with.
  static constexpr size_t REMEMBERED = 8;
  static constexpr uint32_t ZERO_WINDOWS = 30;
  static constexpr uint32_t LEAD_WINDOWS = 10;

  using Guard = std::lock_guard<std::mutex>;

  bool is_measured(size_t channel) const { return channel < setup_->measured(); }
  ChannelReading reading_of(size_t channel) const;
  uint64_t counted(const RegisterInfo &info) const;
  CurrentCalibration calibrated(size_t leg) const;
  VoltageCalibration calibrated_voltage(size_t voltage) const;
  Refusal keep(size_t leg, const InputCalibration &calibration);
  template<typename Change> Refusal change_legs(size_t channel, Change change);
  Refusal scale(size_t channel, double factor);
  void changed();
  void unsettle(size_t channel) { unsettled_at_[channel] = meter_.windows(); }
  bool is_settled(size_t channel) const { return meter_.windows() - unsettled_at_[channel] >= REMEMBERED; }
  void end(Step step, size_t channel, Refusal refusal) { ends_[static_cast<size_t>(step)] = {true, channel, refusal}; }
  void use_stored_calibrations();
  void window_done();
  void zero_step();
  void lead_step();
  bool is_loud(size_t channel) const;
  Refusal keep_zero(size_t channel);
  Refusal keep_lead(size_t channel);
  double mean_watts(size_t channel) const;
  uint8_t current_input(size_t channel) const;
  uint8_t gpio_of_leg(size_t leg) const { return setup_->leg(leg).gpio; }

  std::mutex mutex_;
  std::condition_variable captured_;
  const BoardSetup *setup_{nullptr};
  BlockCache cache_{};
  CalibrationStore store_;
  Meter meter_{};
  SampleClock clock_{};
  /// Filled by the sampling task; read by the loop, with the lock or when it is full.
  WaveformCapture capture_{};
  /// Only the loop touches it.
  HarmonicWatch harmonics_{};
  uint16_t flags_{0};
  bool save_due_{false};
  size_t unfit_{0};

  PulseCounter pulses_[MAX_PULSE_CHANNELS]{};
  uint64_t time_us_{0};
  double watts_[MAX_MEASURED_CHANNELS][REMEMBERED]{};
  double volts_[MAX_VOLTAGES][REMEMBERED]{};
  /// The window in which what is remembered of a channel became worthless.
  uint64_t unsettled_at_[MAX_MEASURED_CHANNELS]{};

  /// The channel that is zeroed, and what its legs have shown so far.
  size_t zero_channel_{MAX_MEASURED_CHANNELS};
  ZeroCalibration zero_[MAX_LEGS_OF_CHANNEL]{};
  size_t lead_channel_{MAX_MEASURED_CHANNELS};
  uint32_t lead_windows_{0};
  Power lead_[MAX_LEGS_OF_CHANNEL]{};

  struct End {
    bool is_news;
    size_t channel;
    Refusal refusal;
  };
  /// Of ZERO and of PHASE.
  End ends_[2]{};
};

}  // namespace panel_meter
