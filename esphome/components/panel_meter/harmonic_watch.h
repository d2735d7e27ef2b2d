/// Looks at the harmonics of some inputs, one input after another.
#pragma once

#include "harmonics.h"
#include "measure_types.h"

namespace panel_meter {

/// The harmonics of one input, as parts of its fundamental.
struct Distortion {
  /// False: not looked at yet, or the fundamental is too weak to compare anything with.
  bool is_valid{false};
  /// Root of the sum of the squares of all others (IEEE 1459).
  double total{0.0};
  /// By order, 2 to 15.
  double part[MAX_HARMONIC + 1]{};
};

/// Captures ten cycles of an input and analyses them in small steps; then it is the turn of the next input.
///
/// `advance` and `interrupt` touch the capture and need the lock of whoever fills it. `compute` reads a full capture,
/// which nobody fills.
class HarmonicWatch {
 public:
  /// Effective value of the fundamental in counts, below which the noise of a converter would pass for harmonics: about
  /// a fortieth of the range.
  static constexpr double LEAST_FUNDAMENTAL = 200.0;

  /// Watches the input at this place of the scan as well; once more is no mistake.
  void add(uint8_t input);
  /// What was found last. The input must have been added.
  const Distortion &of(uint8_t input) const { return found_[input]; }

  bool is_wanted() const { return count_ > 0; }
  bool is_computing() const { return state_ == State::COMPUTING; }

  /// Begins to capture the next input, or finds that the capture is full. `rate` in scans a second and `frequency` in
  /// Hz, 0 if not known. A capture begins once for each value of `turn`, so that the analysis leaves time for the rest.
  void advance(WaveformCapture &capture, uint8_t inputs, double rate, double frequency, uint64_t turn);
  /// One step of the analysis.
  void compute();
  /// Somebody else takes the capture: begin again.
  void interrupt() { state_ = State::IDLE; }

 private:
  enum class State : uint8_t { IDLE, CAPTURING, COMPUTING };

  void begin_capture(WaveformCapture &capture, uint8_t inputs, double rate, double frequency);
  void keep();
  void give_up();

  State state_{State::IDLE};
  uint8_t count_{0};
  uint8_t place_{0};
  uint8_t input_[MAX_INPUTS]{};
  Distortion found_[MAX_INPUTS]{};
  uint64_t turn_{0};
  double cycle_scans_{0.0};
  HarmonicAnalysis analysis_{};
};

}  // namespace panel_meter
