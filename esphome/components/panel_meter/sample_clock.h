#pragma once

#include <cstdint>

namespace panel_meter {

/// Measures how many scans come in a second. What a chip is asked for is not what it does (an ESP32 delivers about
/// eighty hundredths of it), so scans are counted against the microsecond timer.
class SampleClock {
 public:
  explicit SampleClock(double nominal_rate = 8000.0) : rate_(nominal_rate) {}

  /// Says that `scans` more scans had come at this time. Times may jitter by some milliseconds: the task that reads the
  /// converter is late now and then.
  void observe(uint32_t scans, uint64_t time_us);

  /// Scans were lost: what is counted now begins anew, and the rate known so far stays until there is a better one.
  void interrupt() { is_running_ = false; }

  /// Scans in a second.
  double rate() const { return rate_; }
  /// How long the present rate was measured, in seconds; 0: it is only expected.
  double measured_seconds() const { return measured_seconds_; }

 private:
  struct Mark {
    uint64_t scans{0};
    uint64_t time_us{0};
  };

  double rate_;
  double measured_seconds_{0.0};
  bool is_running_{false};
  uint64_t scans_{0};
  Mark from_{};
  Mark middle_{};
};

}  // namespace panel_meter
