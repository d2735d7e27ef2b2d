#include "harmonics.h"

#include <cmath>

namespace panel_meter {

namespace {

/// In radians.
constexpr double HALF_TURN = 3.14159265358979323846;

double mean_of(const int16_t *samples, size_t count) {
  int64_t sum = 0;
  for (size_t index = 0; index < count; ++index)
    sum += samples[index];
  return count == 0 ? 0.0 : static_cast<double>(sum) / static_cast<double>(count);
}

double half_turned(double degrees) { return degrees - 360.0 * std::floor((degrees + 180.0) / 360.0); }

}  // namespace

bool WaveformCapture::arm(uint8_t voltage, uint8_t current, uint8_t inputs, size_t scans) {
  if (scans == 0 || scans > MAX_CAPTURED || current >= inputs || (voltage != NO_VOLTAGE && voltage >= inputs))
    return false;
  voltage_ = voltage;
  current_ = current;
  wanted_ = scans;
  taken_ = 0;
  return true;
}

bool WaveformCapture::take(const int16_t *scan) {
  if (!is_armed())
    return false;
  voltage_samples_[taken_] = voltage_ == NO_VOLTAGE ? int16_t{0} : scan[voltage_];
  current_samples_[taken_] = scan[current_];
  ++taken_;
  return taken_ == wanted_;
}

uint32_t HarmonicAnalysis::cycles_that_fit(double cycle_scans, double frequency) {
  if (!(cycle_scans >= 1.0))
    return 0;
  const uint32_t wanted = frequency > 55.0 ? 12 : 10;
  const double fitting = std::floor((static_cast<double>(MAX_CAPTURED) - 0.5) / cycle_scans);
  return fitting < wanted ? static_cast<uint32_t>(fitting) : wanted;
}

size_t HarmonicAnalysis::scans_of(uint32_t cycles, double cycle_scans) {
  return static_cast<size_t>(std::llround(cycles * cycle_scans));
}

bool HarmonicAnalysis::begin(const WaveformCapture &capture, double cycle_scans, double skew) {
  if (!capture.is_full() || !(cycle_scans > 2.0 * MAX_HARMONIC) || !std::isfinite(skew))
    return false;
  const double cycles = static_cast<double>(capture.size()) / cycle_scans;
  if (cycles < 0.5 || std::fabs(cycles - std::round(cycles)) * cycle_scans > 0.75)
    return false;
  capture_ = &capture;
  cycle_scans_ = cycle_scans;
  skew_ = skew;
  voltage_mean_ = mean_of(capture.voltage(), capture.size());
  current_mean_ = mean_of(capture.current(), capture.size());
  next_ = 1;
  return true;
}

// s[n] = x[n] + 2 cos(w) s[n-1] - s[n-2]; the amplitude is 2/N |s[N-1] - e^(-jw) s[N-2]|. Its phase is that of the last
// sample, so it is turned back by (N - 1) w to the first one.
Harmonic HarmonicAnalysis::goertzel(const int16_t *samples, double mean, size_t order) const {
  const double step = 2.0 * HALF_TURN * static_cast<double>(order) / cycle_scans_;
  const double cosine = std::cos(step);
  const size_t count = capture_->size();
  double last = 0.0;
  double before = 0.0;
  for (size_t index = 0; index < count; ++index) {
    const double now = samples[index] - mean + 2.0 * cosine * last - before;
    before = last;
    last = now;
  }
  const double real = last - before * cosine;
  const double imaginary = before * std::sin(step);
  const double size = std::sqrt(real * real + imaginary * imaginary);
  const double angle = std::atan2(imaginary, real) - step * static_cast<double>(count - 1);
  return Harmonic{size * std::sqrt(2.0) / static_cast<double>(count), half_turned(angle * 180.0 / HALF_TURN)};
}

bool HarmonicAnalysis::step() {
  if (capture_ == nullptr)
    return false;
  if (next_ <= MAX_HARMONIC) {
    voltage_[next_] = capture_->voltage_input() == NO_VOLTAGE
                          ? Harmonic{}
                          : goertzel(capture_->voltage(), voltage_mean_, next_);
    current_[next_] = goertzel(capture_->current(), current_mean_, next_);
    // The current was converted later; at the moment of the voltage its phase was smaller.
    current_[next_].degrees -= 360.0 * static_cast<double>(next_) * skew_ / cycle_scans_;
    ++next_;
  }
  return next_ > MAX_HARMONIC;
}

double HarmonicAnalysis::lag_degrees(size_t order) const {
  return half_turned(voltage_[order].degrees - current_[order].degrees);
}

double HarmonicAnalysis::product(size_t order) const {
  return voltage_[order].rms * current_[order].rms * std::cos(lag_degrees(order) * HALF_TURN / 180.0);
}

double HarmonicAnalysis::distortion_of(const Harmonic *harmonics) {
  double squares = 0.0;
  for (size_t order = 2; order <= MAX_HARMONIC; ++order)
    squares += harmonics[order].rms * harmonics[order].rms;
  return harmonics[1].rms > 0.0 ? std::sqrt(squares) / harmonics[1].rms : 0.0;
}

}  // namespace panel_meter
