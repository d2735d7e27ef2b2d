#ifdef USE_HOST

#include "hal.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <random>
#include <string>
#include <thread>

namespace panel_meter {

namespace {

constexpr double PI = 3.14159265358979323846;
constexpr double DEGREE = PI / 180;
/// A converter is wrong by at most so many counts, evenly spread.
constexpr double NOISE_COUNTS = 20;
constexpr auto PACE = std::chrono::milliseconds(10);
/// Longer pauses are gaps, as a converter whose buffer overflows would have them.
constexpr double LONGEST_PAUSE = 0.5;  // s of the computer

/// One block, one file, replaced at once: ESPHome's own preferences lose everything if the process dies while it writes
/// them.
class FolderStorage final : public Storage {
 public:
  FolderStorage() {
    const char *prefs = std::getenv("ESPHOME_PREFDIR");
    const char *home = std::getenv("HOME");
    folder_ = prefs != nullptr ? prefs : std::string(home != nullptr ? home : ".") + "/.esphome/prefs";
    folder_ += "/panel_meter";
    std::error_code ignored;
    std::filesystem::create_directories(folder_, ignored);
  }

  size_t read(uint32_t key, uint8_t *data, size_t capacity) override {
    std::FILE *file = std::fopen(path(key).c_str(), "rb");
    if (file == nullptr)
      return 0;
    const size_t size = std::fread(data, 1, capacity, file);
    const bool whole = std::fgetc(file) == EOF;
    std::fclose(file);
    return whole ? size : 0;
  }

  bool write(uint32_t key, const uint8_t *data, size_t size) override {
    const std::string fresh = path(key) + ".new";
    std::FILE *file = std::fopen(fresh.c_str(), "wb");
    if (file == nullptr)
      return false;
    bool good = std::fwrite(data, 1, size, file) == size;
    good = std::fflush(file) == 0 && good;
    good = std::fclose(file) == 0 && good;
    std::error_code error;
    if (good)
      std::filesystem::rename(fresh, path(key), error);
    return good && !error;
  }

  void erase(uint32_t key) override {
    std::error_code ignored;
    std::filesystem::remove(path(key), ignored);
  }

 private:
  std::string path(uint32_t key) const { return folder_ + "/" + std::to_string(key); }

  std::string folder_;
};

double number_from(const char *name, double otherwise) {
  const char *text = std::getenv(name);
  return text != nullptr ? std::strtod(text, nullptr) : otherwise;
}

double computer_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Time, which may pass faster than that of the computer: PANEL_METER_SPEED times, from the instant at which the
/// computer's steady clock showed PANEL_METER_STEADY and true time was PANEL_METER_UTC; all in seconds.
class PretendedTime {
 public:
  double steady() const { return origin_ + (computer_seconds() - origin_) * speed_; }
  double utc() const { return utc_ + (computer_seconds() - origin_) * speed_; }
  double speed() const { return speed_; }

 private:
  double speed_{number_from("PANEL_METER_SPEED", 1)};
  double origin_{number_from("PANEL_METER_STEADY", computer_seconds())};
  double utc_{number_from("PANEL_METER_UTC", static_cast<double>(::time(nullptr)))};
};

const PretendedTime &pretended_time() {
  static const PretendedTime time;
  return time;
}

/// Makes waveforms up from the loads of the setup, in real time, with the skew that a multiplexer has and a little noise:
/// an input that never moves is taken for a broken one.
class WaveformSampler final : public Sampler {
 public:
  ~WaveformSampler() override {
    running_ = false;
    if (thread_.joinable())
      thread_.join();
  }

  const char *start(const BoardSetup &setup, Measuring &measuring) override {
    setup_ = &setup;
    measuring_ = &measuring;
    running_ = true;
    thread_ = std::thread([this] { run(); });
    return nullptr;
  }
  uint32_t restarts() const override { return 0; }
  uint32_t lost() const override { return 0; }

 private:
  void run();
  void deliver(uint64_t scans);
  double volts_at(double seconds, double lag_degrees) const;
  double amperes_at(const LegSetup &leg, size_t index, double seconds) const;

