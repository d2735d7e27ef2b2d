#include "mqtt_link.h"

#ifdef USE_MQTT

#include "esphome/components/mqtt/mqtt_client.h"

namespace panel_meter {

namespace mqtt = esphome::mqtt;

void MqttLink::begin(const char *id, const char *status_topic, LinkEvents &events) {
  events_ = &events;
  mqtt::MQTTClientComponent *client = mqtt::global_mqtt_client;
  client->set_client_id(id);
  client->set_last_will(
      mqtt::MQTTMessage{.topic = status_topic, .payload = "offline", .qos = 1, .retain = true});
  client->disable_birth_message();
  client->disable_shutdown_message();
  client->set_on_disconnect([this](mqtt::MQTTClientDisconnectReason) { lost_ = true; });
}

void MqttLink::step() {
  const bool connected = mqtt::global_mqtt_client->is_connected();
  if (up_ && (lost_ || !connected)) {
    up_ = false;
    events_->link_down();
  }
  lost_ = false;
  if (!up_ && connected) {
    up_ = true;
    events_->link_up();
  }
}

bool MqttLink::publish(const char *topic, const char *payload, size_t size, uint8_t qos, bool retain) {
  return up_ && mqtt::global_mqtt_client->publish(topic, payload, size, qos, retain);
}

void MqttLink::subscribe(const char *topic, uint8_t qos) {
  // The client subscribes again by itself after every reconnection.
  mqtt::global_mqtt_client->subscribe(
      topic,
      [this](const std::string &from, const std::string &payload) {
        events_->link_message(from.c_str(), payload.data(), payload.size());
      },
      qos);
}

}  // namespace panel_meter

#endif  // USE_MQTT
