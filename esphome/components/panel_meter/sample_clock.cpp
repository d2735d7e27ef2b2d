#include "sample_clock.h"

namespace panel_meter {

namespace {

constexpr double MIN_SECONDS = 1.0;
/// The rate is measured over one to two of these.
constexpr uint64_t SPAN_US = 150000000;

}  // namespace

void SampleClock::observe(uint32_t scans, uint64_t time_us) {
  scans_ += scans;
  if (!is_running_ || time_us < middle_.time_us) {
    from_ = middle_ = Mark{scans_, time_us};
    is_running_ = true;
    return;
  }
  const double seconds = static_cast<double>(time_us - from_.time_us) / 1e6;
  const bool is_better = seconds >= measured_seconds_ || time_us - from_.time_us >= SPAN_US;
  if (seconds >= MIN_SECONDS && is_better && scans_ > from_.scans) {
    rate_ = static_cast<double>(scans_ - from_.scans) / seconds;
    measured_seconds_ = seconds;
  }
  if (time_us - middle_.time_us >= SPAN_US) {
    from_ = middle_;
    middle_ = Mark{scans_, time_us};
  }
}

}  // namespace panel_meter
