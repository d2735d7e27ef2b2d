#pragma once

// A small board for tests: any wiring, samples without noise or with a little.

#include <cstdint>
#include <memory>
#include <vector>

#include "meter.h"
#include "signals.h"

namespace bench {

using panel_meter::Meter;
using panel_meter::MeterConfig;

constexpr double RATE = 8000.0;
constexpr double VOLTS_PER_COUNT = 0.03;
constexpr double AMPERES_PER_COUNT = 0.005;

/// One channel for each leg; all legs at the first voltage.
inline MeterConfig config(uint8_t voltages, uint8_t currents) {
  MeterConfig made;
  made.sampling.set_defaults(static_cast<uint8_t>(voltages + currents), voltages);
  made.sampling.nominal_rate = RATE;
  made.sampling.legs = currents;
  made.channels = currents;
  for (size_t voltage = 0; voltage < voltages; ++voltage)
    made.voltage[voltage].volts_per_count = VOLTS_PER_COUNT;
  for (size_t leg = 0; leg < currents; ++leg) {
    made.sampling.leg[leg].current = static_cast<uint8_t>(voltages + leg);
    made.sampling.leg[leg].voltage = voltages > 0 ? 0 : panel_meter::NO_VOLTAGE;
    made.current[leg].amperes_per_count = AMPERES_PER_COUNT;
    made.channel[leg].legs = 1;
    made.channel[leg].leg[0] = static_cast<uint8_t>(leg);
  }
  return made;
}

/// Feeds a meter with signals, one for each input, in volts and amperes.
class Board {
 public:
  Board(const MeterConfig &made, std::vector<lab::Signal> signals, double rate = RATE)
      : config(made), signals_(std::move(signals)), rate_(rate), noise_(11) {
    meter_ = std::make_unique<Meter>();
    is_configured_ = meter_->configure(made);
  }

  Meter &meter() { return *meter_; }
  bool is_configured() const { return is_configured_; }

  std::vector<int16_t> scan() {
    std::vector<int16_t> samples;
    for (size_t input = 0; input < signals_.size(); ++input) {
      const double time = (static_cast<double>(scans_) + config.sampling.slot[input]) / rate_;
      const double scale = input < config.sampling.voltages ? VOLTS_PER_COUNT : AMPERES_PER_COUNT;
      const double counts = signals_[input](time) / scale + offset + noise_counts * noise_.normal();
      samples.push_back(static_cast<int16_t>(std::fmax(-32768.0, std::fmin(32767.0, std::floor(counts + 0.5)))));
    }
    ++scans_;
    return samples;
  }

  bool feed() { return meter_->push(scan().data()); }

  /// Until so many windows were completed.
  void windows(int count) {
    while (count > 0)
      count -= feed() ? 1 : 0;
  }

  void skip(double seconds) { scans_ += static_cast<uint64_t>(seconds * rate_); }
  void replace(size_t input, lab::Signal signal) { signals_[input] = std::move(signal); }
  double time() const { return static_cast<double>(scans_) / rate_; }

  MeterConfig config;
  double offset{0.0};
  double noise_counts{0.3};

 private:
  std::vector<lab::Signal> signals_;
  double rate_;
  lab::Noise noise_;
  std::unique_ptr<Meter> meter_;
  bool is_configured_{false};
  uint64_t scans_{0};
};

inline double import_ws(const Meter &meter, size_t channel) {
  const auto &counter = meter.registers(channel).imported;
  return (static_cast<double>(counter.mwh()) * 1e6 + counter.rest_nwh()) * 3600.0 / 1e9;
}

inline double export_ws(const Meter &meter, size_t channel) {
  const auto &counter = meter.registers(channel).exported;
  return (static_cast<double>(counter.mwh()) * 1e6 + counter.rest_nwh()) * 3600.0 / 1e9;
}

}  // namespace bench
