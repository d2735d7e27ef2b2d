#include "scan.h"

namespace panel_meter {

bool ScanAssembler::configure(const uint8_t *channels, size_t count) {
  if (count == 0 || count > MAX_INPUTS)
    return false;
  ScanAssembler fresh;
  fresh.inputs_ = count;
  for (uint8_t &input : fresh.input_of_)
    input = MAX_INPUTS;
  for (size_t input = 0; input < count; ++input) {
    if (channels[input] >= sizeof(fresh.input_of_) || fresh.input_of_[channels[input]] != MAX_INPUTS)
      return false;
    fresh.input_of_[channels[input]] = static_cast<uint8_t>(input);
  }
  *this = fresh;
  return true;
}

size_t ScanAssembler::input_of(uint8_t channel) const {
  return channel < sizeof(input_of_) ? input_of_[channel] : MAX_INPUTS;
}

void ScanAssembler::finish() {
  const uint32_t all = (1u << inputs_) - 1u;
  missing_ = all & ~seen_;
  for (size_t input = 0; input < inputs_; ++input)
    scan_[input] = building_[input];
  seen_ = 0;
}

bool ScanAssembler::take(uint8_t channel, int16_t counts) {
  const size_t input = input_of(channel);
  if (input >= inputs_) {
    ++foreign_;
    return false;
  }
  // An input that is not behind all that were seen belongs to the next scan.
  const bool is_next = (seen_ >> input) != 0;
  if (is_next)
    finish();
  building_[input] = counts;
  seen_ |= 1u << input;
  if (is_next || input + 1 < inputs_)
    return is_next;
  finish();
  return true;
}

}  // namespace panel_meter
