#ifdef USE_ESP32

#include "hal.h"

#include "adc_table.h"
#include "pair_order.h"
#include "scan.h"

#include "esphome/core/log.h"

#include <esp_adc/adc_cali.h>
#include <esp_adc/adc_cali_scheme.h>
#include <esp_adc/adc_continuous.h>
#include <esp_attr.h>
#include <esp_timer.h>
#include <freertos/FreeRTOS.h>
#include <freertos/task.h>
#include <nvs.h>
#include <soc/soc_caps.h>
#include <sys/time.h>

#include <atomic>
#include <cinttypes>
#include <cstdio>
#include <memory>

namespace panel_meter {

namespace {

const char *const TAG = "panel_meter.adc";

/// Conversions come in frames of this many a second; the pool holds so many frames, for the time that others take.
constexpr uint32_t FRAMES_A_SECOND = 100;
constexpr uint32_t FRAMES_IN_POOL = 15;
/// Without a frame for so long the converter has stopped: it is started anew.
constexpr uint32_t WATCHDOG_MS = 250;
constexpr uint32_t TASK_STACK = 8192;
/// Above ESPHome's loop, below Wi-Fi.
constexpr UBaseType_t TASK_PRIORITY = 10;
constexpr uint32_t RESULT_BYTES = SOC_ADC_DIGI_RESULT_BYTES;
#if CONFIG_IDF_TARGET_ESP32
constexpr bool STORES_PAIRS = true;
#else
constexpr bool STORES_PAIRS = false;
#endif
/// Results that show in which order pairs are stored.
constexpr size_t LOOKED_AT = 64;

#if CONFIG_IDF_TARGET_ESP32
constexpr adc_digi_output_format_t FORMAT = ADC_DIGI_OUTPUT_FORMAT_TYPE1;
inline uint8_t channel_of(const adc_digi_output_data_t &result) { return result.type1.channel; }
inline int code_of(const adc_digi_output_data_t &result) { return result.type1.data; }
#else
constexpr adc_digi_output_format_t FORMAT = ADC_DIGI_OUTPUT_FORMAT_TYPE2;
inline uint8_t channel_of(const adc_digi_output_data_t &result) { return static_cast<uint8_t>(result.type2.channel); }
inline int code_of(const adc_digi_output_data_t &result) { return static_cast<int>(result.type2.data); }
#endif

/// The factory calibration of the converter, for one channel.
class FactoryCalibration {
 public:
  FactoryCalibration([[maybe_unused]] adc_channel_t channel, int highest_millivolts) : highest_(highest_millivolts) {
#if ADC_CALI_SCHEME_CURVE_FITTING_SUPPORTED
    adc_cali_curve_fitting_config_t config{};
    config.chan = channel;
    config.unit_id = ADC_UNIT_1;
    config.atten = ADC_ATTEN_DB_12;
    config.bitwidth = ADC_BITWIDTH_12;
    is_known_ = adc_cali_create_scheme_curve_fitting(&config, &handle_) == ESP_OK;
#else
    adc_cali_line_fitting_config_t config{};
    config.unit_id = ADC_UNIT_1;
    config.atten = ADC_ATTEN_DB_12;
    config.bitwidth = ADC_BITWIDTH_12;
#if CONFIG_IDF_TARGET_ESP32
    config.default_vref = 1100;
#endif
    is_known_ = adc_cali_create_scheme_line_fitting(&config, &handle_) == ESP_OK;
#endif
    if (!is_known_)
      ESP_LOGW(TAG, "This chip has no factory calibration; its converter is taken for a straight line.");
  }
  ~FactoryCalibration() {
    if (!is_known_)
      return;
#if ADC_CALI_SCHEME_CURVE_FITTING_SUPPORTED
    adc_cali_delete_scheme_curve_fitting(handle_);
#else
    adc_cali_delete_scheme_line_fitting(handle_);
#endif
  }
  FactoryCalibration(const FactoryCalibration &) = delete;
  FactoryCalibration &operator=(const FactoryCalibration &) = delete;

  int millivolts(int code) const {
    int millivolts = 0;
    if (is_known_ && adc_cali_raw_to_voltage(handle_, code, &millivolts) == ESP_OK)
      return millivolts;
    return code * highest_ / AdcTable::CODES;
  }

 private:
  adc_cali_handle_t handle_{nullptr};
  bool is_known_{false};
  int highest_;
};

int millivolts_of_code(int code, void *context) {
  return static_cast<const FactoryCalibration *>(context)->millivolts(code);
}

/// Reads ADC1 without a gap, through DMA.
class AdcSampler final : public Sampler {
 public:
  const char *start(const BoardSetup &setup, Measuring &measuring) override;
  uint32_t restarts() const override { return restarts_.load(); }
  uint32_t lost() const override { return overflows_.load() * frame_bytes_ / RESULT_BYTES; }

 private:
  static void task(void *self) { static_cast<AdcSampler *>(self)->run(); }
  static bool on_overflow(adc_continuous_handle_t handle, const adc_continuous_evt_data_t *data, void *self);

