#include "harmonic_watch.h"

namespace panel_meter {

void HarmonicWatch::add(uint8_t input) {
  for (uint8_t index = 0; index < count_; index++) {
    if (input_[index] == input)
      return;
  }
  if (input < MAX_INPUTS)
    input_[count_++] = input;
}

void HarmonicWatch::advance(WaveformCapture &capture, uint8_t inputs, double rate, double frequency, uint64_t turn) {
  if (state_ == State::IDLE && turn != turn_) {
    turn_ = turn;
    place_ = static_cast<uint8_t>((place_ + 1) % count_);
    begin_capture(capture, inputs, rate, frequency);
  } else if (state_ == State::CAPTURING && capture.is_full()) {
    if (analysis_.begin(capture, cycle_scans_, 0.0))
      state_ = State::COMPUTING;
    else
      give_up();
  }
}

void HarmonicWatch::begin_capture(WaveformCapture &capture, uint8_t inputs, double rate, double frequency) {
  cycle_scans_ = frequency > 0.0 ? rate / frequency : 0.0;
  const uint32_t cycles = HarmonicAnalysis::cycles_that_fit(cycle_scans_, frequency);
  const size_t scans = HarmonicAnalysis::scans_of(cycles, cycle_scans_);
  if (cycles > 0 && capture.arm(NO_VOLTAGE, input_[place_], inputs, scans))
    state_ = State::CAPTURING;
  else
    give_up();
}

void HarmonicWatch::compute() {
  if (!analysis_.step())
    return;
  keep();
  state_ = State::IDLE;
}

void HarmonicWatch::keep() {
  Distortion &found = found_[input_[place_]];
  const double fundamental = analysis_.current(1).rms;
  found.is_valid = fundamental >= LEAST_FUNDAMENTAL;
  if (!found.is_valid)
    return;
  found.total = analysis_.current_distortion();
  for (size_t order = 2; order <= MAX_HARMONIC; order++)
    found.part[order] = analysis_.current(order).rms / fundamental;
}

void HarmonicWatch::give_up() {
  found_[input_[place_]].is_valid = false;
  state_ = State::IDLE;
}

}  // namespace panel_meter
