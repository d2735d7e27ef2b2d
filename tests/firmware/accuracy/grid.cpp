// Plays the accuracy grid, or one group of it, and prints one line of JSON a row. `--short` plays a part of it, briefly.

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>

#include "rig.h"

namespace {

using lab::Calibrated;
using lab::Load;
using lab::Result;
using lab::Rig;
using lab::RigOptions;

bool is_short = false;

/// A row that has no limit of its own is only shown.
constexpr double NO_LIMIT = 0.0;
constexpr double LEAD = 2.5;

const Calibrated &calibration(const RigOptions &options) {
  static std::map<std::string, Calibrated> known;
  char key[160];
  std::snprintf(key, sizeof(key), "%d %g %g %g %g %g", options.is_ideal, options.noise_lsb, options.inl_lsb,
                options.inl_periods, options.lead, options.frequency);
  auto found = known.find(key);
  if (found == known.end()) {
    RigOptions plain;
    plain.is_ideal = options.is_ideal;
    plain.noise_lsb = options.noise_lsb;
    plain.inl_lsb = options.inl_lsb;
    plain.inl_periods = options.inl_periods;
    plain.lead = options.lead;
    plain.frequency = options.frequency;
    found = known.emplace(key, lab::calibrated(plain)).first;
  }
  return found->second;
}

void print(const char *group, const std::string &row, const RigOptions &options, const Result &result,
           const Calibrated &known, double limit) {
  const double scale = result.truth == 0.0 ? 0.0 : 100.0 / std::fabs(result.truth);
  const auto off = [&](double watts) { return (watts - result.truth) * scale; };
  std::printf("{\"group\":\"%s\",\"row\":\"%s\",\"adc\":\"%s\",\"seconds\":%.0f,\"watts\":%.4f,\"error\":%.5f,"
              "\"scatter\":%.4f,\"limit\":%g,\"faults\":%u,\"frequency\":%.4f",
              group, row.c_str(), options.is_ideal ? "ideal" : "model", result.seconds, result.truth, result.error,
              result.scatter, limit, result.faults, result.frequency);
  if (!options.is_ideal && options.has_rivals) {
    std::printf(",\"clamp\":%.3f,\"one_cycle\":%.3f,\"half_waves\":%.3f", off(result.clamp_volts * known.clamp_watts),
                off(result.one_cycle_watts * known.one_cycle), off(result.half_waves * known.half_waves));
  }
  std::printf("}\n");
  std::fflush(stdout);
}

void play(const char *group, const std::string &row, RigOptions options, const Load &load, double limit, int windows,
          bool has_three_gains = false) {
  options.seed = std::hash<std::string>{}(row) % 100000 + 17;
  const Calibrated known = has_three_gains ? lab::calibrated_thrice(options) : calibration(options);
  Rig rig(options);
  lab::apply(rig, known);
  rig.start();
  print(group, row, options, rig.run(load, is_short ? std::min(windows, 60) : windows), known, limit);
}

/// The same load with ideal samples and with the modelled converter.
void play_both(const char *group, const std::string &row, RigOptions options, const Load &load, double ideal_limit,
               double model_limit, int windows = 60) {
  options.is_ideal = true;
  play(group, row, options, load, ideal_limit, is_short ? 10 : 30);
  options.is_ideal = false;
  play(group, row, options, load, model_limit, windows);
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%g", value);
  return text;
}

struct PowerFactor {
  const char *name;
  double lag;
  bool is_promised;
};

const PowerFactor FACTORS[] = {{"1", 0.0, true},
                               {"0.5 inductive", 60.0, true},
                               {"0.8 capacitive", -36.8699, true},
                               {"0.25 inductive", 75.5225, false},
                               {"0.5 capacitive", -60.0, true}};

void currents() {
  const double all[] = {0.1, 0.5, 1.0, 5.0, 10.0, 20.0, 30.0, 60.0};
  const double few[] = {0.5, 5.0, 60.0};
  const double *amperes = is_short ? few : all;
  const int count = is_short ? 3 : 8;
  for (int index = 0; index < count; ++index) {
    for (const PowerFactor &factor : FACTORS) {
      if (is_short && factor.lag != 0.0 && factor.lag != 60.0)
        continue;
      RigOptions options;
      options.lead = LEAD;
      const bool is_promised = factor.is_promised && amperes[index] >= 0.5;
      // Noise is all that matters at the low end, and a record takes five minutes.
      const int windows = amperes[index] <= 1.0 ? 300 : 60;
      play_both("currents", number(amperes[index]) + " A, PF " + factor.name, options,
                lab::sine_load(230.0, amperes[index], factor.lag, 50.0, LEAD), is_promised ? 0.1 : NO_LIMIT,
                is_promised && !(is_short && amperes[index] < 1.0) ? 0.5 : NO_LIMIT, windows);
    }
  }
}

void mains() {
  for (double frequency : {45.0, 49.0, 51.0, 55.0, 60.0, 65.0}) {
    if (is_short && frequency != 60.0)
      continue;
    RigOptions options;
    options.lead = LEAD;
    options.frequency = frequency;
    play_both("mains", number(frequency) + " Hz, 5 A, PF 0.5 inductive", options,
              lab::sine_load(230.0, 5.0, 60.0, frequency, LEAD), 0.1, 0.5);
  }
  for (double volts : {184.0, 276.0}) {
    RigOptions options;
    options.lead = LEAD;
    play_both("mains", number(volts) + " V, 5 A, PF 1", options, lab::sine_load(volts, 5.0, 0.0, 50.0, LEAD), 0.1, 0.5);
  }
}

double chopped(double angle, double value) { return std::fmod(angle, lab::PI) < lab::PI / 2.0 ? 0.0 : value; }

void shapes() {
  const double root = std::sqrt(2.0);
  const lab::Signal volts = lab::wave(230.0, 50.0);
  const auto angle_at = [](double time) { return 2.0 * lab::PI * 50.0 * time; };
  const RigOptions options;
  const auto shape = [&](const char *row, lab::Signal voltage, lab::Signal amperes, double ideal, double model) {
    // 0.8 s hold whole cycles, and whole bursts of four.
    play_both("shapes", row, options, lab::shaped_load(voltage, amperes, 0.8), ideal, model);
  };
  shape("5th harmonic, 10 % of volts and 40 % of amperes", lab::wave(230.0, 50.0, 0.0, {{5, 0.1, 0.0}}),
        lab::wave(5.0, 50.0, 0.0, {{5, 0.4, 0.0}}), 0.1, 0.5);
  RigOptions through;
  through.lead = LEAD;
  // A transformer is a high pass: it leads the fifth harmonic by a fifth of the angle.
  const lab::Signal voltage = lab::wave(230.0, 50.0, 0.0, {{5, 0.1, 0.0}});
  play_both("shapes", "the same at PF 0.8, through a transformer", through,
            Load{voltage, lab::wave(5.0, 50.0, 36.8699, {{5, 0.4, 60.0}}),
                 lab::wave(5.0, 50.0, 36.8699 - LEAD, {{5, 0.4, 60.0 - LEAD / 5.0}}),
                 230.0 * 5.0 * (std::cos(lab::degrees(36.8699)) + 0.04 * 0.5), {}},
            0.1, 0.5);
  shape("half wave, 5 A", volts,
        [=](double time) { return std::max(0.0, 10.0 * std::sin(angle_at(time))) - 10.0 / lab::PI; }, 0.1, 0.5);
  if (is_short)
    return;
  shape("11th harmonic, 5 % and 20 %", lab::wave(230.0, 50.0, 0.0, {{11, 0.05, 0.0}}),
        lab::wave(5.0, 50.0, 0.0, {{11, 0.2, 0.0}}), 0.1, 0.5);
  shape("21st harmonic, 2 % and 10 %", lab::wave(230.0, 50.0, 0.0, {{21, 0.02, 0.0}}),
        lab::wave(5.0, 50.0, 0.0, {{21, 0.1, 0.0}}), 0.1, 0.5);
  shape("dimmer at 90 degrees, 5 A", volts,
        [=](double time) { return chopped(angle_at(time), 5.0 * root * std::sin(angle_at(time))); }, 0.5, 0.5);
  shape("rectifier, PF 0.6", volts,
        [=](double time) {
          const double sine = std::sin(angle_at(time));
          return std::fabs(sine) < 0.9 ? 0.0 : (sine > 0.0 ? 12.0 : -12.0) * (std::fabs(sine) - 0.9) * 10.0;
        },
        0.5, 0.5);
  shape("two cycles on, two off, 5 A", volts,
        [=](double time) { return std::fmod(time, 0.08) < 0.04 ? 5.0 * root * std::sin(angle_at(time)) : 0.0; }, 0.5,
        0.5);
  shape("export, 10 A", volts, lab::wave(10.0, 50.0, 180.0), 0.1, 0.5);
  shape("three cycles in, one out, 10 A", volts,
        [=](double time) {
          return (std::fmod(time, 0.08) < 0.06 ? 10.0 : -10.0) * root * std::sin(angle_at(time));
        },
        0.5, 0.5);
}

void disturbances() {
  const Load load = lab::sine_load(230.0, 5.0, 60.0, 50.0, LEAD);
  RigOptions plain;
  plain.lead = LEAD;
  RigOptions options = plain;
  options.drift = 20 * 0.61;
  play("disturbed", "bias wanders 20 LSB a minute", options, load, 0.5, 60);
  options = plain;
  options.step = 50 * 0.61;
  play("disturbed", "bias steps by 50 LSB every 7 s", options, load, 0.5, 60);
  for (double noise : {1.0, 15.0}) {
    options = plain;
    options.noise_lsb = noise;
    play("disturbed", "noise of " + number(noise) + " LSB", options, load, 0.5, 300);
  }
  options = plain;
  options.spikes = 1e-3;
  options.spike_millivolts = 200 * 0.61;
  play("disturbed", "one sample in 1000 wrong by 200 LSB", options, load, 0.5, 300);
  for (double clock : {0.8, 1.02}) {
    options = plain;
    options.clock = clock;
    play("disturbed", "converter at " + number(clock) + " of its rate", options, load, 0.5, 60);
  }
  for (double periods : {1.0, 2.0, 4.0}) {
    for (double amperes : {0.5, 5.0, 60.0}) {
      options = plain;
      options.inl_periods = periods;
      const std::string row = number(amperes) + " A, INL a sine of " + number(periods) + " per range";
      const Load steady = lab::sine_load(230.0, amperes, 0.0, 50.0, LEAD);
      play("non-linearity", row, options, steady, NO_LIMIT, 300);
      play("non-linearity", row + ", gain set at 1, 10 and 50 A", options, steady, 0.5, 300, true);
    }
  }
  options = plain;
  play("disturbed", "100 A on an input made for 60 A: clipped", options, lab::sine_load(230.0, 100.0, 0.0, 50.0, LEAD),
       NO_LIMIT, 20);
}

/// 2 kW that are switched for `on` seconds of every `period`.
Load switched(double on, double period) {
  const double amperes = 2000.0 / 230.0;
  const lab::Signal wave = lab::wave(amperes, 50.0);
  const lab::Signal current = [=](double time) { return std::fmod(time, period) < on ? wave(time) : 0.0; };
  const lab::Signal energy = [=](double time) {
    const double whole = std::floor(time / period);
    return 2000.0 * (whole * on + std::min(time - whole * period, on));
  };
  return Load{lab::wave(230.0, 50.0), current, current, 2000.0 * on / period, energy};
}

void bursts() {
  for (double between : {10.0, 60.0}) {
    RigOptions options;
    options.clamp_seconds = between;
    const int seconds = is_short ? 60 : 3600;
    play("bursts", "2 kW 6 s on, 14 s off; clamp read every " + number(between) + " s", options, switched(6.0, 20.0),
         is_short ? 0.5 : 0.1, seconds);
  }
}

/// An empty circuit: whatever the registers count is wrong.
void no_load() {
  RigOptions options;
  options.seed = 99;
  Rig rig(options);
  lab::apply(rig, calibration(options));
  rig.start();
  const Load load = lab::sine_load(264.5, 0.0, 0.0, 50.0, 0.0);
  const int windows = is_short ? 300 : 86400;
  for (int done = 0; done < windows;)
    done += rig.feed(load) ? 1 : 0;
  uint64_t counted = 0;
  for (size_t circuit = 0; circuit < lab::CIRCUITS; ++circuit)
    counted += rig.meter().import_mwh(circuit) + rig.meter().export_mwh(circuit);
  // A clamp calibrated at 10 A, in the same time.
  const Result last = rig.run(load, 20);
  std::printf("{\"group\":\"no load\",\"row\":\"115 %% of the volts, no current, %d s, four circuits\",\"adc\":\"model\","
              "\"seconds\":%d,\"counted_mwh\":%llu,\"clamp_watts\":%.2f,\"scatter\":%.4f}\n",
              windows, windows, static_cast<unsigned long long>(counted),
              last.clamp_volts * calibration(options).clamp_watts, last.scatter);
}

}  // namespace

int main(int count, char **arguments) {
  const std::map<std::string, void (*)()> groups = {{"currents", currents}, {"mains", mains}, {"shapes", shapes},
                                                    {"disturbed", disturbances}, {"bursts", bursts},
                                                    {"no load", no_load}};
  std::string only;
  for (int index = 1; index < count; ++index) {
    if (std::strcmp(arguments[index], "--short") == 0)
      is_short = true;
    else
      only = arguments[index];
  }
  if (!only.empty() && groups.count(only) == 0) {
    std::fprintf(stderr, "grid: there is no group %s\n", only.c_str());
    return 2;
  }
  for (const auto &group : groups) {
    // The rows of disturbances take long and promise nothing that the others do not.
    if (only == group.first || (only.empty() && !(is_short && group.first == "disturbed")))
      group.second();
  }
  return 0;
}
