#include "mqtt.h"

#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace board {

namespace {

constexpr int64_t PAUSE = 250;
constexpr int64_t PING_PERIOD = 10'000;
constexpr uint16_t KEEP_ALIVE = 30;
constexpr size_t MOST_QUEUED = 65'536;

std::string number16(size_t value) {
  return {static_cast<char>(value >> 8 & 0xFF), static_cast<char>(value & 0xFF)};
}

std::string with_length(const std::string &text) { return number16(text.size()) + text; }

}  // namespace

int64_t steady_now() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

void Mqtt::start(std::string will_topic, Ends ends) {
  this->will_topic_ = std::move(will_topic);
  this->ends_ = std::move(ends);
}

void Mqtt::subscribe(const char *topic, uint8_t qos) { this->topics_.emplace_back(topic, qos); }

bool Mqtt::publish(const char *topic, const char *payload, size_t size, uint8_t qos, bool retain) {
  if (this->state_ != State::UP || this->out_.size() > MOST_QUEUED)
    return false;
  std::string body = with_length(topic);
  if (qos > 0) {
    this->number_ = static_cast<uint16_t>(this->number_ == 0xFFFF ? 1 : this->number_ + 1);
    body += number16(this->number_);
  }
  body.append(payload, size);
  this->queue_(static_cast<uint8_t>(0x30 | (qos << 1) | (retain ? 1 : 0)), body);
  return true;
}

void Mqtt::step(int wait, int other_file) {
  if (this->socket_ < 0 && this->wanted && steady_now() >= this->next_try_)
    this->connect_();
  if (this->socket_ >= 0 && !this->wanted)
    this->drop();
  if (this->state_ == State::UP && steady_now() >= this->next_ping_) {
    this->next_ping_ = steady_now() + PING_PERIOD;
    this->queue_(0xC0, "");
  }
  pollfd files[2] = {{other_file, POLLIN, 0}, {this->socket_, POLLIN, 0}};
  if (!this->out_.empty())
    files[1].events = POLLIN | POLLOUT;
  ::poll(files, this->socket_ >= 0 ? 2 : 1, wait);
  if (this->socket_ >= 0 && (files[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
    this->receive_();
  this->flush_();
}

void Mqtt::connect_() {
  this->next_try_ = steady_now() + PAUSE;
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(this->port_));
  const std::string host = this->host_ == "localhost" ? "127.0.0.1" : this->host_;
  if (made < 0 || ::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1 ||
      ::connect(made, reinterpret_cast<sockaddr *>(&address), sizeof(address)) != 0) {
    if (made >= 0)
      ::close(made);
    return;
  }
  const int on = 1;
  ::setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  ::fcntl(made, F_SETFL, ::fcntl(made, F_GETFL) | O_NONBLOCK);
  this->socket_ = made;
  this->state_ = State::GREETING;
  this->greet_();
}

void Mqtt::greet_() {
  std::string body = with_length("MQTT");
  body += '\x04';
  body += '\x2E';  // clean session, a will with QoS 1 that is retained
  body += number16(KEEP_ALIVE);
  body += with_length(this->id_) + with_length(this->will_topic_) + with_length("offline");
  this->queue_(0x10, body);
}

void Mqtt::receive_() {
  char buffer[4096];
  const ssize_t count = ::recv(this->socket_, buffer, sizeof(buffer), 0);
  if (count == 0 || (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
    this->drop();
    return;
  }
  if (count > 0)
    this->in_.append(buffer, static_cast<size_t>(count));
  while (this->socket_ >= 0) {
    size_t length = 0;
    size_t place = 1;
    for (int shift = 0; place < this->in_.size() && shift < 28; place++, shift += 7) {
      length |= static_cast<size_t>(this->in_[place] & 0x7F) << shift;
      if ((this->in_[place] & 0x80) == 0)
        break;
    }
    if (place >= this->in_.size() || this->in_.size() - place - 1 < length)
      return;
    const auto head = static_cast<uint8_t>(this->in_[0]);
    const std::string body = this->in_.substr(place + 1, length);
    this->in_.erase(0, place + 1 + length);
    if (!this->packet_(head, body))
      this->drop();
  }
}

bool Mqtt::packet_(uint8_t head, const std::string &body) {
  switch (head >> 4) {
    case 2: {
      if (body.size() != 2 || body[1] != 0)
        return false;
      this->state_ = State::UP;
      this->next_ping_ = steady_now() + PING_PERIOD;
      std::string topics = number16(++this->number_);
      for (const auto &[topic, qos] : this->topics_)
        topics += with_length(topic) + static_cast<char>(qos);
      this->queue_(0x82, topics);
      this->ends_.connected();
      return true;
    }
    case 3:
      return this->published_(head, body);
    case 4:
    case 9:
    case 13:
      return true;
    default:
      return false;
  }
}

bool Mqtt::published_(uint8_t head, const std::string &body) {
  const int qos = head >> 1 & 3;
  if (body.size() < 2)
    return false;
  const size_t length = static_cast<size_t>(static_cast<uint8_t>(body[0]) << 8 | static_cast<uint8_t>(body[1]));
  size_t place = 2 + length;
  if (qos > 1 || body.size() < place + (qos > 0 ? 2 : 0))
    return false;
  if (qos > 0) {
    this->queue_(0x40, body.substr(place, 2));
    place += 2;
  }
  this->ends_.message(body.substr(2, length).c_str(), body.data() + place, body.size() - place);
  return true;
}

void Mqtt::queue_(uint8_t head, const std::string &body) {
  this->out_ += static_cast<char>(head);
  size_t length = body.size();
  do {
    this->out_ += static_cast<char>((length & 0x7F) | (length > 0x7F ? 0x80 : 0));
    length >>= 7;
  } while (length > 0);
  this->out_ += body;
}

void Mqtt::flush_() {
  while (this->socket_ >= 0 && !this->out_.empty()) {
    const ssize_t count = ::send(this->socket_, this->out_.data(), this->out_.size(), MSG_NOSIGNAL);
    if (count < 0) {
      if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        this->drop();
      return;
    }
    this->out_.erase(0, static_cast<size_t>(count));
  }
}

void Mqtt::drop() {
  if (this->socket_ >= 0)
    ::close(this->socket_);
  const bool was_up = this->state_ == State::UP;
  this->socket_ = -1;
  this->state_ = State::DOWN;
  this->in_.clear();
  this->out_.clear();
  this->next_try_ = steady_now() + PAUSE;
  if (was_up)
    this->ends_.disconnected();
}

void Mqtt::close() {
  this->queue_(0xE0, "");
  this->flush_();
  this->drop();
}

}  // namespace board
