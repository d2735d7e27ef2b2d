#include "commands.h"

#include "protocol.h"

namespace panel_meter {

namespace {

/// Bytes of a response around id and samples, and of one sample at most.
constexpr size_t PART_FRAME = 64;
constexpr size_t SAMPLE_SIZE = 10;
constexpr double MAX_SAMPLE = 99'999;

/// The value under `key`, or under "value".
JsonValue value_of(const JsonValue &command, const char *key) {
  const JsonValue value = member(command, key);
  return value.missing() ? member(command, "value") : value;
}

bool integer_of(const JsonValue &command, const char *key, uint64_t low, uint64_t high, uint64_t &value) {
  return value_of(command, key).as_integer(value) && value >= low && value <= high;
}

/// Bytes that a text takes inside of quotes.
size_t escaped_size(const char *text) {
  char buffer[6 * (MAX_NAME + 1) + 2];
  JsonWriter json(buffer, sizeof(buffer));
  json.text(text);
  return json.size() - 2;
}

}  // namespace

void CommandDesk::reset() {
  for (Answer &answer : this->answers_)
    answer = {};
  this->next_ = 0;
  this->part_ = 1;
  this->parts_ = 0;
}

void CommandDesk::on_command(const char *payload, size_t size, Millis now) {
  const JsonValue command = size <= MAX_INBOUND ? parse_json(payload, size) : JsonValue();
  char id[MAX_COMMAND_ID + 1];
  char op[32]{};
  const JsonValue boot = member(command, "boot");
  const JsonValue named = member(command, "op");
  if (!member(command, "id").as_text(id, sizeof(id)) || id[0] == '\0' || boot.type() != JsonType::TEXT ||
      named.type() != JsonType::TEXT)
    return;
  if (const Answer *known = this->remembered_(id)) {
    this->answer_(*known);
    return;
  }
  uint32_t number = 0;
  Refusal refusal = "boot";
  if (boot.as_hex(number) && number == this->board_.boot())
    refusal = named.as_text(op, sizeof(op)) ? this->carry_out_(op, command, now) : "op";
  Answer &answer = this->answers_[this->next_];
  this->next_ = (this->next_ + 1) % REMEMBERED;
  std::memcpy(answer.id, id, sizeof(id));
  answer.refusal = refusal;
  answer.waveform = refusal == nullptr && std::strcmp(op, "waveform") == 0;
  if (answer.waveform) {
    std::memcpy(this->waveform_id_, id, sizeof(id));
    this->part_ = 1;
    this->parts_ = (this->sample_count_ + this->samples_per_part_() - 1) / this->samples_per_part_();
    return;
  }
  this->answer_(answer);
}

void CommandDesk::step() {
  const size_t per_part = this->samples_per_part_();
  JsonWriter json = this->board_.compose(MAX_RESPONSE);
  json.begin_object();
  json.key("id");
  json.text(this->waveform_id_);
  json.key("ok");
  json.boolean(true);
  json.key("part");
  json.integer(this->part_);
  json.key("parts");
  json.integer(this->parts_);
  json.key("samples");
  json.begin_array();
  const size_t end = this->part_ * per_part < this->sample_count_ ? this->part_ * per_part : this->sample_count_;
  for (size_t index = (this->part_ - 1) * per_part; index < end; index++) {
    const auto sample = static_cast<double>(this->samples_[index]);
    if (std::fabs(sample) <= MAX_SAMPLE) {
      json.decimal(sample, 2);
    } else {
      json.null();
    }
  }
  json.end_array();
  json.end_object();
  if (this->board_.respond(json))
    this->part_++;
}

const CommandDesk::Answer *CommandDesk::remembered_(const char *id) const {
  for (const Answer &answer : this->answers_) {
    if (std::strcmp(answer.id, id) == 0)
      return &answer;
  }
  return nullptr;
}

Refusal CommandDesk::carry_out_(const char *op, const JsonValue &command, Millis now) {
  uint64_t value = 0;
  if (std::strcmp(op, "set_interval") == 0) {
    if (!integer_of(command, "interval", MIN_INTERVAL, MAX_INTERVAL, value))
      return "range";
    return this->board_.change_interval(static_cast<uint32_t>(value), now);
  }
  if (std::strcmp(op, "set_live_interval") == 0) {
    if (!integer_of(command, "live_interval", MIN_LIVE_INTERVAL, MAX_LIVE_INTERVAL, value))
      return "range";
    return this->board_.change_live_interval(static_cast<uint32_t>(value));
  }
  if (std::strcmp(op, "set_time") == 0) {
    uint64_t uptime = 0;
    constexpr uint64_t most = uint64_t{1} << 40;
    if (!integer_of(command, "uptime", 0, most, uptime) || !integer_of(command, "time", 1, most, value))
      return "range";
    return this->board_.host_clock(uptime, value, now);
  }
  if (std::strcmp(op, "resend") == 0) {
    uint32_t journal = 0;
    if (!integer_of(command, "seq", 1, MAX_ENERGY, value))
      return "range";
    return member(command, "journal").as_hex(journal) ? this->board_.resend(journal, value) : "journal";
  }
  if (std::strcmp(op, "new_journal") == 0)
    return this->board_.new_journal(member(command, "force").is_true(), now);
  if (std::strcmp(op, "set_name") == 0)
    return this->set_name_(command);
  if (std::strcmp(op, "identify") == 0) {
    this->instrument_.identify();
    return nullptr;
  }
  if (std::strcmp(op, "reboot") == 0) {
    this->board_.reboot_soon(now);
    return nullptr;
  }
  return this->measuring_(op, command);
}

Refusal CommandDesk::measuring_(const char *op, const JsonValue &command) {
  const bool calibrate = std::strcmp(op, "calibrate") == 0;
  const bool zero = std::strcmp(op, "zero") == 0;
  const bool phase = std::strcmp(op, "phase") == 0;
  const bool waveform = std::strcmp(op, "waveform") == 0;
  if (!calibrate && !zero && !phase && !waveform)
    return "op";
  size_t channel = 0;
  if (!this->channel_of_(command, channel))
    return "channel";
  if (waveform)
    return this->waveform_(channel);

  Refusal refusal = "range";
  double value = 0;
  if (zero) {
    refusal = this->instrument_.zero(channel);
  } else if (phase) {
    if (member(command, "phase").as_number(value) && std::fabs(value) <= 15)
      refusal = this->instrument_.set_phase(channel, value);
  } else if (!member(command, "gain").missing()) {
    if (member(command, "gain").as_number(value) && value >= 0.5 && value <= 2.0)
      refusal = this->instrument_.calibrate(channel, value);
  } else if (member(command, "reference").as_number(value)) {
    refusal = this->instrument_.calibrate_to(channel, value);
  }
  if (refusal == nullptr) {
    this->board_.mark(FLAG_CALIBRATION);
    this->board_.announce();
  }
  return refusal;
}

Refusal CommandDesk::set_name_(const JsonValue &command) {
  char name[MAX_NAME + 1]{};
  if (!member(command, "name").as_text(name, sizeof(name)) || name[0] == '\0' || escaped_size(name) > MAX_NAME)
    return "range";
  size_t channel = this->board_.config().channel_count;
  if (!member(command, "channel").missing() && !this->channel_of_(command, channel))
    return "channel";
  return this->board_.rename(channel, name);
}

Refusal CommandDesk::waveform_(size_t channel) {
  if (this->busy())
    return "busy";
  this->sample_count_ = this->instrument_.waveform(channel, this->samples_, MAX_SAMPLES);
  if (this->sample_count_ > MAX_SAMPLES)
    this->sample_count_ = MAX_SAMPLES;
  return this->sample_count_ > 0 ? nullptr : "no_samples";
}

bool CommandDesk::channel_of_(const JsonValue &command, size_t &channel) const {
  const JsonValue wanted = member(command, "channel");
  const PanelConfig &config = this->board_.config();
  for (size_t index = 0; index < config.channel_count; index++) {
    if (wanted.equals(config.channels[index].id)) {
      channel = index;
      return true;
    }
  }
  return false;
}

void CommandDesk::answer_(const Answer &answer) {
  if (answer.waveform) {
    // Parts that are still on their way, or were sent last, are sent again; older ones are gone.
    if (std::strcmp(answer.id, this->waveform_id_) == 0) {
      this->part_ = 1;
      return;
    }
  }
  const Refusal refusal = answer.waveform ? "gone" : answer.refusal;
  JsonWriter json = this->board_.compose(MAX_RESPONSE);
  json.begin_object();
  json.key("id");
  json.text(answer.id);
  json.key("ok");
  json.boolean(refusal == nullptr);
  if (refusal != nullptr) {
    json.key("error");
    json.text(refusal);
  }
  json.end_object();
  this->board_.respond(json);
}

size_t CommandDesk::samples_per_part_() const {
  const size_t room = MAX_RESPONSE - PART_FRAME - escaped_size(this->waveform_id_);
  return room / SAMPLE_SIZE;
}

}  // namespace panel_meter
