#include "pulses.h"

namespace panel_meter {

namespace {

constexpr uint64_t MWH_IN_KWH = 1000000;
/// 1 kWh = 3.6e6 Ws; times are in microseconds.
constexpr double WATT_MICROSECONDS_IN_KWH = 3.6e12;

}  // namespace

bool PulseCounter::configure(uint32_t pulses_per_kwh, uint32_t least_us) {
  if (pulses_per_kwh == 0 || pulses_per_kwh > MWH_IN_KWH)
    return false;
  *this = PulseCounter{};
  pulses_per_kwh_ = pulses_per_kwh;
  least_us_ = least_us;
  return true;
}

bool PulseCounter::edge(uint64_t time_us) {
  if (has_edge_ && (time_us < last_us_ || time_us - last_us_ < least_us_))
    return false;
  distance_us_ = has_edge_ ? time_us - last_us_ : 0;
  last_us_ = time_us;
  has_edge_ = true;
  ++pulses_;
  rest_ += MWH_IN_KWH;
  mwh_ += rest_ / pulses_per_kwh_;
  rest_ %= pulses_per_kwh_;
  return true;
}

double PulseCounter::watts(uint64_t now_us) const {
  if (distance_us_ == 0)
    return 0.0;
  const uint64_t waiting = now_us > last_us_ ? now_us - last_us_ : 0;
  const uint64_t distance = waiting > distance_us_ ? waiting : distance_us_;
  return WATT_MICROSECONDS_IN_KWH / pulses_per_kwh_ / static_cast<double>(distance);
}

}  // namespace panel_meter
