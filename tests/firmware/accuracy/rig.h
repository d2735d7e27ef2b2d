#pragma once

// A meter of one voltage and four circuits that all carry the same load, fed from one converter, with other ways of
// measuring beside it. What differs between the circuits is when the multiplexer comes to them.

#include <cmath>
#include <cstdio>
#include <memory>
#include <vector>

#include "meter.h"
#include "rivals.h"
#include "signals.h"

namespace lab {

constexpr int CIRCUITS = 4;
constexpr int INPUTS = CIRCUITS + 1;
/// 2.5 MHz / 62 / 5: what the pattern of an ESP32-C3 with five inputs can do nearest to 8 kSa/s.
constexpr double RATE = 2.5e6 / 62.0 / INPUTS;

struct RigOptions {
  bool is_ideal = false;
  uint64_t seed = 1;
  double noise_lsb = 5.0;
  double inl_lsb = 2.0;
  double inl_periods = 1.0;
  /// Lead of the transformers that the meter knows of, in degrees.
  double lead = 0.0;
  double frequency = 50.0;
  /// The true rate, as a part of the nominal one.
  double clock = 1.0;
  /// Wander of all biases in mV a minute.
  double drift = 0.0;
  /// All biases step to and fro by this every 7 s, in mV.
  double step = 0.0;
  /// Probability and size of a wrong sample, in mV.
  double spikes = 0.0;
  double spike_millivolts = 0.0;
  bool has_rivals = true;
  /// Seconds between two readings of the current clamp. Its default is 60.
  double clamp_seconds = 10.0;
  FrontEnd front{};
};

struct Result {
  double seconds = 0.0;
  /// Mean true power, in W.
  double truth = 0.0;
  /// Mean power of the worst circuit, and its error against the truth in %.
  double watts = 0.0;
  double error = 0.0;
  /// Standard deviation of single windows of the last circuit, in W.
  double scatter = 0.0;
  double amperes = 0.0;
  double volts = 0.0;
  double frequency = 0.0;
  double vars = 0.0;
  uint32_t faults = 0;
  double clamp_volts = 0.0;
  double one_cycle_watts = 0.0;
  double half_waves = 0.0;
};

class Rig {
 public:
  explicit Rig(const RigOptions &options) : options_(options), converter_(options.seed), rate_(RATE * options.clock) {
    converter_.is_ideal = options.is_ideal;
    converter_.noise_lsb = options.noise_lsb;
    converter_.inl_lsb = options.inl_lsb;
    converter_.inl_periods = options.inl_periods;
    config_.sampling.set_defaults(INPUTS, 1);
    config_.sampling.nominal_rate = RATE;
    config_.sampling.nominal_frequency = options.frequency < 55.0 ? 50.0 : 60.0;
    config_.sampling.legs = CIRCUITS;
    config_.channels = CIRCUITS;
    table_.build(&Converter::factory_millivolts, nullptr, 1300);
    for (int input = 0; input < INPUTS && !options.is_ideal; ++input) {
      // The last codes on both sides.
      config_.sampling.lowest[input] = table_.counts(1);
      config_.sampling.highest[input] = table_.counts(panel_meter::AdcTable::CODES - 2);
    }
    config_.voltage[0].volts_per_count = options.front.volts_per_count();
    for (int circuit = 0; circuit < CIRCUITS; ++circuit) {
      config_.sampling.leg[circuit].current = static_cast<uint8_t>(circuit + 1);
      config_.sampling.leg[circuit].voltage = 0;
      config_.current[circuit].amperes_per_count = options.front.amperes_per_count();
      config_.current[circuit].points = 1;
      config_.current[circuit].point[0].lead_degrees = options.lead;
      config_.channel[circuit].legs = 1;
      config_.channel[circuit].leg[0] = static_cast<uint8_t>(circuit);
    }
  }

  panel_meter::MeterConfig &config() { return config_; }
  panel_meter::Meter &meter() { return *meter_; }
  double rate() const { return rate_; }

  /// Applies the configuration; the registers and all states begin anew.
  void start() {
    meter_ = std::make_unique<panel_meter::Meter>();
    if (!meter_->configure(config_))
      std::abort();
    meter_->set_rate(rate_);
    scan_ = 0;
    const double between = rate_;
    const double advance = rate_ * options_.lead / 360.0 / options_.frequency + 1.0 / INPUTS;
    clamp_ = std::make_unique<CurrentClamp>(between, options_.clamp_seconds);
    one_cycle_ = std::make_unique<OneCycleOf>(25, between / options_.frequency, advance);
    half_waves_ = std::make_unique<HalfWaves>(between, 5.0, 1.0 + advance);
  }

