/// The entities that calibrate a board from Home Assistant or from its own web page.
#pragma once

#include "esphome/core/defines.h"

#include "panel_meter_component.h"

#ifdef USE_PANEL_METER_NUMBERS
#include "esphome/components/number/number.h"
#endif
#ifdef USE_PANEL_METER_BUTTONS
#include "esphome/components/button/button.h"
#endif

namespace panel_meter {

#ifdef USE_PANEL_METER_NUMBERS
/// What is compared with a reference meter: the power of a channel, or a voltage input.
enum class Reference : uint8_t { POWER, VOLTAGE };

/// What a reference meter shows: entering it sets the gain. The number shows what was last taken.
class ReferenceNumber final : public esphome::number::Number {
 public:
  ReferenceNumber(PanelMeter *meter, Reference reference) : meter_(meter), reference_(reference) {}
  void set_place(size_t place) { place_ = place; }

 protected:
  void control(float value) override {
    const bool taken = reference_ == Reference::VOLTAGE ? meter_->take_reference_voltage(place_, value)
                                                        : meter_->take_reference_power(place_, value);
    if (taken)
      this->publish_state(value);
  }

 private:
  PanelMeter *meter_;
  Reference reference_;
  size_t place_{0};
};
#endif

#ifdef USE_PANEL_METER_BUTTONS
/// One step of calibrating a channel.
class CalibrationButton final : public esphome::button::Button {
 public:
  CalibrationButton(PanelMeter *meter, Step step) : meter_(meter), step_(step) {}
  void set_place(size_t place) { place_ = place; }

 protected:
  void press_action() override { meter_->take_step(step_, place_); }

 private:
  PanelMeter *meter_;
  Step step_;
  size_t place_{0};
};
#endif

}  // namespace panel_meter
