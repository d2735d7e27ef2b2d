/// What a board needs of the world around the journal: somebody who carries messages, and something that measures.
#pragma once

#include "types.h"

namespace panel_meter {

/// Carries messages to the host and back: MQTT, or HTTP.
///
/// It tells the board of each connection and of its end (`Board::connected`, `Board::disconnected`), hands every message
/// of the topics subscribed to over to `Board::on_message`, and leaves the will `offline` on `Board::status_topic()`.
class Transport {
 public:
  /// False if it could not be taken; then nothing of it was sent.
  virtual bool publish(const char *topic, const char *payload, size_t size, uint8_t qos, bool retain) = 0;
  /// Listen to a topic, after every reconnection again; without wildcards.
  virtual void subscribe(const char *topic, uint8_t qos) = 0;

 protected:
  ~Transport() = default;
};

/// Why a command was refused; the text is the `error` of the response. nullptr: it was carried out.
using Refusal = const char *;

/// Measures, and carries out the commands that concern measuring.
class Instrument {
 public:
  /// Energy in mWh counted by each register since the instrument was switched on, in the order of the registers.
  virtual void read_counters(uint64_t *energies) = 0;
  virtual void read_live(LiveValues &values) = 0;
  /// Flags of F9 that came up since the last call: faults, clipping, another calibration.
  virtual uint16_t take_flags() = 0;

  /// An absolute gain, 0.5 to 2.0.
  virtual Refusal calibrate(size_t channel, double gain) = 0;
  /// The gain that makes the present power the reference, in W; refuses "range" outside of 0.5 to 2.0.
  virtual Refusal calibrate_to(size_t channel, double reference) = 0;
  /// Take what is measured now for nothing at all.
  virtual Refusal zero(size_t channel) = 0;
  /// An absolute phase correction in degrees, -15 to 15.
  virtual Refusal set_phase(size_t channel, double degrees) = 0;
  /// The newest samples in A; returns how many there are, at most `capacity`.
  virtual size_t waveform(size_t channel, float *samples, size_t capacity) = 0;

  /// Show which board this is, e.g. by a light.
  virtual void identify() = 0;
  /// A random number for boot and journal; not 0.
  virtual uint32_t random() = 0;
  /// Restart in good order; the registers have been written to flash.
  virtual void reboot() = 0;

 protected:
  ~Instrument() = default;
};

}  // namespace panel_meter
