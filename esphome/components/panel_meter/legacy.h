/// The formats of older systems, as an option: no journal, no acknowledgement; whatever is lost is lost.
#pragma once

#include "json_writer.h"
#include "transport.h"

namespace panel_meter {

/// What is published in older formats; a nullptr as name: not in that format. The texts must live as long as the board.
struct LegacyConfig {
  /// The last level of `DATA/PM/<panel>`.
  const char *panel;
  /// The last level of `electricity/building/floor/<apartment>`, and the floor that the body names.
  const char *apartment;
  const char *floor;
  /// Which channel and which register are meant.
  size_t channel;
  size_t reg;
};

/// `{"power_kw": .., "energy_kwh": ..}` of W and mWh; the energy is exact.
void write_data_pm(JsonWriter &json, double power, uint64_t energy);

/// `{"voltage": .., "current": .., "power": .., "apartment": .., "floor": ..}` of V, A and W.
void write_apartment(JsonWriter &json, double voltage, double current, double power, const char *apartment,
                     const char *floor);

/// Publishes once a minute, and of apartments every two seconds; while something is faulty, not at all.
class LegacyPublisher {
 public:
  LegacyPublisher(const LegacyConfig &config, Transport &transport) : config_(config), transport_(transport) {}

  /// To be called while there is a connection, with the present values and registers.
  void step(Millis now, const LiveValues &values, const uint64_t *energies);

 private:
  static constexpr Millis PANEL_PERIOD = 60 * SECOND;
  static constexpr Millis APARTMENT_PERIOD = 2 * SECOND;
  static constexpr size_t MAX_NAME_SIZE = 64;

  void publish_(const char *prefix, const char *name, const JsonWriter &json);

  const LegacyConfig &config_;
  Transport &transport_;
  Millis panel_at_{0};
  Millis apartment_at_{0};
};

}  // namespace panel_meter
