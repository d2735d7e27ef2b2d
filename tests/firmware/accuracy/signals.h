#pragma once

// What a panel's wires carry, and what a converter makes of it. Test code: it may use the heap and doubles freely.

#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include "adc_table.h"

namespace lab {

constexpr double PI = 3.14159265358979323846;

/// Volts or amperes at a time in seconds.
using Signal = std::function<double(double)>;

/// One circuit: the voltage, the true current, what the transformer makes of it, and the mean power.
struct Load {
  Signal volts;
  Signal amperes;
  Signal sensed;
  double watts;
  /// Energy since time 0 in Ws, where the power is not the same all the time.
  Signal energy{};
};

inline double degrees(double value) { return value * PI / 180.0; }

struct Harmonic {
  int order;
  /// Part of the effective value of the fundamental.
  double part;
  double lag_degrees;
};

inline Signal wave(double rms, double frequency, double lag_degrees = 0.0, std::vector<Harmonic> harmonics = {}) {
  return [=](double time) {
    const double angle = 2.0 * PI * frequency * time;
    double value = std::sin(angle - degrees(lag_degrees));
    for (const Harmonic &each : harmonics)
      value += each.part * std::sin(each.order * angle - degrees(each.lag_degrees));
    return rms * std::sqrt(2.0) * value;
  };
}

/// The mean product over a second, by so many points that steps in the signals do not matter.
inline double mean_product(const Signal &volts, const Signal &amperes, double seconds = 1.0, int points = 2000000) {
  double sum = 0.0;
  for (int point = 0; point < points; ++point) {
    const double time = (point + 0.5) * seconds / points;
    sum += volts(time) * amperes(time);
  }
  return sum / points;
}

/// A sinusoidal load. `lead`: by how many degrees the transformer makes the current lead.
inline Load sine_load(double volts, double amperes, double lag, double frequency, double lead) {
  return Load{wave(volts, frequency), wave(amperes, frequency, lag), wave(amperes, frequency, lag - lead),
              volts * amperes * std::cos(degrees(lag)), {}};
}

/// A load of any shape through a transformer without error.
inline Load shaped_load(Signal volts, Signal amperes, double seconds = 1.0) {
  const double watts = mean_product(volts, amperes, seconds);
  return Load{volts, amperes, amperes, watts, {}};
}

/// Fast noise: independent draws from a table of normal deviates.
class Noise {
 public:
  explicit Noise(uint64_t seed) : state_(seed * 2654435761u + 88172645463325252ull), table_(1 << 16) {
    for (double &each : table_) {
      const double radius = std::sqrt(-2.0 * std::log(uniform()));
      each = radius * std::cos(2.0 * PI * uniform());
    }
  }

  double normal() { return table_[next() >> 48]; }
  double uniform() { return (static_cast<double>(next() >> 11) + 0.5) / 9007199254740992.0; }
  uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_ * 2685821657736338717ull;
  }

 private:
  uint64_t state_;
  std::vector<double> table_;
};

/// The analogue side: how far the pin moves, and around what.
struct FrontEnd {
  double bias_millivolts = 1300.0;
  /// A swing of 1100 mV stands for these.
  double volts_at_swing = 400.0;
  double amperes_at_swing = 60.0 * 1.4142135623730951;
  static constexpr double SWING_MILLIVOLTS = 1100.0;

  double volts_per_count() const { return volts_at_swing / SWING_MILLIVOLTS / panel_meter::COUNTS_PER_MILLIVOLT; }
  double amperes_per_count() const { return amperes_at_swing / SWING_MILLIVOLTS / panel_meter::COUNTS_PER_MILLIVOLT; }
};

/// A converter of 12 bits over 2.5 V: bent, as an ESP32 is before its factory calibration; noisy; and with an integral
/// non-linearity that the factory calibration does not know.
class Converter {
 public:
  double noise_lsb = 5.0;
  double inl_lsb = 2.0;
  double inl_periods = 1.0;
  bool is_ideal = false;

  explicit Converter(uint64_t seed) : noise_(seed) { table_.build(&Converter::factory_millivolts, nullptr, 1300); }

  int code(double millivolts) {
    const double exact = bent(millivolts / 2500.0) * 4096.0;
    const double bow = inl_lsb * std::sin(2.0 * PI * inl_periods * exact / 4096.0);
    const double code = std::floor(exact + bow + noise_lsb * noise_.normal() + 0.5);
    return code < 0.0 ? 0 : (code > 4095.0 ? 4095 : static_cast<int>(code));
  }

  /// Counts for the meter.
  int16_t counts(double millivolts) {
    if (!is_ideal)
      return table_.counts(code(millivolts));
    const double counts = std::floor((millivolts - 1300.0) * panel_meter::COUNTS_PER_MILLIVOLT + 0.5);
    return static_cast<int16_t>(counts < -32768.0 ? -32768.0 : (counts > 32767.0 ? 32767.0 : counts));
  }

  /// What the factory calibration says of a code, in whole millivolts.
  static int factory_millivolts(int code, void *) {
    // The inverse of `bent`.
    const double y = code / 4096.0;
    const double a = -BEND;
    const double b = 1.0 + BEND;
    const double x = (-b + std::sqrt(b * b + 4.0 * a * y)) / (2.0 * a);
    return static_cast<int>(std::floor(x * 2500.0 + 0.5));
  }

  Noise &noise() { return noise_; }

 private:
  static constexpr double BEND = 0.015;
  static double bent(double part) { return part + BEND * part * (1.0 - part); }

  Noise noise_;
  panel_meter::AdcTable table_;
};

}  // namespace lab
