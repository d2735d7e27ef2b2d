#pragma once

#include <cstddef>
#include <cstdint>

#include "calibration.h"

namespace panel_meter {

/// Highest harmonic that is looked at.
constexpr size_t MAX_HARMONIC = 15;
/// Room for ten cycles of 50 Hz, or twelve of 60 Hz, at 8 SA/s (the windows of IEC 61000-4-7).
constexpr size_t MAX_CAPTURED = 2048;

/// Keeps a stretch of one voltage and one current, for harmonics and for showing the waveform.
class WaveformCapture {
 public:
  /// Begins to take; `voltage` may be NO_VOLTAGE. False if an index or the length is impossible.
  bool arm(uint8_t voltage, uint8_t current, uint8_t inputs, size_t scans);

  /// Takes one scan. True if it was the last one that is wanted.
  bool take(const int16_t *scan);

  /// Scans were lost: begins again. A full capture is not touched, because somebody may be reading it.
  void gap() {
    if (is_armed())
      taken_ = 0;
  }

  bool is_full() const { return wanted_ > 0 && taken_ == wanted_; }
  bool is_armed() const { return wanted_ > 0 && taken_ < wanted_; }
  size_t size() const { return taken_; }
  uint8_t voltage_input() const { return voltage_; }
  uint8_t current_input() const { return current_; }
  const int16_t *voltage() const { return voltage_samples_; }
  const int16_t *current() const { return current_samples_; }

 private:
  uint8_t voltage_{NO_VOLTAGE};
  uint8_t current_{0};
  size_t wanted_{0};
  size_t taken_{0};
  int16_t voltage_samples_[MAX_CAPTURED]{};
  int16_t current_samples_[MAX_CAPTURED]{};
};

/// Effective value in counts and phase in degrees of one harmonic. The phase counts from the start of the capture.
struct Harmonic {
  double rms{0.0};
  double degrees{0.0};
};

/// Finds the harmonics of a capture by Goertzel's recursion, one at a time, so that no step takes long.
class HarmonicAnalysis {
 public:
  /// Whole cycles that fit into a capture: at most ten of 50 Hz or twelve of 60 Hz, 0 if not even one fits.
  static uint32_t cycles_that_fit(double cycle_scans, double frequency);
  /// Scans of so many cycles.
  static size_t scans_of(uint32_t cycles, double cycle_scans);

  /// Starts on a full capture of whole cycles. `skew`: by what part of a scan the current is converted after the
  /// voltage. The capture must stay as it is until the analysis is done. False if it does not hold whole cycles.
  bool begin(const WaveformCapture &capture, double cycle_scans, double skew);

  /// Computes the next harmonic; true once all are known.
  bool step();

  /// Harmonic 1 to 15; those of a voltage that was not captured are 0.
  const Harmonic &voltage(size_t order) const { return voltage_[order]; }
  const Harmonic &current(size_t order) const { return current_[order]; }
  /// Angle by which the current lags the voltage, in degrees.
  double lag_degrees(size_t order) const;
  /// Active power of one harmonic, in square counts.
  double product(size_t order) const;
  /// Total distortion: root of the sum of squares of harmonics 2 to 15, as a part of the fundamental (IEEE 1459).
  double voltage_distortion() const { return distortion_of(voltage_); }
  double current_distortion() const { return distortion_of(current_); }

 private:
  static double distortion_of(const Harmonic *harmonics);
  Harmonic goertzel(const int16_t *samples, double mean, size_t order) const;

  const WaveformCapture *capture_{nullptr};
  double cycle_scans_{0.0};
  double skew_{0.0};
  double voltage_mean_{0.0};
  double current_mean_{0.0};
  size_t next_{1};
  Harmonic voltage_[MAX_HARMONIC + 1]{};
  Harmonic current_[MAX_HARMONIC + 1]{};
};

}  // namespace panel_meter