  /// One scan; true if it completed a window.
  bool feed(const Load &load) {
    int16_t scan[INPUTS];
    int codes[2] = {0, 0};
    for (int input = 0; input < INPUTS; ++input) {
      const double time = (static_cast<double>(scan_) + static_cast<double>(input) / INPUTS) / rate_;
      const double millivolts = at_pin(input, time, load);
      if (options_.is_ideal) {
        scan[input] = converter_.counts(millivolts);
        continue;
      }
      const int code = converter_.code(millivolts);
      if (input < 2)
        codes[input] = code;
      scan[input] = table_.counts(code);
    }
    if (options_.has_rivals && !options_.is_ideal)
      feed_rivals(scan, codes);
    ++scan_;
    return meter_->push(scan);
  }

  /// Runs so many windows after one that is not counted. The truth is `load.watts`.
  Result run(const Load &load, int windows) {
    while (!feed(load)) {
    }
    double energy[CIRCUITS] = {};
    for (size_t circuit = 0; circuit < CIRCUITS; ++circuit)
      energy[circuit] = -booked(circuit);
    const double begin = time();
    double squares = 0.0;
    Result result;
    for (int done = 0; done < windows;) {
      if (!feed(load))
        continue;
      ++done;
      const double seconds = meter_->accumulator().window().scans / rate_;
      result.seconds += seconds;
      const panel_meter::LegReading &last = meter_->leg(CIRCUITS - 1);
      squares += last.power.watts * last.power.watts * seconds;
      mean_ += last.power.watts * seconds;
      result.amperes += last.amperes * seconds;
      result.volts += last.volts * seconds;
      result.vars += last.power.vars * seconds;
      for (size_t circuit = 0; circuit < CIRCUITS; ++circuit)
        result.faults |= meter_->leg(circuit).faults;
    }
    for (size_t circuit = 0; circuit < CIRCUITS; ++circuit)
      energy[circuit] += booked(circuit);
    const double truth = load.energy ? (load.energy(time()) - load.energy(begin)) / result.seconds : load.watts;
    finish(truth, energy, squares, &result);
    return result;
  }

  /// What the registers of a circuit hold, import less export, in Ws.
  double booked(size_t circuit) const {
    const panel_meter::EnergyRegisters &registers = meter_->registers(circuit);
    const auto nwh = [](const panel_meter::EnergyCounter &counter) {
      return static_cast<double>(counter.mwh()) * 1e6 + counter.rest_nwh();
    };
    return (nwh(registers.imported) - nwh(registers.exported)) * 3600.0 / 1e9;
  }

  /// The moment of the last sum, in seconds.
  double time() const { return (static_cast<double>(scan_) - panel_meter::HOLD_BACK) / rate_; }

 private:
  double at_pin(int input, double time, const Load &load) {
    const FrontEnd &front = options_.front;
    const double part =
        input == 0 ? load.volts(time) / front.volts_at_swing : load.sensed(time) / front.amperes_at_swing;
    double millivolts = front.bias_millivolts + options_.drift * time / 60.0 + part * FrontEnd::SWING_MILLIVOLTS;
    millivolts += std::fmod(time, 14.0) < 7.0 ? 0.0 : options_.step;
    if (options_.spikes > 0.0 && converter_.noise().uniform() < options_.spikes)
      millivolts += converter_.noise().uniform() < 0.5 ? options_.spike_millivolts : -options_.spike_millivolts;
    return millivolts;
  }

  void feed_rivals(const int16_t *scan, const int *codes) {
    clamp_->take(scan_, Converter::factory_millivolts(codes[1], nullptr));
    one_cycle_->take(scan_, scan[0] * options_.front.volts_per_count(),
                     scan[1] * options_.front.amperes_per_count());
    half_waves_->take(scan_, codes[0], codes[1]);
  }

  void finish(double truth, const double *energy, double squares, Result *result) {
    result->truth = truth;
    double worst = -1.0;
    for (int circuit = 0; circuit < CIRCUITS; ++circuit) {
      const double watts = energy[circuit] / result->seconds;
      if (std::fabs(watts - truth) > worst) {
        worst = std::fabs(watts - truth);
        result->watts = watts;
      }
    }
    result->error = truth == 0.0 ? 0.0 : 100.0 * (result->watts - truth) / std::fabs(truth);
    const double mean = mean_ / result->seconds;
    mean_ = 0.0;
    const double variance = squares / result->seconds - mean * mean;
    result->scatter = std::sqrt(variance > 0.0 ? variance : 0.0);
    result->amperes /= result->seconds;
    result->volts /= result->seconds;
    result->vars /= result->seconds;
    result->frequency = meter_->frequency();
    result->clamp_volts = clamp_->reading();
    result->one_cycle_watts = one_cycle_->watts();
    result->half_waves = half_waves_->reading();
  }

