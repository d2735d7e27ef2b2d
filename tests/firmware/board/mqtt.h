/// As much of MQTT 3.1.1 as a board needs, over a TCP socket; for tests only.
#pragma once

#include "transport.h"

#include <functional>
#include <string>
#include <vector>

namespace board {

/// One connection that is made again by itself; drive it with `step`.
class Mqtt final : public panel_meter::Transport {
 public:
  struct Ends {
    std::function<void()> connected;
    std::function<void()> disconnected;
    std::function<void(const char *topic, const char *payload, size_t size)> message;
  };

  Mqtt(std::string host, int port, std::string id) : host_(std::move(host)), port_(port), id_(std::move(id)) {}
  ~Mqtt() { this->drop(); }

  void start(std::string will_topic, Ends ends);
  bool publish(const char *topic, const char *payload, size_t size, uint8_t qos, bool retain) override;
  void subscribe(const char *topic, uint8_t qos) override;

  /// Read, write, connect; waits up to so many milliseconds for something to happen, also on the other file.
  void step(int wait, int other_file);
  /// The connection is gone, without a word.
  void drop();
  /// Say goodbye first.
  void close();
  /// Whether it may be connected.
  bool wanted{true};

 private:
  enum class State : uint8_t { DOWN, GREETING, UP };

  void connect_();
  void greet_();
  void receive_();
  bool packet_(uint8_t head, const std::string &body);
  bool published_(uint8_t head, const std::string &body);
  void queue_(uint8_t head, const std::string &body);
  void flush_();

  std::string host_;
  int port_;
  std::string id_;
  std::string will_topic_;
  Ends ends_;
  std::vector<std::pair<std::string, uint8_t>> topics_;
  int socket_{-1};
  State state_{State::DOWN};
  int64_t next_try_{0};
  int64_t next_ping_{0};
  uint16_t number_{0};
  std::string in_;
  std::string out_;
};

/// Milliseconds of the steady clock of this computer.
int64_t steady_now();

}  // namespace board
