#ifdef USE_HOST

#include "http_link.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

namespace panel_meter {

namespace {

constexpr timeval TIMEOUT{15, 0};

/// As much of HTTP as a post needs, without TLS: for trying things on a computer.
class ThreadPoster final : public Poster {
 public:
  ThreadPoster(const char *url, const char *token) : token_(token) {
    std::string rest = url;
    rest.erase(0, rest.rfind("http://", 0) == 0 ? 7 : 0);
    const size_t slash = std::min(rest.find('/'), rest.size());
    path_ = slash < rest.size() ? rest.substr(slash) : "/";
    rest.erase(slash);
    const size_t colon = std::min(rest.find(':'), rest.size());
    host_ = rest.substr(0, colon);
    port_ = colon < rest.size() ? rest.substr(colon + 1) : "80";
  }
  ~ThreadPoster() override {
    if (thread_.joinable())
      thread_.join();
  }

  bool post(const Piece *pieces, size_t count, size_t length) override {
    request_ = "POST " + path_ + " HTTP/1.1\r\nHost: " + host_ + "\r\nConnection: close\r\nAuthorization: Bearer " +
               token_ + "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
    for (size_t index = 0; index < count; index++)
      request_.append(pieces[index].data, pieces[index].size);
    if (thread_.joinable())
      thread_.join();
    thread_ = std::thread([this] {
      exchange();
      done_.store(true, std::memory_order_release);
    });
    return true;
  }

  const HttpAnswer *answer() override { return done_.exchange(false, std::memory_order_acquire) ? &answer_ : nullptr; }

 private:
  void exchange() {
    answer_ = HttpAnswer{};
    const int connection = connect();
    if (connection < 0)
      return;
    std::string text;
    if (::send(connection, request_.data(), request_.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request_.size())) {
      char buffer[1024];
      for (ssize_t size; (size = ::recv(connection, buffer, sizeof(buffer), 0)) > 0;)
        text.append(buffer, static_cast<size_t>(size));
    }
    ::close(connection);
    understand(text);
  }

  int connect() const {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo *found = nullptr;
    if (::getaddrinfo(host_.c_str(), port_.c_str(), &wanted, &found) != 0)
      return -1;
    const int connection = ::socket(found->ai_family, found->ai_socktype, found->ai_protocol);
    ::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &TIMEOUT, sizeof(TIMEOUT));
    const bool up = ::connect(connection, found->ai_addr, found->ai_addrlen) == 0;
    ::freeaddrinfo(found);
    if (up)
      return connection;
    ::close(connection);
    return -1;
  }

  void understand(const std::string &text) {
    const size_t end = text.find("\r\n\r\n");
    if (end == std::string::npos || text.rfind("HTTP/1.", 0) != 0 || text.size() < 12)
      return;
    answer_.status = std::atoi(text.c_str() + 9);
    const size_t wait = text.find("\r\nRetry-After: ");
    if (wait < end)
      answer_.retry_after = static_cast<uint32_t>(std::strtoul(text.c_str() + wait + 15, nullptr, 10));
    answer_.size = std::min(text.size() - end - 4, sizeof(answer_.body));
    std::memcpy(answer_.body, text.data() + end + 4, answer_.size);
  }

  std::string token_;
  std::string host_;
  std::string port_;
  std::string path_;
  std::string request_;
  std::thread thread_;
  HttpAnswer answer_{};
  std::atomic<bool> done_{false};
};

}  // namespace

std::unique_ptr<Poster> make_poster(const char *url, const char *token) {
  return std::make_unique<ThreadPoster>(url, token);
}

}  // namespace panel_meter

#endif  // USE_HOST
