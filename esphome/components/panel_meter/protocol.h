/// A board that follows protocol v1: every rule of section 4, without I/O and without a clock of its own.
#pragma once

#include "commands.h"
#include "intervals.h"
#include "messages.h"
#include "sender.h"

namespace panel_meter {

/// Drive it with `step`, `connected`, `disconnected` and `on_message`, all from one thread.
///
/// `now` is the steady time since the board was switched on, in ms; it never falls. Nothing is allocated.
class Board {
 public:
  /// Tells that a host has come back: "try again now".
  static constexpr const char *BIRTH_TOPIC = "homeassistant/status";

  Board(const PanelConfig &config, Storage &storage, Transport &transport, Instrument &instrument);

  /// Boot (B1). To be called once, with a configuration in which `problem_of` finds nothing.
  void begin(Millis now);
  /// Do what is due; to be called at least every second.
  void step(Millis now);
  /// The transport has a connection, and has subscribed again to what the board listens to.
  void connected(Millis now);
  void disconnected(Millis now);
  /// Something arrived on a topic that the board listens to. Nothing of it needs to be valid.
  void on_message(const char *topic, const char *payload, size_t size, Millis now);
  void on_ack(const char *payload, size_t size, Millis now);
  void on_command(const char *payload, size_t size, Millis now);
  /// A clock came, or another time (B3, B6): ms UTC. To be called after each synchronisation.
  void set_clock(Millis now, Millis utc);
  /// Send record messages of at most so many bytes, or of one row; at most MAX_RECORD.
  void limit_records(size_t bytes) { this->record_limit_ = bytes < MAX_RECORD ? bytes : MAX_RECORD; }
  /// Write the registers to flash at once: when the mains fail, before a restart. False: they could not be written.
  bool checkpoint(Millis now);
  /// The end of this board: a checkpoint and a last word.
  void shut_down(Millis now);

  // What is known.
  const PanelConfig &config() const { return this->config_; }
  /// The retained message of this topic is the will `offline`, with QoS 1.
  const char *status_topic() const { return this->status_topic_; }
  uint32_t boot() const { return this->boot_; }
  uint32_t journal() const { return this->journals_.present().shape().journal; }
  /// mWh, in the order of the registers, as of the newest live message, record or checkpoint.
  const uint64_t *energies() const { return this->registers_.energies(); }
  /// Seconds since the boot.
  uint64_t uptime(Millis now) const { return static_cast<uint64_t>((now - this->booted_at_) / SECOND); }
  /// Seconds UTC; 0 without a clock (F2).
  int64_t time(Millis now) const { return this->intervals_.clock(now) / SECOND; }
  uint32_t interval() const;
  uint32_t live_interval() const;
  /// Rows that wait for an ack, of all journals.
  uint32_t unacknowledged() const;
  /// Writes to flash that failed since the boot.
  uint32_t storage_failures() const { return this->storage_failures_; }

  // What commands do; each tells the host what took effect.
  Refusal change_interval(uint32_t seconds, Millis now);
  Refusal change_live_interval(uint32_t seconds);
  /// The name of a channel, or of the panel where `channel` is channel_count.
  Refusal rename(size_t channel, const char *name);
  Refusal resend(uint32_t journal, uint64_t seq);
  Refusal new_journal(bool force, Millis now);
  Refusal host_clock(uint64_t echoed_uptime, uint64_t utc_seconds, Millis now);
  void reboot_soon(Millis now);
  /// Set flags of the open interval.
  void mark(uint16_t flags) { this->intervals_.mark(flags); }
  /// Say `info` again.
  void announce() { this->info_due_ = true; }
  /// A writer into the buffer of outgoing messages, and what sends it. False: the transport did not take it.
  JsonWriter compose(size_t capacity);
  bool respond(const JsonWriter &json);

 private:
  static constexpr Millis CHECKPOINT_PERIOD = 55 * SECOND;  // B1 asks for 60
  static constexpr Millis PAUSE = SECOND;                   // before the transport is tried again
  static constexpr Millis REBOOT_DELAY = SECOND / 2;        // the answer goes out first
  static constexpr size_t BUFFER = MAX_INFO;

  void advance_();
  void restore_(bool known);
  void close_foreign_journal_(const Checkpoint &checkpoint);
  void begin_journal_();
  bool read_checkpoint_();
  void change_journal_(Millis now);
  void change_if_drained_(Millis now);
  void intervals_due_(Millis now);
  void announcements_due_(Millis now);
  void records_due_(Millis now);
  void live_due_(Millis now);
  void live_message_(Millis now);
  void save_settings_();
  JsonWriter compose_info_(bool with_names);
  bool publish_(const char *kind, const JsonWriter &json, uint8_t qos, bool retain);
  bool say_status_(const char *word);

  const PanelConfig &config_;
  Transport &transport_;
  Instrument &instrument_;
  BlockCache cache_;
  Journals journals_;
  CheckpointStore checkpoints_;
  SettingsStore settings_store_;
  Registers registers_;
  Intervals intervals_;
  CommandDesk desk_;
  Sender sender_;
  Settings settings_{};
  Checkpoint checkpoint_{};
  LiveValues live_{};
  uint64_t counters_[MAX_REGISTERS]{};
  char buffer_[BUFFER];
  char status_topic_[MAX_TOPIC + 1]{};
  uint32_t boot_{0};
  uint32_t storage_failures_{0};
  Millis booted_at_{0};
  Millis checkpoint_at_{0};
  Millis live_at_{0};
  Millis quiet_until_{0};  ///< nothing is sent before: the transport did not take something
  Millis retry_at_{NEVER};
  Millis reboot_at_{NEVER};
  size_t record_limit_{MAX_RECORD};
  bool connected_{false};
  bool info_due_{false};
  bool online_due_{false};
  bool journal_planned_{false};

  static constexpr Millis NEVER = INT64_MAX;
};

}  // namespace panel_meter