  RigOptions options_;
  Converter converter_;
  double rate_;
  panel_meter::MeterConfig config_{};
  std::unique_ptr<panel_meter::Meter> meter_;
  panel_meter::AdcTable table_;
  uint64_t scan_ = 0;
  double mean_ = 0.0;
  std::unique_ptr<CurrentClamp> clamp_;
  std::unique_ptr<OneCycleOf> one_cycle_;
  std::unique_ptr<HalfWaves> half_waves_;
};

/// What a person does once: measure the noise without a load, then set the gains with 230 V and a resistive load of 10 A.
struct Calibrated {
  panel_meter::VoltageCalibration voltage;
  panel_meter::CurrentCalibration current[CIRCUITS];
  /// Watts per unit of the other methods, from the same load.
  double clamp_watts = 0.0;
  double one_cycle = 1.0;
  double half_waves = 0.0;
};

inline Calibrated calibrated(RigOptions options, double amperes = 10.0) {
  Calibrated found;
  options.seed += 1000;
  Rig rig(options);
  if (!options.is_ideal) {
    rig.start();
    const Load nothing = sine_load(230.0, 0.0, 0.0, options.frequency, options.lead);
    panel_meter::ZeroCalibration zero;
    for (int window = 0; window < 10;) {
      if (!rig.feed(nothing))
        continue;
      if (window++ > 0)
        zero.add(rig.meter().leg(0).variance_counts, rig.meter().leg(0).power.watts);
    }
    rig.config().voltage[0].noise_counts = zero.noise_counts();
    for (auto &current : rig.config().current)
      current.noise_counts = zero.noise_counts();
  }
  rig.start();
  const Load load = sine_load(230.0, amperes, 0.0, options.frequency, options.lead);
  rig.run(load, 3);
  double volts = 0.0;
  double watts[CIRCUITS] = {};
  const int windows = 30;
  Result result = rig.run(load, 1);
  for (int window = 0; window < windows;) {
    if (!rig.feed(load))
      continue;
    ++window;
    volts += rig.meter().voltage(0).volts / windows;
    for (size_t circuit = 0; circuit < CIRCUITS; ++circuit)
      watts[circuit] += rig.meter().leg(circuit).power.watts / windows;
  }
  result = rig.run(load, 1);
  found.voltage = rig.config().voltage[0];
  found.voltage.gain *= 230.0 / volts;
  for (size_t circuit = 0; circuit < CIRCUITS; ++circuit) {
    found.current[circuit] = rig.config().current[circuit];
    found.current[circuit].gain *= 230.0 * amperes / (watts[circuit] * 230.0 / volts);
  }
  found.clamp_watts = result.clamp_volts > 0.0 ? 230.0 * amperes / result.clamp_volts : 0.0;
  found.one_cycle = result.one_cycle_watts != 0.0 ? 230.0 * amperes / result.one_cycle_watts : 1.0;
  found.half_waves = result.half_waves != 0.0 ? 230.0 * amperes / result.half_waves : 0.0;
  return found;
}

inline void apply(Rig &rig, const Calibrated &calibration) {
  rig.config().voltage[0] = calibration.voltage;
  for (size_t circuit = 0; circuit < CIRCUITS; ++circuit)
    rig.config().current[circuit] = calibration.current[circuit];
}

/// The same, with the gain of the transformers set at two more currents.
inline Calibrated calibrated_thrice(RigOptions options) {
  Calibrated found = calibrated(options);
  const double amperes[3] = {1.0, 10.0, 50.0};
  for (int index = 0; index < 3; ++index) {
    RigOptions fresh = options;
    fresh.seed += static_cast<uint64_t>(2000 + index);
    Rig rig(fresh);
    apply(rig, calibrated(options));
    rig.start();
    const Load load = sine_load(230.0, amperes[index], 0.0, options.frequency, options.lead);
    rig.run(load, 3);
    double watts[CIRCUITS] = {};
    const int windows = 120;
    for (int window = 0; window < windows;) {
      if (!rig.feed(load))
        continue;
      ++window;
      for (size_t circuit = 0; circuit < CIRCUITS; ++circuit)
        watts[circuit] += rig.meter().leg(circuit).power.watts / windows;
    }
    for (size_t circuit = 0; circuit < CIRCUITS; ++circuit) {
      panel_meter::CurrentPoint &point = found.current[circuit].point[index];
      point.amperes = amperes[index];
      point.lead_degrees = options.lead;
      point.gain = 230.0 * amperes[index] / watts[circuit];
      found.current[circuit].points = 3;
    }
  }
  return found;
}

}  // namespace lab
