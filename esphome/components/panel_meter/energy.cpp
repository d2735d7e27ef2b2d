#include "energy.h"

#include <cmath>

namespace panel_meter {

namespace {

/// nWh in a watt-second: 1 Ws = 1/3600 Wh.
constexpr double kNwhInWattSecond = 1e9 / 3600.0;
constexpr double kMostWatts = 1e8;
constexpr double kMostSeconds = 3600.0;

}  // namespace

void EnergyCounter::add_nwh(uint64_t nwh) {
  mwh_ += nwh / kNanoInMilli;
  rest_nwh_ += static_cast<uint32_t>(nwh % kNanoInMilli);
  if (rest_nwh_ >= kNanoInMilli) {
    rest_nwh_ -= static_cast<uint32_t>(kNanoInMilli);
    ++mwh_;
  }
}

GateOutput NoLoadGate::take(const GateSample &sample) {
  if (!std::isfinite(sample.value) || !(sample.seconds > 0.0))
    return GateOutput{};
  const double size = std::fabs(sample.value);
  if (size >= kDeviations * sample.noise && (size >= sample.creep || sample.has_current)) {
    shown_ = sample.value;
    return GateOutput{sample.value, sample.seconds};
  }
  sum_ += sample.value * sample.seconds;
  noise_squares_ += sample.noise * sample.seconds * sample.noise * sample.seconds;
  seconds_ += sample.seconds;
  seconds_with_current_ += sample.has_current ? sample.seconds : 0.0;
  GateOutput output;
  if (seconds_ >= kAveragedSeconds) {
    const double mean = sum_ / seconds_;
    const bool has_current = seconds_with_current_ * 2.0 > seconds_;
    const bool counts = std::fabs(mean) >= kDeviations * std::sqrt(noise_squares_) / seconds_ &&
                        (std::fabs(mean) >= sample.creep || has_current);
    quiet_value_ = counts ? mean : 0.0;
    output = GateOutput{quiet_value_, seconds_};
    sum_ = noise_squares_ = seconds_ = seconds_with_current_ = 0.0;
  }
  shown_ = quiet_value_;
  return output;
}

bool EnergyRegisters::book(double watts, double seconds) {
  if (!(std::fabs(watts) <= kMostWatts) || !(seconds >= 0.0 && seconds <= kMostSeconds))
    return false;
  const uint64_t nwh = static_cast<uint64_t>(std::llround(std::fabs(watts) * seconds * kNwhInWattSecond));
  (watts < 0.0 ? exported : imported).add_nwh(nwh);
  return true;
}

}  // namespace panel_meter
