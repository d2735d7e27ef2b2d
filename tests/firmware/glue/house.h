/// A house with one load before a board, for the tests of what lies between the measuring half and the board.
#pragma once

#include "measuring.h"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <map>
#include <vector>

using namespace panel_meter;

inline int failures = 0;

#define CHECK(condition) \
  do { \
    if (!(condition)) { \
      failures++; \
      std::printf("%s:%d: %s\n", __FILE__, __LINE__, #condition); \
    } \
  } while (false)

inline bool is_close(double value, double wanted, double relative) { return std::fabs(value - wanted) <= relative * std::fabs(wanted); }
inline bool is(Refusal refusal, const char *code) { return refusal != nullptr && std::strcmp(refusal, code) == 0; }

class MapStorage final : public Storage {
 public:
  size_t read(uint32_t key, uint8_t *data, size_t capacity) override {
    const auto found = blocks.find(key);
    if (found == blocks.end() || found->second.size() > capacity)
      return 0;
    std::memcpy(data, found->second.data(), found->second.size());
    return found->second.size();
  }
  bool write(uint32_t key, const uint8_t *data, size_t size) override {
    if (full)
      return false;
    blocks[key].assign(data, data + size);
    return true;
  }
  void erase(uint32_t key) override { blocks.erase(key); }

  std::map<uint32_t, std::vector<uint8_t>> blocks;
  bool full{false};
};

constexpr double PI = 3.14159265358979323846;
constexpr double VOLTS_PER_VOLT = 300;
constexpr double AMPERES_PER_VOLT = 30;

inline BoardSetup board_of(bool measures_voltage) {
  BoardSetup setup;
  setup.set_sampling({8000 * (measures_voltage ? 2U : 1U), 1.0F, 1250, 0, 2500, 50.0F, 50.0F, 230.0F});
  if (measures_voltage)
    CHECK(setup.add_voltage({"l1", 0, 0, 0.0F, static_cast<float>(VOLTS_PER_VOLT), 1.0F, 0.0F}));
  CHECK(setup.add_channel({"main", "Mains", Role::MAIN, Phase::L1, 63, 0, 1, nullptr, true, false, 1, 1, 1}));
  const uint8_t voltage = measures_voltage ? 0 : NO_VOLTAGE;
  CHECK(setup.add_leg({1, voltage, 0, static_cast<float>(AMPERES_PER_VOLT), 1, 0, 1, 0, 0}));
  return setup;
}

/// A house with one load.
struct House {
  double amperes{10};
  /// By how much the current lags the voltage, and by how much the transformer turns it forward; degrees.
  double lag{0};
  double lead{0};
  double noise{0};
  /// Parts of the fundamental in the current.
  double third{0};
  double fifth{0};
  double hertz{50};

  /// Lets so many seconds pass.
  void run(Measuring &measuring, double seconds) {
    const double root = std::sqrt(2.0);
    for (int count = 0; count < static_cast<int>(seconds * 8000); count++, place++) {
      const double time = static_cast<double>(place) / 8000;
      const double wave = 2 * PI * hertz * time;
      // The multiplexer takes the current half a scan later.
      const double later = 2 * PI * hertz * (time + 0.5 / 8000);
      seed = seed * 1664525U + 1013904223U;
      const double random = noise * (static_cast<double>(seed >> 8) / (1 << 24) - 0.5);
      const double volts = 230 * root * std::sin(wave) / VOLTS_PER_VOLT;
      const double harmonics = third * std::sin(3 * later + 1) + fifth * std::sin(5 * later);
      const double current = amperes * root * (std::sin(later - (lag - lead) * PI / 180) + harmonics) / AMPERES_PER_VOLT;
      const int16_t scan[2] = {static_cast<int16_t>(std::lround(volts * 10'000)),
                               static_cast<int16_t>(std::lround(current * 10'000 + random))};
      const std::lock_guard<Measuring> guard(measuring);
      measuring.push(scan, 0);
    }
  }

  uint64_t place{0};
  uint32_t seed{1};
};
