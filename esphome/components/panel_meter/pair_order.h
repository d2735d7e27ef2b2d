/// In which order the first ESP32 stores its conversions.
#pragma once

#include <cstddef>
#include <cstdint>

namespace panel_meter {

/// Whether the two results of each pair are exchanged. The I2S unit of the first ESP32 takes two results of 16 bits at
/// once and stores the later one first (figure 70 of its reference manual); should a driver mend that one day, the
/// order of the inputs tells. `inputs`: an even number of them, `pattern`: how many take turns. With less than three,
/// both orders look alike, and the manual is believed.
inline bool are_pairs_exchanged(const uint8_t *inputs, size_t count, size_t pattern) {
  size_t straight = 0;
  size_t exchanged = 0;
  for (size_t place = 0; place + 1 < count; place++) {
    if (inputs[place + 1] == (inputs[place] + 1U) % pattern)
      straight++;
    const size_t next = (place + 1) ^ 1U;
    if (next < count && inputs[next] == (inputs[place ^ 1U] + 1U) % pattern)
      exchanged++;
  }
  return exchanged >= straight;
}

}  // namespace panel_meter
