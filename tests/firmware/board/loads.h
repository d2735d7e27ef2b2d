/// A small house whose loads are known exactly, so that its registers can be checked.
#pragma once

#include "transport.h"

#include <functional>

namespace board {

using panel_meter::Millis;
using panel_meter::Refusal;

/// The panel of the house: mains with import and export, two circuits, and solar panels.
const panel_meter::ChannelInfo CHANNELS[] = {
    {"main", "Mains", panel_meter::Role::MAIN, panel_meter::Phase::L1, 63, 0, 2, nullptr},
    {"kitchen", "Kitchen", panel_meter::Role::CIRCUIT, panel_meter::Phase::L1, 20, 1, 1, nullptr},
    {"boiler", "Boiler", panel_meter::Role::CIRCUIT, panel_meter::Phase::L1, 25, 2, 0, nullptr},
    {"solar", "Solar", panel_meter::Role::SOLAR, panel_meter::Phase::L1, 16, 3, 0, nullptr},
};
const panel_meter::RegisterInfo REGISTERS[] = {
    {0, panel_meter::Direction::IMPORT}, {0, panel_meter::Direction::EXPORT}, {1, panel_meter::Direction::IMPORT},
    {2, panel_meter::Direction::IMPORT}, {3, panel_meter::Direction::EXPORT},
};
constexpr size_t CHANNEL_COUNT = 4;
constexpr size_t REGISTER_COUNT = 5;

/// Power that is constant within each second of UTC, counted exactly in microjoules.
class House final : public panel_meter::Instrument {
 public:
  /// Switched on at an instant of true time, in ms UTC; counters are taken at what `now` says.
  House(uint32_t seed, std::function<Millis()> now);

  void read_counters(uint64_t *energies) override;
  void read_live(panel_meter::LiveValues &values) override;
  uint16_t take_flags() override { return 0; }
  Refusal calibrate(size_t channel, double gain) override;
  Refusal calibrate_to(size_t channel, double reference) override;
  Refusal zero(size_t channel) override;
  Refusal set_phase(size_t channel, double degrees) override;
  size_t waveform(size_t channel, float *samples, size_t capacity) override;
  void identify() override {}
  uint32_t random() override;
  void reboot() override { this->rebooting = true; }

  bool rebooting{false};

 private:
  /// mW of a channel in a second of UTC, import positive.
  int64_t power_(size_t channel, int64_t second) const;
  int64_t with_gain_(size_t channel, int64_t power) const;

  uint32_t seed_;
  std::function<Millis()> now_;
  Millis until_;
  uint64_t microjoules_[REGISTER_COUNT]{};
  double gains_[CHANNEL_COUNT]{1, 1, 1, 1};
};

}  // namespace board
