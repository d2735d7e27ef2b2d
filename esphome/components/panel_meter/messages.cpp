#include "messages.h"

#include "utf8.h"

namespace panel_meter {

namespace {

const char *text_of(Role role) {
  switch (role) {
    case Role::MAIN:
      return "main";
    case Role::SOLAR:
      return "solar";
    case Role::BATTERY:
      return "battery";
    case Role::SUB:
      return "sub";
    default:
      return "circuit";
  }
}

const char *text_of(Phase phase) {
  switch (phase) {
    case Phase::L2:
      return "L2";
    case Phase::L3:
      return "L3";
    case Phase::L1L2:
      return "L1L2";
    case Phase::L123:
      return "L123";
    default:
      return "L1";
  }
}

/// Whether a text consists of small letters, digits and one more sign, and has 1 to `most` bytes.
bool is_id(const char *text, size_t most, char sign) {
  size_t length = 0;
  for (; text[length] != '\0'; length++) {
    const char each = text[length];
    if (!((each >= 'a' && each <= 'z') || (each >= '0' && each <= '9') || each == sign))
      return false;
  }
  return length >= 1 && length <= most;
}

bool is_short(const char *text, size_t most) { return text != nullptr && std::strlen(text) <= most && is_utf8(text); }

size_t channel_of(const PanelConfig &config, const char *id) {
  size_t index = 0;
  while (index < config.channel_count && std::strcmp(config.channels[index].id, id) != 0)
    index++;
  return index;
}

const char *problem_of_channel(const PanelConfig &config, size_t index) {
  const ChannelInfo &channel = config.channels[index];
  if (channel.id == nullptr || !is_id(channel.id, MAX_CHANNEL_ID, '_'))
    return "The id of a channel has 1 to 16 small letters, digits and underscores.";
  if (channel_of(config, channel.id) != index)
    return "Two channels have the same id.";
  if (channel.name == nullptr || !is_short(channel.name, MAX_NAME))
    return "The name of a channel has at most 64 bytes.";
  if (channel.role == Role::SUB && channel.parent == nullptr)
    return "A sub channel needs the channel that feeds it.";
  if (channel.parent != nullptr) {
    const size_t parent = channel_of(config, channel.parent);
    if (parent == config.channel_count || parent == index)
      return "A channel is fed by one that does not exist.";
  }
  if (!(channel.rating >= 0 && channel.rating <= 10'000))
    return "The rating of a channel is at most 10000 A.";
  return nullptr;
}

const char *problem_of_registers(const PanelConfig &config) {
  if (config.register_count < 1 || config.register_count > MAX_REGISTERS)
    return "A panel has 1 to 64 registers.";
  for (size_t index = 0; index < config.register_count; index++) {
    const RegisterInfo &info = config.registers[index];
    if (info.channel >= config.channel_count)
      return "A register belongs to a channel that does not exist.";
    for (size_t other = 0; other < index; other++) {
      if (config.registers[other].channel == info.channel && config.registers[other].direction == info.direction)
        return "A register is named twice.";
    }
  }
  return nullptr;
}

void write_channel(JsonWriter &json, const ChannelInfo &channel, const char *name) {
  json.begin_object();
  json.key("id");
  json.text(channel.id);
  if (name != nullptr && *name != '\0') {
    json.key("name");
    json.text(name);
  }
  json.key("role");
  json.text(text_of(channel.role));
  json.key("phase");
  json.text(text_of(channel.phase));
  if (channel.rating > 0) {
    json.key("rating");
    json.decimal(static_cast<double>(channel.rating), 1);
  }
  if (channel.slot > 0) {
    json.key("slot");
    json.integer(channel.slot);
  }
  if (channel.poles > 0) {
    json.key("poles");
    json.integer(channel.poles);
  }
  if (channel.parent != nullptr) {
    json.key("parent");
    json.text(channel.parent);
  }
  json.end_object();
}

/// Numbers within their bounds (F10), null for the others.
void write_values(JsonWriter &json, const char *key, const float *values, size_t count, double bound, int decimals) {
  json.key(key);
  json.begin_array();
  for (size_t index = 0; index < count; index++) {
    const auto value = static_cast<double>(values[index]);
    if (std::fabs(value) <= bound) {
      json.decimal(value, decimals);
    } else {
      json.null();
    }
  }
  json.end_array();
}

}  // namespace

const char *problem_of(const PanelConfig &config) {
  if (config.id == nullptr || !is_id(config.id, MAX_PANEL_ID, '-') || config.id[0] == '-')
    return "The id of a panel has 1 to 32 small letters, digits and hyphens, and does not begin with a hyphen.";
  if (!is_short(config.base, MAX_BASE) || *config.base == '\0' || std::strpbrk(config.base, "+#") != nullptr)
    return "The beginning of the topics has 1 to 64 bytes without + and #.";
  if (!is_short(config.name, MAX_NAME) || !is_short(config.model, MAX_NAME) || !is_short(config.firmware, MAX_NAME))
    return "The names of panel, model and firmware have at most 64 bytes.";
  if (!is_interval(config.interval))
    return "The interval divides an hour and has 60 to 3600 seconds.";
  if (!is_live_interval(config.live_interval))
    return "The live interval has 1 to 60 seconds.";
  if (config.capacity < 2 || config.capacity > MAX_CAPACITY)
    return "The capacity is 2 to 65536 rows.";
  if (config.channel_count < 1 || config.channel_count > MAX_CHANNELS)
    return "A panel has 1 to 32 channels.";
  for (size_t index = 0; index < config.channel_count; index++) {
    if (const char *problem = problem_of_channel(config, index))
      return problem;
  }
  return problem_of_registers(config);
}

void make_topic(const PanelConfig &config, const char *kind, char *out) {
  size_t size = 0;
  const char *parts[] = {config.base, "/1/", config.id, "/", kind};
  for (const char *part : parts) {
    for (; *part != '\0' && size < MAX_TOPIC; part++)
      out[size++] = *part;
  }
  out[size] = '\0';
}

void write_info(JsonWriter &json, const PanelConfig &config, const Settings &settings, const Announcement &now,
                bool with_names) {
  json.begin_object();
  json.key("protocol");
  json.text("1.0");
  json.key("id");
  json.text(config.id);
  json.key("boot");
  json.hex(now.boot);
  json.key("journal");
  json.hex(now.journal);
  json.key("name");
  json.text(settings.name[0] != '\0' ? settings.name : config.name);
  json.key("model");
  json.text(config.model);
  json.key("firmware");
  json.text(config.firmware);
  json.key("interval");
  json.integer(now.interval);
  json.key("live_interval");
  json.integer(now.live_interval);
  json.key("capacity");
  json.integer(now.capacity);
  json.key("nominal_voltage");
  json.integer(config.nominal_voltage);
  json.key("registers");
  json.begin_array();
  char name[MAX_REGISTER_NAME + 1];
  for (size_t index = 0; index < config.register_count; index++) {
    register_name(config, index, name);
    json.text(name);
  }
  json.end_array();
  json.key("channels");
  json.begin_array();
  for (size_t index = 0; index < config.channel_count; index++) {
    const ChannelInfo &channel = config.channels[index];
    const char *own = settings.channel_names[index][0] != '\0' ? settings.channel_names[index] : channel.name;
    write_channel(json, channel, with_names ? own : nullptr);
  }
  json.end_array();
  json.end_object();
}

void write_live(JsonWriter &json, const PanelConfig &config, const LiveHead &head, const LiveValues &values,
                const uint64_t *energies) {
  json.begin_object();
  json.key("journal");
  json.hex(head.journal);
  json.key("boot");
  json.hex(head.boot);
  json.key("uptime");
  json.integer(head.uptime);
  json.key("time");
  json.integer(head.time > 0 ? static_cast<uint64_t>(head.time) : 0);
  write_values(json, "power", values.power, config.channel_count, 1e6, 1);
  if (values.phase_count > 0 && values.phase_count <= MAX_PHASES)
    write_values(json, "voltage", values.voltage, values.phase_count, 1000, 1);
  write_values(json, "current", values.current, config.channel_count, 10'000, 2);
  write_values(json, "power_factor", values.power_factor, config.channel_count, 1, 3);
  if (std::isfinite(values.frequency)) {
    json.key("frequency");
    json.decimal(static_cast<double>(values.frequency), 2);
  }
  if (std::isfinite(values.temperature)) {
    json.key("temperature");
    json.decimal(static_cast<double>(values.temperature), 1);
  }
  json.key("energy");
  json.begin_array();
  for (size_t index = 0; index < config.register_count; index++)
    json.integer(energies[index]);
  json.end_array();
  json.end_object();
}

bool write_records(JsonWriter &json, Journals &journals, Ring &ring, bool named, size_t most) {
  Record record;
  uint32_t seq = ring.first_unacknowledged();
  while (seq <= ring.newest() && !ring.read(seq, record))
    ring.forget_below(++seq);
  if (seq > ring.newest())
    return false;
  json.begin_object();
  json.key("journal");
  json.hex(ring.shape().journal);
  json.key("oldest");
  json.integer(ring.oldest());
  if (named) {
    json.key("registers");
    journals.write_registers(json, ring);
  }
  json.key("records");
  json.begin_array();
  write_row(json, record, ring.shape().registers);
  while (++seq <= ring.newest() && ring.read(seq, record)) {
    const JsonWriter without = json;
    write_row(json, record, ring.shape().registers);
    if (json.size() + 2 > most) {
      json = without;
      break;
    }
  }
  json.end_array();
  json.end_object();
  return true;
}

}  // namespace panel_meter
