#include "energy.h"

#include <cmath>

namespace panel_meter {

namespace {

/// nWh in a watt-second: 1 Ws = 1/3600 Wh.
constexpr double NWH_IN_WATT_SECOND = 1e9 / 3600.0;
constexpr double MAX_WATTS = 1e8;
constexpr double MAX_SECONDS = 3600.0;

}  // namespace

void EnergyCounter::add_nwh(uint64_t nwh) {
  mwh_ += nwh / NANO_IN_MILLI;
  rest_nwh_ += static_cast<uint32_t>(nwh % NANO_IN_MILLI);
  if (rest_nwh_ >= NANO_IN_MILLI) {
    rest_nwh_ -= static_cast<uint32_t>(NANO_IN_MILLI);
    ++mwh_;
  }
}

GateOutput NoLoadGate::take(const GateSample &sample) {
  if (!std::isfinite(sample.value) || !(sample.seconds > 0.0))
    return GateOutput{};
  const double size = std::fabs(sample.value);
  if (size >= DEVIATIONS * sample.noise && (size >= sample.creep || sample.has_current)) {
    shown_ = sample.value;
    return GateOutput{sample.value, sample.seconds};
  }
  sum_ += sample.value * sample.seconds;
  noise_squares_ += sample.noise * sample.seconds * sample.noise * sample.seconds;
  seconds_ += sample.seconds;
  seconds_with_current_ += sample.has_current ? sample.seconds : 0.0;
  GateOutput output;
  // Windows are not exactly a second: sixty of them are a minute, even if they are a little short.
  if (seconds_ + sample.seconds / 2.0 >= AVERAGED_SECONDS) {
    const double mean = sum_ / seconds_;
    const bool has_current = seconds_with_current_ * 2.0 > seconds_;
    const bool counts = std::fabs(mean) >= DEVIATIONS * std::sqrt(noise_squares_) / seconds_ &&
                        (std::fabs(mean) >= sample.creep || has_current);
    quiet_value_ = counts ? mean : 0.0;
    output = GateOutput{quiet_value_, seconds_};
    sum_ = noise_squares_ = seconds_ = seconds_with_current_ = 0.0;
  }
  shown_ = quiet_value_;
  return output;
}

bool EnergyRegisters::book(double watts, double seconds) {
  if (!(std::fabs(watts) <= MAX_WATTS) || !(seconds >= 0.0 && seconds <= MAX_SECONDS))
    return false;
  const uint64_t nwh = static_cast<uint64_t>(std::llround(std::fabs(watts) * seconds * NWH_IN_WATT_SECOND));
  (watts < 0.0 ? exported : imported).add_nwh(nwh);
  return true;
}

}  // namespace panel_meter
