/// What is UTF-8 and what is not.
#pragma once

#include <cstdint>
#include <cstring>

namespace panel_meter {

/// One character of UTF-8 (RFC 3629: shortest form, no surrogates, at most U+10FFFF); nullptr if it is none.
inline const char *skip_utf8(const char *place, const char *end) {
  const auto lead = static_cast<uint8_t>(*place);
  if (lead < 0x80)
    return place + 1;
  const int length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || end - place < length)
    return nullptr;
  const auto second = static_cast<uint8_t>(place[1]);
  const uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (second < low || second > high)
    return nullptr;
  for (int index = 2; index < length; index++) {
    if ((static_cast<uint8_t>(place[index]) & 0xC0) != 0x80)
      return nullptr;
  }
  return place + length;
}

/// Whether all of it is UTF-8, up to its zero.
inline bool is_utf8(const char *text) {
  const char *end = text + std::strlen(text);
  while (text != nullptr && text < end)
    text = skip_utf8(text, end);
  return text != nullptr;
}

}  // namespace panel_meter
