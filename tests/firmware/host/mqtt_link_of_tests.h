/// The link of a board on the host platform, where ESPHome has no MQTT: the small client of the tests.
#pragma once

#include "esphome/components/panel_meter/hal.h"
#include "esphome/components/panel_meter/link.h"

#include "mqtt.h"

#include <poll.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>

/// What the environment says under this name.
inline const char *said(const char *name, const char *otherwise) {
  const char *value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}

/// Connects to the broker of the environment: PANEL_METER_HOST and PANEL_METER_PORT. A line `network SECONDS` on the
/// standard input takes the network away.
class LinkOfTests final : public panel_meter::Link {
 public:
  void begin(const char *id, const char *status_topic, panel_meter::LinkEvents &events) override {
    this->mqtt_ = std::make_unique<board::Mqtt>(said("PANEL_METER_HOST", "127.0.0.1"),
                                                std::atoi(said("PANEL_METER_PORT", "1883")), id);
    this->mqtt_->start(status_topic, {[&events] { events.link_up(); }, [&events] { events.link_down(); },
                                      [&events](const char *topic, const char *payload, size_t size) {
                                        events.link_message(topic, payload, size);
                                      }});
  }

  void step() override {
    this->listen_();
    this->mqtt_->wanted = panel_meter::steady_us() >= this->dark_until_;
    this->mqtt_->step(0, -1);
  }

  bool publish(const char *topic, const char *payload, size_t size, uint8_t qos, bool retain) override {
    return this->mqtt_->publish(topic, payload, size, qos, retain);
  }

  void subscribe(const char *topic, uint8_t qos) override { this->mqtt_->subscribe(topic, qos); }

 private:
  void listen_() {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    char buffer[64];
    if (!this->listening_ || ::poll(&input, 1, 0) != 1)
      return;
    const ssize_t size = ::read(STDIN_FILENO, buffer, sizeof(buffer) - 1);
    this->listening_ = size > 0;
    const std::string line(buffer, size > 0 ? static_cast<size_t>(size) : 0);
    if (line.rfind("network ", 0) == 0)
      this->dark_until_ = panel_meter::steady_us() + static_cast<uint64_t>(std::atof(line.c_str() + 8) * 1e6);
  }

  std::unique_ptr<board::Mqtt> mqtt_;
  uint64_t dark_until_{0};
  bool listening_{true};
};

/// The one link of the program; made at the first call.
inline LinkOfTests *link_of_tests() {
  static LinkOfTests link;
  return &link;
}
