#pragma once
#include <cstdint>
#include <functional>
#include <string>
namespace esphome::mqtt {
enum class MQTTClientDisconnectReason : int8_t { TCP_DISCONNECTED = 0 };
struct MQTTMessage {
  std::string topic;
  std::string payload;
  uint8_t qos;
  bool retain;
};
using mqtt_callback_t = std::function<void(const std::string &, const std::string &)>;
using mqtt_on_disconnect_callback_t = std::function<void(MQTTClientDisconnectReason)>;
class MQTTClientComponent {
 public:
  void set_last_will(MQTTMessage &&message);
  void disable_birth_message();
  void disable_shutdown_message();
  void set_client_id(const std::string &client_id) { this->client_id_ = client_id; }
  void subscribe(const std::string &topic, mqtt_callback_t callback, uint8_t qos = 0);
  bool publish(const char *topic, const char *payload, size_t payload_length, uint8_t qos = 0, bool retain = false);
  bool is_connected();
  void set_on_disconnect(mqtt_on_disconnect_callback_t &&callback);

 private:
  std::string client_id_;
};
extern MQTTClientComponent *global_mqtt_client;
}  // namespace esphome::mqtt
