#include "settings.h"

#include "utf8.h"

namespace panel_meter {

void SettingsStore::load(const PanelConfig &config, Settings &settings) {
  settings = {};
  size_t size = 0;
  const uint8_t *content = this->slots_.load(size);
  if (content == nullptr)
    return;
  ByteReader reader(content, size);
  const auto interval = reader.number<uint16_t>();
  const auto live_interval = reader.number<uint8_t>();
  if (reader.ok() && is_interval(interval))
    settings.interval = interval;
  if (reader.ok() && is_live_interval(live_interval))
    settings.live_interval = live_interval;
  char id[MAX_CHANNEL_ID + 1]{};
  char name[MAX_NAME + 1]{};
  if (reader.text(name, sizeof(name)) && is_utf8(name))
    std::memcpy(settings.name, name, sizeof(name));
  for (auto count = reader.number<uint8_t>(); reader.ok() && count > 0; count--) {
    if (!reader.text(id, sizeof(id)) || !reader.text(name, sizeof(name)))
      return;
    for (size_t channel = 0; channel < config.channel_count; channel++) {
      if (std::strcmp(config.channels[channel].id, id) == 0 && is_utf8(name))
        std::memcpy(settings.channel_names[channel], name, sizeof(name));
    }
  }
}

bool SettingsStore::save(const PanelConfig &config, const Settings &settings) {
  ByteWriter writer = this->slots_.begin();
  writer.number(settings.interval);
  writer.number(settings.live_interval);
  writer.text(settings.name);
  uint8_t count = 0;
  for (size_t channel = 0; channel < config.channel_count; channel++)
    count = static_cast<uint8_t>(count + (settings.channel_names[channel][0] != '\0' ? 1 : 0));
  writer.number(count);
  for (size_t channel = 0; channel < config.channel_count; channel++) {
    if (settings.channel_names[channel][0] == '\0')
      continue;
    writer.text(config.channels[channel].id);
    writer.text(settings.channel_names[channel]);
  }
  return this->slots_.commit(writer);
}

}  // namespace panel_meter
