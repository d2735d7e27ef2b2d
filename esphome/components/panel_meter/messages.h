/// The topics of a board and the payloads that it sends (sections 2 and 3 of the protocol).
#pragma once

#include "journals.h"
#include "settings.h"

namespace panel_meter {

/// Why this cannot be the configuration of a board, as a sentence; nullptr if it can.
const char *problem_of(const PanelConfig &config);

/// `<base>/1/<id>/<kind>`; `out` has MAX_TOPIC + 1 bytes.
void make_topic(const PanelConfig &config, const char *kind, char *out);

/// What is announced beside the configuration and the settings.
struct Announcement {
  uint32_t boot;
  uint32_t journal;
  uint32_t interval;
  uint32_t live_interval;
  /// Rows.
  uint32_t capacity;
};

/// `info`; names are left out where they would make it longer than the writer has room.
void write_info(JsonWriter &json, const PanelConfig &config, const Settings &settings, const Announcement &now,
                bool with_names = true);

/// Where and when `live` is of.
struct LiveHead {
  uint32_t journal;
  uint32_t boot;
  uint64_t uptime;  ///< seconds
  int64_t time;     ///< seconds UTC; 0: no clock
};

void write_live(JsonWriter &json, const PanelConfig &config, const LiveHead &head, const LiveValues &values,
                const uint64_t *energies);

/// The oldest unacknowledged rows of a ring, up to `most` bytes or one row; `named` adds the registers (F3).
/// Rows that can no longer be read are given up. False if there is nothing to send.
bool write_records(JsonWriter &json, Journals &journals, Ring &ring, bool named, size_t most = MAX_RECORD);

}  // namespace panel_meter