  const char *map_pins();
  void build_tables();
  bool open();
  bool restart();
  void run();
  void take(const uint8_t *results, uint32_t bytes);
  void look_at_order(const adc_digi_output_data_t *results, size_t count);
  void account_for_overflows();
  void lose(uint64_t microseconds);

  const BoardSetup *setup_{nullptr};
  Measuring *measuring_{nullptr};
  adc_continuous_handle_t handle_{nullptr};
  uint8_t channel_[MAX_INPUTS]{};
  std::unique_ptr<AdcTable[]> table_;
  std::unique_ptr<uint8_t[]> frame_;
  uint32_t frame_bytes_{0};
  ScanAssembler assembler_{};
  bool order_is_known_{false};
  bool are_exchanged_{false};
  uint64_t last_frame_us_{0};
  uint32_t seen_overflows_{0};
  std::atomic<uint32_t> overflows_{0};
  std::atomic<uint32_t> restarts_{0};
};

bool IRAM_ATTR AdcSampler::on_overflow(adc_continuous_handle_t, const adc_continuous_evt_data_t *, void *self) {
  static_cast<AdcSampler *>(self)->overflows_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

const char *AdcSampler::map_pins() {
  for (size_t input = 0; input < setup_->inputs(); input++) {
    adc_unit_t unit{};
    adc_channel_t channel{};
    if (adc_continuous_io_to_channel(setup_->gpio(input), &unit, &channel) != ESP_OK || unit != ADC_UNIT_1)
      return "A pin does not belong to ADC1.";
    channel_[input] = static_cast<uint8_t>(channel);
  }
  return assembler_.configure(channel_, setup_->inputs()) ? nullptr : "Two inputs have the same pin.";
}

void AdcSampler::build_tables() {
  const SamplingSetup &sampling = setup_->sampling();
  for (size_t input = 0; input < setup_->inputs(); input++) {
#if !SOC_ADC_CALIB_CHAN_COMPENS_SUPPORTED
    if (input > 0) {
      table_[input] = table_[0];
      continue;
    }
#endif
    FactoryCalibration calibration(static_cast<adc_channel_t>(channel_[input]), sampling.highest_millivolts);
    table_[input].build(millivolts_of_code, &calibration, sampling.bias_millivolts);
  }
}

const char *AdcSampler::start(const BoardSetup &setup, Measuring &measuring) {
  setup_ = &setup;
  measuring_ = &measuring;
  if (const char *problem = map_pins())
    return problem;
  // A frame holds whole scans and is a multiple of four bytes.
  const uint32_t scan_bytes = static_cast<uint32_t>(setup.inputs()) * 4;
  frame_bytes_ = setup.sampling().rate * RESULT_BYTES / FRAMES_A_SECOND / scan_bytes * scan_bytes;
  frame_bytes_ = frame_bytes_ < scan_bytes ? scan_bytes : frame_bytes_;
  table_.reset(new AdcTable[setup.inputs()]);
  frame_.reset(new uint8_t[frame_bytes_]);
  if (xTaskCreate(task, "panel_meter", TASK_STACK, this, TASK_PRIORITY, nullptr) != pdPASS)
    return "There is not enough memory to sample.";
  return nullptr;
}

bool AdcSampler::open() {
  adc_continuous_handle_cfg_t memory{};
  memory.max_store_buf_size = frame_bytes_ * FRAMES_IN_POOL;
  memory.conv_frame_size = frame_bytes_;
  if (adc_continuous_new_handle(&memory, &handle_) != ESP_OK)
    return false;
  adc_digi_pattern_config_t pattern[MAX_INPUTS]{};
  for (size_t input = 0; input < setup_->inputs(); input++) {
    pattern[input].atten = ADC_ATTEN_DB_12;
    pattern[input].channel = channel_[input];
    pattern[input].unit = ADC_UNIT_1;
    pattern[input].bit_width = SOC_ADC_DIGI_MAX_BITWIDTH;
  }
  adc_continuous_config_t config{};
  config.pattern_num = static_cast<uint32_t>(setup_->inputs());
  config.adc_pattern = pattern;
  config.sample_freq_hz = setup_->sampling().rate;
  config.conv_mode = ADC_CONV_SINGLE_UNIT_1;
  config.format = FORMAT;
  adc_continuous_evt_cbs_t callbacks{};
  callbacks.on_pool_ovf = on_overflow;
  return adc_continuous_config(handle_, &config) == ESP_OK &&
         adc_continuous_register_event_callbacks(handle_, &callbacks, this) == ESP_OK &&
         adc_continuous_start(handle_) == ESP_OK;
}

bool AdcSampler::restart() {
  if (handle_ != nullptr) {
    adc_continuous_stop(handle_);
    adc_continuous_deinit(handle_);
    handle_ = nullptr;
    restarts_.fetch_add(1, std::memory_order_relaxed);
    order_is_known_ = false;
  }
  return open();
}

void AdcSampler::lose(uint64_t microseconds) {
  assembler_.restart();
  const std::lock_guard<Measuring> guard(*measuring_);
  measuring_->gap(microseconds < UINT32_MAX ? static_cast<uint32_t>(microseconds) : UINT32_MAX);
}

void AdcSampler::account_for_overflows() {
  const uint32_t overflows = overflows_.load(std::memory_order_relaxed);
  const uint32_t frames = overflows - seen_overflows_;
  seen_overflows_ = overflows;
  if (frames == 0)
    return;
  const double conversions = static_cast<double>(frames) * frame_bytes_ / RESULT_BYTES;
  const double rate = setup_->sampling().rate * static_cast<double>(setup_->sampling().real_share);
  lose(static_cast<uint64_t>(conversions / rate * 1e6));
}

void AdcSampler::take(const uint8_t *results, uint32_t bytes) {
  const auto *result = reinterpret_cast<const adc_digi_output_data_t *>(results);
  const size_t count = bytes / RESULT_BYTES;
  if (STORES_PAIRS && !order_is_known_)
    look_at_order(result, count);
  const size_t exchange = STORES_PAIRS && are_exchanged_ && count % 2 == 0 ? 1 : 0;
  uint32_t scans = 0;
  const std::lock_guard<Measuring> guard(*measuring_);
  for (size_t place = 0; place < count; place++) {
    const adc_digi_output_data_t &one = result[place ^ exchange];
    const uint8_t channel = channel_of(one);
    const size_t input = assembler_.input_of(channel);
    const int16_t counts = input < MAX_INPUTS ? table_[input].counts(code_of(one)) : 0;
    if (!assembler_.take(channel, counts))
      continue;
    measuring_->push(assembler_.scan(), assembler_.missing());
    scans++;
  }
  measuring_->observe(scans, last_frame_us_);
}

void AdcSampler::look_at_order(const adc_digi_output_data_t *results, size_t count) {
  uint8_t inputs[LOOKED_AT];
  const size_t looked_at = count < LOOKED_AT ? count / 2 * 2 : LOOKED_AT;
  for (size_t place = 0; place < looked_at; place++)
    inputs[place] = static_cast<uint8_t>(assembler_.input_of(channel_of(results[place])));
  are_exchanged_ = are_pairs_exchanged(inputs, looked_at, setup_->inputs());
  order_is_known_ = true;
}

void AdcSampler::run() {
  build_tables();
  last_frame_us_ = steady_us();
  bool is_open = restart();
  while (true) {
    uint32_t bytes = 0;
    const esp_err_t result =
        is_open ? adc_continuous_read(handle_, frame_.get(), frame_bytes_, &bytes, WATCHDOG_MS) : ESP_FAIL;
    const uint64_t now = steady_us();
    if (result == ESP_OK) {
      last_frame_us_ = now;
      take(frame_.get(), bytes);
      account_for_overflows();
      continue;
    }
    if (!is_open)
      vTaskDelay(pdMS_TO_TICKS(WATCHDOG_MS));
    ESP_LOGW(TAG, "The converter stood still; starting it anew.");
    is_open = restart();
    const uint64_t begun = steady_us();
    lose(begun - last_frame_us_);
    last_frame_us_ = begun;
  }
}

/// Blobs in a namespace of their own: ESPHome's preferences would write them later, all at once.
class NvsStorage final : public Storage {
 public:
  size_t read(uint32_t key, uint8_t *data, size_t capacity) override {
    if (!open())
      return 0;
    size_t size = capacity;
    return nvs_get_blob(handle_, name(key).text, data, &size) == ESP_OK ? size : 0;
  }

  bool write(uint32_t key, const uint8_t *data, size_t size) override {
    return open() && nvs_set_blob(handle_, name(key).text, data, size) == ESP_OK && nvs_commit(handle_) == ESP_OK;
  }

  void erase(uint32_t key) override {
    if (open() && nvs_erase_key(handle_, name(key).text) == ESP_OK)
      nvs_commit(handle_);
  }

 private:
  struct Name {
    char text[NVS_KEY_NAME_MAX_SIZE];
  };

  static Name name(uint32_t key) {
    Name made{};
    std::snprintf(made.text, sizeof(made.text), "%08" PRIx32, key);
    return made;
  }

  bool open() {
    if (!is_open_)
      is_open_ = nvs_open("panel_meter", NVS_READWRITE, &handle_) == ESP_OK;
    return is_open_;
  }

  nvs_handle_t handle_{0};
  bool is_open_{false};
};

}  // namespace

Sampler &platform_sampler() {
  static AdcSampler sampler;
  return sampler;
}

Storage &platform_storage() {
  static NvsStorage storage;
  return storage;
}

uint64_t steady_us() { return static_cast<uint64_t>(esp_timer_get_time()); }

Millis utc_ms() {
  timeval time{};
  ::gettimeofday(&time, nullptr);
  return static_cast<Millis>(time.tv_sec) * SECOND + time.tv_usec / 1000;
}

bool is_simulated() { return false; }

}  // namespace panel_meter

#endif  // USE_ESP32
