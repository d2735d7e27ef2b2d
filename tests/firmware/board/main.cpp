/// A board without hardware: the journal of the firmware with invented loads, files as flash, and MQTT.
///
/// Its power is cut by killing the process. Lines on the standard input: `network SECONDS` takes the network away.

#include "file_storage.h"
#include "loads.h"
#include "mqtt.h"
#include "protocol.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <memory>
#include <string>
#include <sys/select.h>
#include <unistd.h>
#include <vector>

namespace {

using panel_meter::Millis;

volatile std::sig_atomic_t ended = 0;

void end(int) { ended = 1; }

/// `--name value` pairs.
class Arguments {
 public:
  Arguments(int count, char **words) {
    for (int index = 1; index + 1 < count; index += 2)
      this->values_[words[index]] = words[index + 1];
  }
  std::string text(const char *name, const char *otherwise) const {
    const auto found = this->values_.find(name);
    return found == this->values_.end() ? otherwise : found->second;
  }
  double number(const char *name, double otherwise) const {
    const auto found = this->values_.find(name);
    return found == this->values_.end() ? otherwise : std::strtod(found->second.c_str(), nullptr);
  }
  long whole(const char *name, long otherwise) const { return static_cast<long>(this->number(name, static_cast<double>(otherwise))); }

 private:
  std::map<std::string, std::string> values_;
};

/// True time in ms UTC: it may run faster than that of the computer, from an instant that all programs know.
class TrueTime {
 public:
  explicit TrueTime(const Arguments &given)
      : steady_(given.number("--epoch-steady", static_cast<double>(board::steady_now()) / 1000) * 1000),
        utc_(given.number("--epoch-utc", static_cast<double>(::time(nullptr))) * 1000),
        speed_(given.number("--speed", 1)) {}

  Millis now() const {
    if (this->pretended >= 0)
      return this->pretended;
    return static_cast<Millis>(this->utc_ + (static_cast<double>(board::steady_now()) - this->steady_) * this->speed_);
  }

  /// The options that let another program live in the same time.
  std::vector<std::string> options() const {
    return {"--epoch-steady", std::to_string(this->steady_ / 1000), "--epoch-utc", std::to_string(this->utc_ / 1000)};
  }

  /// Another instant, while a past is made up; negative: none.
  Millis pretended{-1};

 private:
  double steady_;
  double utc_;
  double speed_;
};

/// What somebody typed, line by line.
class Console {
 public:
  /// The seconds of a line `network SECONDS`; negative: there was none.
  double read() {
    char buffer[256];
    pollfd_ready_();
    if (!this->ready_)
      return -1;
    const ssize_t count = ::read(STDIN_FILENO, buffer, sizeof(buffer));
    if (count <= 0) {
      this->open = false;
      return -1;
    }
    this->line_.append(buffer, static_cast<size_t>(count));
    const size_t end = this->line_.find('\n');
    if (end == std::string::npos)
      return -1;
    const std::string line = this->line_.substr(0, end);
    this->line_.erase(0, end + 1);
    return line.rfind("network ", 0) == 0 ? std::strtod(line.c_str() + 8, nullptr) : -1;
  }
  bool open{true};

 private:
  void pollfd_ready_() {
    fd_set files;
    FD_ZERO(&files);
    FD_SET(STDIN_FILENO, &files);
    timeval none{0, 0};
    this->ready_ = this->open && ::select(STDIN_FILENO + 1, &files, nullptr, nullptr, &none) == 1;
  }
  bool ready_{false};
  std::string line_;
};

}  // namespace

int main(int count, char **words) {
  const Arguments given(count, words);
  std::signal(SIGTERM, end);
  std::signal(SIGPIPE, SIG_IGN);
  TrueTime time(given);
  const std::string id = given.text("--id", "board");
  const std::string base = given.text("--base", "panel_meter");

  panel_meter::PanelConfig config{};
  config.base = base.c_str();
  config.id = id.c_str();
  config.name = "Board";
  config.model = "host";
  config.firmware = "1.0.0";
  config.interval = static_cast<uint32_t>(given.whole("--interval", 300));
  config.live_interval = static_cast<uint32_t>(given.whole("--live-interval", 5));
  config.capacity = static_cast<uint32_t>(given.whole("--capacity", 512));
  config.rows_per_block = static_cast<uint8_t>(given.whole("--rows-per-block", 4));
  config.nominal_voltage = 230;
  config.channels = board::CHANNELS;
  config.channel_count = board::CHANNEL_COUNT;
  config.registers = board::REGISTERS;
  config.register_count = board::REGISTER_COUNT;
  config.always = panel_meter::FLAG_SIMULATED;
  if (const char *problem = panel_meter::problem_of(config)) {
    std::fprintf(stderr, "%s\n", problem);
    return 2;
  }

  board::FileStorage storage(given.text("--folder", "."));
  storage.die_after = given.whole("--die-after", -1);
  uint8_t probe[panel_meter::MAX_BLOCK];
  bool fresh = true;
  for (uint32_t area = 0; area < panel_meter::MAX_JOURNALS; area++)
    fresh = fresh && storage.read(panel_meter::storage_key::JOURNAL + area, probe, sizeof(probe)) == 0;

  const Millis history = fresh ? given.whole("--history", 0) * 1000 : 0;
  const bool clock = given.whole("--clock", 1) != 0;
  const Millis booted = time.now() - history;
  time.pretended = history > 0 ? booted : -1;
  board::House house(static_cast<uint32_t>(std::hash<std::string>()(id)), [&time] { return time.now(); });
  board::Mqtt mqtt(given.text("--host", "127.0.0.1"), static_cast<int>(given.whole("--port", 1883)), id);
  auto panel = std::make_unique<panel_meter::Board>(config, storage, mqtt, house);
  const auto now = [&] { return time.now() - booted; };

  panel->begin(now());
  if (clock)
    panel->set_clock(now(), time.now());
  for (; time.pretended >= 0 && time.pretended < booted + history; time.pretended += 1000)
    panel->step(now());
  time.pretended = -1;

  mqtt.start(panel->status_topic(),
             {[&] { panel->connected(now()); }, [&] { panel->disconnected(now()); },
              [&](const char *topic, const char *payload, size_t size) { panel->on_message(topic, payload, size, now()); }});
  Console console;
  Millis dark_until = 0;
  while (ended == 0 && !house.rebooting) {
    mqtt.wanted = time.now() >= dark_until;
    mqtt.step(10, console.open ? STDIN_FILENO : -1);
    panel->step(now());
    const double seconds = console.read();
    if (seconds >= 0)
      dark_until = time.now() + static_cast<Millis>(seconds * 1000);
  }
  if (house.rebooting) {
    mqtt.drop();
    ::usleep(50'000);
    std::vector<std::string> options(words, words + count);
    for (const std::string &option : time.options())
      options.push_back(option);
    std::vector<char *> next;
    for (std::string &option : options)
      next.push_back(option.data());
    next.push_back(nullptr);
    ::execv("/proc/self/exe", next.data());
    return 1;
  }
  panel->shut_down(now());
  mqtt.close();
  return 0;
}
