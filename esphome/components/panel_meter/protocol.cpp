#include "protocol.h"

namespace panel_meter {

Board::Board(const PanelConfig &config, Storage &storage, Transport &transport, Instrument &instrument)
    : config_(config),
      transport_(transport),
      instrument_(instrument),
      journals_(storage, cache_),
      checkpoints_(storage, cache_),
      settings_store_(storage, cache_),
      registers_(config.register_count),
      intervals_(journals_, registers_),
      desk_(*this, instrument) {
  make_topic(config, "status", this->status_topic_);
}

// -- power ----------------------------------------------------------------------------------------------------------

void Board::begin(Millis now) {
  this->booted_at_ = now;
  this->boot_ = this->instrument_.random();
  this->desk_.reset();
  this->settings_store_.load(this->config_, this->settings_);
  this->journals_.open();
  const bool saved = this->read_checkpoint_();
  const bool known = this->journals_.fits(this->config_);
  if (!known) {
    if (saved && !this->journals_.empty())
      this->close_foreign_journal_(this->checkpoint_);
    this->begin_journal_();
  }
  this->intervals_.reset(this->interval(), this->config_.always);
  this->restore_(known);
  this->intervals_.begin(now, known ? FLAG_REBOOT : uint16_t{0});
  const Ring &ring = this->journals_.present();
  if (saved && this->checkpoint_.journal == ring.shape().journal && this->checkpoint_.newest == ring.newest())
    this->intervals_.carry(static_cast<Millis>(this->checkpoint_.unrecorded), this->checkpoint_.flags);
  this->checkpoint_at_ = now + CHECKPOINT_PERIOD;
  this->live_at_ = now;
  char topic[MAX_TOPIC + 1];
  make_topic(this->config_, "ack", topic);
  this->transport_.subscribe(topic, 1);
  make_topic(this->config_, "command", topic);
  this->transport_.subscribe(topic, 1);
  this->transport_.subscribe(BIRTH_TOPIC, 1);
}

/// The newest checkpoint, and with it how far the host had stored each journal.
bool Board::read_checkpoint_() {
  if (!this->checkpoints_.load(this->checkpoint_)) {
    this->checkpoint_ = {};
    return false;
  }
  for (size_t index = 0; index < this->checkpoint_.watermark_count; index++) {
    const Watermark &mark = this->checkpoint_.watermarks[index];
    if (Ring *ring = this->journals_.find(mark.journal))
      ring->watermark = mark.seq < ring->newest() ? mark.seq : ring->newest();
  }
  return true;
}

/// Each register = max(checkpoint, newest row of the ring), if the journal is the one of before (B1).
void Board::restore_(bool known) {
  this->instrument_.read_counters(this->counters_);
  uint64_t energies[MAX_REGISTERS]{};
  Ring &ring = this->journals_.present();
  if (known && this->checkpoint_.journal == ring.shape().journal &&
      this->checkpoint_.register_count == this->config_.register_count)
    std::memcpy(energies, this->checkpoint_.energies, sizeof(energies));
  Record last;
  if (known && ring.newest() > 0 && ring.read(ring.newest(), last)) {
    for (size_t index = 0; index < this->config_.register_count; index++)
      energies[index] = last.energies[index] > energies[index] ? last.energies[index] : energies[index];
  }
  this->registers_.start(energies, this->counters_);
}

/// The board was flashed with other registers: what the old journal has counted since its last row becomes a row.
void Board::close_foreign_journal_(const Checkpoint &checkpoint) {
  Ring &ring = this->journals_.present();
  const size_t count = ring.shape().registers;
  Record row;
  if (checkpoint.journal != ring.shape().journal || checkpoint.register_count != count || ring.newest() == 0 ||
      checkpoint.newest != ring.newest() || !ring.read(ring.newest(), row))
    return;
  bool gained = false;
  for (size_t index = 0; index < count; index++) {
    gained = gained || checkpoint.energies[index] > row.energies[index];
    if (checkpoint.energies[index] > row.energies[index])
      row.energies[index] = checkpoint.energies[index];
  }
  if (!gained)
    return;
  const uint64_t seconds = checkpoint.unrecorded / SECOND;
  row.duration = static_cast<uint32_t>(seconds < 1 ? 1 : seconds < UINT32_MAX ? seconds : UINT32_MAX);
  row.end += row.duration;
  row.flags = static_cast<uint16_t>(checkpoint.flags | FLAG_REBOOT | FLAG_PARTIAL | this->config_.always);
  if (!ring.append(row))
    this->storage_failures_++;
}

bool Board::checkpoint(Millis now) {
  this->advance_();
  this->checkpoint_at_ = now + CHECKPOINT_PERIOD;
  Checkpoint &checkpoint = this->checkpoint_;
  checkpoint.journal = this->journal();
  checkpoint.newest = this->journals_.present().newest();
  checkpoint.unrecorded = static_cast<uint64_t>(this->intervals_.unrecorded(now));
  checkpoint.flags = this->intervals_.unrecorded_flags();
  checkpoint.watermark_count = static_cast<uint8_t>(this->journals_.count());
  for (size_t index = 0; index < this->journals_.count(); index++) {
    const Ring &ring = this->journals_.at(index);
    checkpoint.watermarks[index] = {ring.shape().journal, ring.watermark};
  }
  checkpoint.register_count = static_cast<uint8_t>(this->registers_.count());
  std::memcpy(checkpoint.energies, this->registers_.energies(), sizeof(checkpoint.energies));
  const bool saved = this->checkpoints_.save(checkpoint);
  this->storage_failures_ += saved ? 0 : 1;
  return saved;
}

void Board::shut_down(Millis now) {
  this->checkpoint(now);
  this->say_status_("offline");
  this->connected_ = false;
}

void Board::reboot_soon(Millis now) { this->reboot_at_ = now + REBOOT_DELAY; }

// -- time -----------------------------------------------------------------------------------------------------------

void Board::step(Millis now) {
  this->intervals_due_(now);
  if (now >= this->checkpoint_at_)
    this->checkpoint(now);
  if (now >= this->retry_at_) {
    this->retry_at_ = NEVER;
    this->sender_.expire(now);
  }
  if (this->connected_ && now >= this->quiet_until_) {
    this->announcements_due_(now);
    if (this->desk_.busy())
      this->desk_.step();
    this->records_due_(now);
    this->live_due_(now);
  }
  if (now >= this->reboot_at_) {
    this->reboot_at_ = NEVER;
    this->checkpoint(now);
    this->instrument_.reboot();
  }
}

void Board::set_clock(Millis now, Millis utc) {
  this->intervals_due_(now);
  this->advance_();
  this->intervals_.set_clock(now, utc);
}

Refusal Board::host_clock(uint64_t echoed_uptime, uint64_t utc_seconds, Millis now) {
  const uint64_t uptime = this->uptime(now);
  if (echoed_uptime > uptime || uptime - echoed_uptime > 5)
    return "uptime";
  this->set_clock(now, static_cast<Millis>(utc_seconds) * SECOND);
  return nullptr;
}

void Board::advance_() {
  this->instrument_.read_counters(this->counters_);
  this->registers_.advance(this->counters_);
  this->intervals_.mark(this->instrument_.take_flags());
}

void Board::intervals_due_(Millis now) {
  if (now < this->intervals_.ends_at())
    return;
  this->advance_();
  this->intervals_.end(now);
}

// -- journals -------------------------------------------------------------------------------------------------------

void Board::begin_journal_() {
  uint32_t journal = this->instrument_.random();
  while (journal == 0 || this->journals_.find(journal) != nullptr)
    journal++;
  if (!this->journals_.begin(this->config_, journal))
    this->storage_failures_++;
}

Refusal Board::new_journal(bool force, Millis now) {
  const bool waiting = this->journals_.present().unacknowledged() > 0;
  if (waiting && !force)
    return "unacknowledged";
  if (!this->journals_.has_room())
    return "draining";
  this->advance_();
  if (!this->intervals_.end_early(now) && !force)
    return "clock";
  this->journal_planned_ = true;
  if (force) {
    this->change_journal_(now);
  } else {
    this->change_if_drained_(now);
  }
  return nullptr;
}

void Board::change_if_drained_(Millis now) {
  if (this->journal_planned_ && this->journals_.present().unacknowledged() == 0)
    this->change_journal_(now);
}

void Board::change_journal_(Millis now) {
  this->journal_planned_ = false;
  // The host books what lies between the last record and this message as estimated (F3).
  this->live_message_(now);
  this->begin_journal_();
  this->registers_.start(nullptr, this->counters_);
  this->intervals_.forget_unstamped();
  this->intervals_.begin(now, 0);
  this->checkpoint(now);
  this->announce();
}

Refusal Board::resend(uint32_t journal, uint64_t seq) {
  Ring *ring = this->journals_.find(journal);
  if (ring == nullptr)
    return "journal";
  if (seq > uint64_t{ring->newest()} + 1)
    return "range";
  const auto first = static_cast<uint32_t>(seq > ring->oldest() ? seq : ring->oldest());
  ring->watermark = first - 1;
  this->sender_.moved();
  return nullptr;
}

uint32_t Board::unacknowledged() const {
  uint32_t sum = 0;
  for (size_t index = 0; index < this->journals_.count(); index++)
    sum += this->journals_.at(index).unacknowledged();
  return sum;
}

// -- settings -------------------------------------------------------------------------------------------------------

uint32_t Board::interval() const {
  return this->settings_.interval > 0 ? this->settings_.interval : this->config_.interval;
}

uint32_t Board::live_interval() const {
  return this->settings_.live_interval > 0 ? this->settings_.live_interval : this->config_.live_interval;
}

Refusal Board::change_interval(uint32_t seconds, Millis now) {
  if (!is_interval(seconds))
    return "range";
  this->settings_.interval = static_cast<uint16_t>(seconds);
  this->intervals_.set_length(seconds, now);
  this->save_settings_();
  return nullptr;
}

Refusal Board::change_live_interval(uint32_t seconds) {
  if (!is_live_interval(seconds))
    return "range";
  this->settings_.live_interval = static_cast<uint8_t>(seconds);
  this->save_settings_();
  return nullptr;
}

Refusal Board::rename(size_t channel, const char *name) {
  char *place = channel < this->config_.channel_count ? this->settings_.channel_names[channel] : this->settings_.name;
  const bool fitted = this->compose_info_(true).ok();
  char before[MAX_NAME + 1];
  std::memcpy(before, place, sizeof(before));
  std::memset(place, 0, sizeof(before));
  std::strncpy(place, name, MAX_NAME);
  if (fitted && !this->compose_info_(true).ok()) {
    std::memcpy(place, before, sizeof(before));
    return "range";
  }
  this->save_settings_();
  return nullptr;
}

void Board::save_settings_() {
  if (!this->settings_store_.save(this->config_, this->settings_))
    this->storage_failures_++;
  this->announce();
}

}  // namespace panel_meter
