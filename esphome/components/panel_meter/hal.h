/// What differs from platform to platform: hal_esp32.cpp and hal_host.cpp.
#pragma once

#include "measuring.h"

namespace panel_meter {

/// Feeds scans to a meter, from a task of its own.
class Sampler {
 public:
  virtual ~Sampler() = default;

  /// Begins to sample. nullptr, or why it cannot, as a sentence.
  virtual const char *start(const BoardSetup &setup, Measuring &measuring) = 0;
  /// How often the converter had to be started anew, and how many conversions were lost for want of room.
  virtual uint32_t restarts() const = 0;
  virtual uint32_t lost() const = 0;
};

/// The one sampler of this platform; it is made at the first call.
Sampler &platform_sampler();
/// Where blocks are kept on this platform.
Storage &platform_storage();
/// Steady time since some instant before the boot, in us.
uint64_t steady_us();
/// What this platform takes for the time, in ms UTC.
Millis utc_ms();
/// Whether what is measured is made up (F9).
bool is_simulated();

}  // namespace panel_meter
