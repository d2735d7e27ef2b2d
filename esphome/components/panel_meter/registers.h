/// The cumulative registers of a board: what was stored, plus what the instrument has counted since.
#pragma once

#include "types.h"

namespace panel_meter {

class Registers {
 public:
  explicit Registers(size_t count) : count_(count) {}

  /// Go on from these energies (nullptr: from zero), while the counters of the instrument stand at `counters`; mWh.
  void start(const uint64_t *energies, const uint64_t *counters) {
    for (size_t index = 0; index < this->count_; index++) {
      this->energies_[index] = energies == nullptr ? 0 : energies[index];
      this->seen_[index] = counters[index];
    }
  }

  /// Take what the counters have gained; one that fell has gained nothing.
  void advance(const uint64_t *counters) {
    for (size_t index = 0; index < this->count_; index++) {
      const uint64_t gained = counters[index] > this->seen_[index] ? counters[index] - this->seen_[index] : 0;
      const uint64_t room = MAX_ENERGY - this->energies_[index];
      this->energies_[index] += gained < room ? gained : room;
      this->seen_[index] = counters[index];
    }
  }

  /// mWh, in the order of the wire.
  const uint64_t *energies() const { return this->energies_; }
  size_t count() const { return this->count_; }

 private:
  size_t count_;
  uint64_t energies_[MAX_REGISTERS]{};
  uint64_t seen_[MAX_REGISTERS]{};
};

}  // namespace panel_meter