  const BoardSetup *setup_{nullptr};
  Measuring *measuring_{nullptr};
  std::atomic<bool> running_{false};
  std::thread thread_;
  uint64_t made_{0};
  std::minstd_rand noise_{};
};

double WaveformSampler::volts_at(double seconds, double lag_degrees) const {
  const SamplingSetup &sampling = setup_->sampling();
  const double angle = 2 * PI * static_cast<double>(sampling.frequency) * seconds - lag_degrees * DEGREE;
  return static_cast<double>(sampling.nominal_voltage) * std::sqrt(2.0) * std::sin(angle);
}

double WaveformSampler::amperes_at(const LegSetup &leg, size_t index, double seconds) const {
  const double cycle = leg.load_on_seconds + leg.load_off_seconds;
  if (cycle > 0 && std::fmod(seconds, cycle) >= leg.load_on_seconds)
    return 0;
  const auto factor = static_cast<double>(leg.load_power_factor);
  const auto amperes = static_cast<double>(leg.load_amperes);
  const double frequency = static_cast<double>(setup_->sampling().frequency);
  // The transformer leads as its table says, and the meter takes that back.
  const MeterConfig &meter = setup_->meter();
  const VoltageCalibration none{};
  const VoltageCalibration &voltage = leg.voltage == NO_VOLTAGE ? none : meter.voltage[leg.voltage];
  const double lead = net_lead(meter.current[index], voltage, amperes, frequency);
  const double base = leg.voltage == NO_VOLTAGE ? 0 : static_cast<double>(setup_->voltage(leg.voltage).lag_degrees);
  const double lag = base + static_cast<double>(leg.shift_degrees) + std::acos(factor) / DEGREE - lead;
  return amperes * std::sqrt(2.0) * std::sin(2 * PI * frequency * seconds - lag * DEGREE);
}

void WaveformSampler::deliver(uint64_t scans) {
  const double rate = setup_->scan_rate();
  const size_t inputs = setup_->inputs();
  const MeterConfig &meter = setup_->meter();
  int16_t scan[MAX_INPUTS];
  std::uniform_real_distribution<double> noise(-NOISE_COUNTS, NOISE_COUNTS);
  const std::lock_guard<Measuring> guard(*measuring_);
  for (uint64_t done = 0; done < scans; done++, made_++) {
    for (size_t input = 0; input < inputs; input++) {
      const double seconds = (static_cast<double>(made_) + static_cast<double>(input) / static_cast<double>(inputs)) / rate;
      const size_t voltages = meter.sampling.voltages;
      const double counts =
          input < voltages
              ? volts_at(seconds, static_cast<double>(setup_->voltage(input).lag_degrees)) / meter.voltage[input].volts_per_count
              : amperes_at(setup_->leg(input - voltages), input - voltages, seconds) /
                    meter.current[input - voltages].amperes_per_count;
      scan[input] = static_cast<int16_t>(std::lround(std::fmax(-12500, std::fmin(12500, counts + noise(noise_)))));
    }
    measuring_->push(scan, 0);
  }
  measuring_->observe(static_cast<uint32_t>(scans), steady_us());
}

void WaveformSampler::run() {
  const double rate = setup_->scan_rate();
  uint64_t last = steady_us();
  double owed = 0;
  while (running_) {
    std::this_thread::sleep_for(PACE);
    const uint64_t now = steady_us();
    const double passed = static_cast<double>(now - last) / 1e6;
    last = now;
    if (passed > LONGEST_PAUSE * pretended_time().speed()) {
      const std::lock_guard<Measuring> guard(*measuring_);
      measuring_->gap(static_cast<uint32_t>(passed * 1e6));
      continue;
    }
    owed += passed * rate;
    const auto whole = static_cast<uint64_t>(owed);
    owed -= static_cast<double>(whole);
    deliver(whole);
  }
}

}  // namespace

Sampler &platform_sampler() {
  static WaveformSampler sampler;
  return sampler;
}

Storage &platform_storage() {
  static FolderStorage storage;
  return storage;
}

uint64_t steady_us() { return static_cast<uint64_t>(pretended_time().steady() * 1e6); }

Millis utc_ms() { return static_cast<Millis>(pretended_time().utc() * 1e3); }

bool is_simulated() { return true; }

}  // namespace panel_meter

#endif  // USE_HOST
