#include "protocol.h"

namespace panel_meter {

namespace {

/// FNV-1a: boards that do something together shall not do it in the same moment.
uint32_t jitter_of(const char *id) {
  uint32_t hash = 2166136261U;
  for (; *id != '\0'; id++)
    hash = (hash ^ static_cast<uint8_t>(*id)) * 16777619U;
  return hash;
}

bool is_topic(const PanelConfig &config, const char *kind, const char *topic) {
  char own[MAX_TOPIC + 1];
  make_topic(config, kind, own);
  return std::strcmp(own, topic) == 0;
}

}  // namespace

void Board::connected(Millis now) {
  this->connected_ = this->info_due_ = this->online_due_ = true;
  this->quiet_until_ = now;
  // Boards that connect together do not speak together.
  this->live_at_ = now + jitter_of(this->config_.id) % SECOND;
  this->sender_.expire(now);
  this->step(now);
}

void Board::disconnected(Millis now) {
  this->connected_ = false;
  this->step(now);
}

void Board::on_message(const char *topic, const char *payload, size_t size, Millis now) {
  if (is_topic(this->config_, "ack", topic)) {
    this->on_ack(payload, size, now);
  } else if (is_topic(this->config_, "command", topic)) {
    this->on_command(payload, size, now);
  } else if (std::strcmp(topic, BIRTH_TOPIC) == 0 && size == 6 && std::memcmp(payload, "online", 6) == 0) {
    this->retry_at_ = now + jitter_of(this->config_.id) % (10 * SECOND);
  }
}

void Board::on_ack(const char *payload, size_t size, Millis now) {
  this->step(now);
  const JsonValue ack = size <= MAX_INBOUND ? parse_json(payload, size) : JsonValue();
  uint32_t host = 0;
  uint32_t journal = 0;
  uint64_t seq = 0;
  if (!member(ack, "host").as_hex(host) || !member(ack, "journal").as_hex(journal) ||
      !member(ack, "seq").as_integer(seq))
    return;
  Ring &ring = this->journals_.sending();
  if (journal != ring.shape().journal || seq > ring.newest())
    return;
  const auto watermark = static_cast<uint32_t>(seq > ring.oldest() - 1 ? seq : ring.oldest() - 1);
  if (watermark != ring.watermark) {
    ring.watermark = watermark;
    this->sender_.moved();
  }
  this->change_if_drained_(now);
  this->step(now);
}

void Board::on_command(const char *payload, size_t size, Millis now) {
  this->step(now);
  this->desk_.on_command(payload, size, now);
  this->step(now);
}

JsonWriter Board::compose_info_(bool with_names) {
  const Ring &ring = this->journals_.present();
  const Announcement announcement = {this->boot_, ring.shape().journal, this->interval(), this->live_interval(),
                                     ring.shape().capacity};
  JsonWriter json = this->compose(MAX_INFO);
  write_info(json, this->config_, this->settings_, announcement, with_names);
  return json;
}

void Board::announcements_due_(Millis now) {
  if (this->info_due_) {
    JsonWriter json = this->compose_info_(true);
    if (!json.ok())
      json = this->compose_info_(false);
    if (!this->publish_("info", json, 1, true)) {
      this->quiet_until_ = now + PAUSE;
      return;
    }
    this->info_due_ = false;
  }
  if (this->online_due_) {
    this->online_due_ = !this->say_status_("online");
    if (this->online_due_)
      this->quiet_until_ = now + PAUSE;
  }
}

void Board::records_due_(Millis now) {
  Ring &ring = this->journals_.sending();
  if (ring.unacknowledged() == 0 || !this->sender_.due(now))
    return;
  JsonWriter json = this->compose(BUFFER);
  if (!write_records(json, this->journals_, ring, &ring != &this->journals_.present(), this->record_limit_))
    return;
  if (this->publish_("record", json, 1, false)) {
    this->sender_.sent(now);
  } else {
    this->quiet_until_ = now + PAUSE;
  }
}

void Board::live_due_(Millis now) {
  if (now < this->live_at_)
    return;
  this->live_message_(now);
  const Millis period = static_cast<Millis>(this->live_interval()) * SECOND;
  const Millis passed = (now - this->live_at_) / period * period + period;
  this->live_at_ += passed;
}

void Board::live_message_(Millis now) {
  this->advance_();
  if (!this->connected_)
    return;
  this->instrument_.read_live(this->live_);
  const LiveHead head = {this->journal(), this->boot_, this->uptime(now), this->time(now)};
  JsonWriter json = this->compose(MAX_LIVE);
  write_live(json, this->config_, head, this->live_, this->energies());
  this->publish_("live", json, 0, false);
}

JsonWriter Board::compose(size_t capacity) { return {this->buffer_, capacity < BUFFER ? capacity : BUFFER}; }

bool Board::respond(const JsonWriter &json) { return this->publish_("response", json, 1, false); }

bool Board::publish_(const char *kind, const JsonWriter &json, uint8_t qos, bool retain) {
  char topic[MAX_TOPIC + 1];
  make_topic(this->config_, kind, topic);
  return this->connected_ && json.ok() && this->transport_.publish(topic, json.data(), json.size(), qos, retain);
}

bool Board::say_status_(const char *word) {
  return this->connected_ && this->transport_.publish(this->status_topic_, word, std::strlen(word), 1, true);
}

}  // namespace panel_meter
