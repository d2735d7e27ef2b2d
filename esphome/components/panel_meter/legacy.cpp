#include "legacy.h"

namespace panel_meter {

namespace {

constexpr size_t MAX_BODY = 512;

}  // namespace

void write_data_pm(JsonWriter &json, double power, uint64_t energy) {
  json.begin_object();
  json.key("power_kw");
  json.decimal(power / 1000, 4);
  json.key("energy_kwh");
  json.divided(energy, 6);
  json.end_object();
}

void write_apartment(JsonWriter &json, double voltage, double current, double power, const char *apartment,
                     const char *floor) {
  json.begin_object();
  json.key("voltage");
  json.decimal(voltage, 1);
  json.key("current");
  json.decimal(current, 2);
  json.key("power");
  json.decimal(power, 1);
  json.key("apartment");
  json.text(apartment);
  json.key("floor");
  json.text(floor);
  json.end_object();
}

void LegacyPublisher::step(Millis now, const LiveValues &values, const uint64_t *energies) {
  const auto power = static_cast<double>(values.power[this->config_.channel]);
  const auto current = static_cast<double>(values.current[this->config_.channel]);
  const auto voltage = values.phase_count > 0 ? static_cast<double>(values.voltage[0]) : std::nan("");
  char body[MAX_BODY];
  if (this->config_.panel != nullptr && now >= this->panel_at_ && std::isfinite(power)) {
    this->panel_at_ = now + PANEL_PERIOD;
    JsonWriter json(body, sizeof(body));
    write_data_pm(json, power, energies[this->config_.reg]);
    this->publish_("DATA/PM/", this->config_.panel, json);
  }
  const bool measured = std::isfinite(power) && std::isfinite(current) && std::isfinite(voltage);
  if (this->config_.apartment != nullptr && now >= this->apartment_at_ && measured) {
    this->apartment_at_ = now + APARTMENT_PERIOD;
    JsonWriter json(body, sizeof(body));
    write_apartment(json, voltage, current, power, this->config_.apartment,
                    this->config_.floor != nullptr ? this->config_.floor : "");
    this->publish_("electricity/building/floor/", this->config_.apartment, json);
  }
}

void LegacyPublisher::publish_(const char *prefix, const char *name, const JsonWriter &json) {
  char topic[32 + MAX_NAME_SIZE];
  size_t size = 0;
  const char *parts[] = {prefix, name};
  for (const char *part : parts) {
    for (; *part != '\0' && size < sizeof(topic) - 1; part++)
      topic[size++] = *part;
  }
  topic[size] = '\0';
  if (json.ok())
    this->transport_.publish(topic, json.data(), json.size(), 0, false);
}

}  // namespace panel_meter
