#include "loads.h"

#include <cmath>
#include <sys/random.h>

namespace board {

namespace {

constexpr uint64_t MICROJOULES_PER_MWH = 3'600'000;

/// A number that only seems random (splitmix64).
uint64_t dice(uint64_t value) {
  value += 0x9E3779B97F4A7C15U;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31);
}

}  // namespace

House::House(uint32_t seed, std::function<Millis()> now) : seed_(seed), now_(std::move(now)), until_(now_()) {}

int64_t House::power_(size_t channel, int64_t second) const {
  const auto noise = static_cast<int64_t>(dice(static_cast<uint64_t>(second) * 8 + channel + this->seed_) % 5'000);
  switch (channel) {
    case 1:
      return 90'000 + noise + (second / 420 % 3 == 0 ? 1'850'000 : 0);
    case 2:
      return second / 900 % 2 == 0 ? 2'400'000 + noise : 0;
    case 3:
      return -(second / 1800 % 3 == 0 ? 0 : 3'100'000 + noise);
    default:
      return this->power_(1, second) + this->power_(2, second) + this->power_(3, second) + 45'000;
  }
}

int64_t House::with_gain_(size_t channel, int64_t power) const {
  return std::llround(static_cast<double>(power) * this->gains_[channel]);
}

void House::read_counters(uint64_t *energies) {
  const Millis now = this->now_();
  while (this->until_ < now) {
    const int64_t second = this->until_ / 1000;
    const Millis edge = (second + 1) * 1000 < now ? (second + 1) * 1000 : now;
    const int64_t span = edge - this->until_;
    for (size_t index = 0; index < REGISTER_COUNT; index++) {
      const size_t channel = REGISTERS[index].channel;
      const int64_t power = this->with_gain_(channel, this->power_(channel, second));
      const int64_t counted = REGISTERS[index].direction == panel_meter::Direction::IMPORT ? power : -power;
      this->microjoules_[index] += counted > 0 ? static_cast<uint64_t>(counted * span) : 0;
    }
    this->until_ = edge;
  }
  for (size_t index = 0; index < REGISTER_COUNT; index++)
    energies[index] = this->microjoules_[index] / MICROJOULES_PER_MWH;
}

void House::read_live(panel_meter::LiveValues &values) {
  const int64_t second = this->now_() / 1000;
  const auto wobble = static_cast<float>(dice(static_cast<uint64_t>(second)) % 100) / 50.0F - 1.0F;
  values.phase_count = 1;
  values.voltage[0] = 230.0F + wobble;
  values.frequency = 50.0F + wobble / 50.0F;
  values.temperature = 31.0F + wobble;
  for (size_t channel = 0; channel < CHANNEL_COUNT; channel++) {
    const auto power = static_cast<float>(this->with_gain_(channel, this->power_(channel, second))) / 1000.0F;
    const float factor = channel == 1 ? 0.92F : 1.0F;
    values.power[channel] = power;
    values.current[channel] = std::fabs(power) / factor / values.voltage[0];
    values.power_factor[channel] = power < 0 ? -factor : factor;
  }
}

Refusal House::calibrate(size_t channel, double gain) {
  uint64_t counted[REGISTER_COUNT];
  this->read_counters(counted);
  this->gains_[channel] = gain;
  return nullptr;
}

Refusal House::calibrate_to(size_t channel, double reference) {
  const int64_t power = this->power_(channel, this->now_() / 1000);
  const double gain = power == 0 ? 0 : reference * 1000 / static_cast<double>(power);
  return gain >= 0.5 && gain <= 2.0 ? this->calibrate(channel, gain) : "range";
}

Refusal House::zero(size_t) { return nullptr; }

Refusal House::set_phase(size_t, double) { return nullptr; }

size_t House::waveform(size_t channel, float *samples, size_t capacity) {
  const double watts = static_cast<double>(this->power_(channel, this->now_() / 1000)) / 1000;
  const size_t count = capacity < 160 ? capacity : 160;
  for (size_t index = 0; index < count; index++)
    samples[index] = static_cast<float>(watts / 230 * std::sqrt(2) * std::sin(static_cast<double>(index) * M_PI / 40));
  return count;
}

uint32_t House::random() {
  uint32_t value = 0;
  while (value == 0)
    (void) !::getrandom(&value, sizeof(value), 0);
  return value;
}

}  // namespace board
