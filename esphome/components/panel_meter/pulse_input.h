/// Pins that count the pulses of another meter.
#pragma once

#include "esphome/core/gpio.h"
#include "esphome/core/hal.h"

#include "measuring.h"

namespace panel_meter {

/// Notes when each pulse began, in the interrupt, and hands that over in the loop.
class PulseInput {
 public:
  PulseInput(esphome::InternalGPIOPin *pin, size_t index) : pin_(pin), index_(index) {}

  void setup() {
    pin_->setup();
    pin_->attach_interrupt(&PulseInput::on_edge, this, esphome::gpio::INTERRUPT_RISING_EDGE);
  }

  void loop(Measuring &measuring) {
    const uint32_t begun = begun_;
    // More than these between two rounds of the loop are bouncing.
    if (begun - taken_ > NOTED)
      taken_ = begun - NOTED;
    for (; taken_ != begun; taken_++) {
      const uint32_t ago = esphome::micros() - noted_[taken_ % NOTED];
      measuring.pulse(index_, steady_us() - ago);
    }
  }

 private:
  static constexpr uint32_t NOTED = 16;

  static void IRAM_ATTR on_edge(PulseInput *self) {
    const uint32_t place = self->begun_;
    self->noted_[place % NOTED] = esphome::micros();
    self->begun_ = place + 1;
  }

  esphome::InternalGPIOPin *pin_;
  size_t index_;
  volatile uint32_t noted_[NOTED]{};
  volatile uint32_t begun_{0};
  uint32_t taken_{0};
};

}  // namespace panel_meter
