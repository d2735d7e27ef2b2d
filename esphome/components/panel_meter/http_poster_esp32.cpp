#include "esphome/core/defines.h"

#if defined(USE_ESP32) && defined(USE_PANEL_METER_HTTP)

#include "http_link.h"

#include <esp_crt_bundle.h>
#include <esp_http_client.h>
#include <freertos/FreeRTOS.h>
#include <freertos/task.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>
#include <strings.h>

namespace panel_meter {

namespace {

constexpr int TIMEOUT_MS = 15'000;
/// TLS needs most of it.
constexpr uint32_t TASK_STACK = 8192;
constexpr UBaseType_t TASK_PRIORITY = 2;

/// The client of ESP-IDF waits, so it waits in a task of its own.
class TaskPoster final : public Poster {
 public:
  TaskPoster(const char *url, const char *token) : url_(url), bearer_(std::string("Bearer ") + token) {}

  bool post(const Piece *pieces, size_t count, size_t length) override {
    if (task_ == nullptr && xTaskCreate(run, "panel_meter_http", TASK_STACK, this, TASK_PRIORITY, &task_) != pdPASS)
      return false;
    pieces_ = pieces;
    count_ = count;
    length_ = length;
    xTaskNotifyGive(task_);
    return true;
  }

  const HttpAnswer *answer() override { return done_.exchange(false, std::memory_order_acquire) ? &answer_ : nullptr; }

 private:
  static void run(void *self) {
    while (true) {
      ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
      static_cast<TaskPoster *>(self)->exchange();
    }
  }

  static esp_err_t on_event(esp_http_client_event_t *event) {
    if (event->event_id == HTTP_EVENT_ON_HEADER && strcasecmp(event->header_key, "Retry-After") == 0)
      static_cast<HttpAnswer *>(event->user_data)->retry_after = std::strtoul(event->header_value, nullptr, 10);
    return ESP_OK;
  }

  void exchange() {
    answer_.status = 0;
    answer_.retry_after = 0;
    answer_.size = 0;
    esp_http_client_config_t config{};
    config.url = url_;
    config.method = HTTP_METHOD_POST;
    config.timeout_ms = TIMEOUT_MS;
    config.event_handler = on_event;
    config.user_data = &answer_;
    if (std::strncmp(url_, "https:", 6) == 0)
      config.crt_bundle_attach = esp_crt_bundle_attach;
    if (esp_http_client_handle_t client = esp_http_client_init(&config)) {
      if (send(client))
        receive(client);
      esp_http_client_cleanup(client);
    }
    done_.store(true, std::memory_order_release);
  }

  bool send(esp_http_client_handle_t client) {
    esp_http_client_set_header(client, "Authorization", bearer_.c_str());
    esp_http_client_set_header(client, "Content-Type", "application/json");
    if (esp_http_client_open(client, static_cast<int>(length_)) != ESP_OK)
      return false;
    for (size_t index = 0; index < count_; index++) {
      const auto size = static_cast<int>(pieces_[index].size);
      if (esp_http_client_write(client, pieces_[index].data, size) != size)
        return false;
    }
    return true;
  }

  void receive(esp_http_client_handle_t client) {
    if (esp_http_client_fetch_headers(client) < 0)
      return;
    const int size = esp_http_client_read_response(client, answer_.body, sizeof(answer_.body));
    answer_.size = size > 0 ? static_cast<size_t>(size) : 0;
    answer_.status = esp_http_client_get_status_code(client);
  }

  const char *url_;
  std::string bearer_;
  TaskHandle_t task_{nullptr};
  const Piece *pieces_{nullptr};
  size_t count_{0};
  size_t length_{0};
  HttpAnswer answer_{};
  std::atomic<bool> done_{false};
};

}  // namespace

std::unique_ptr<Poster> make_poster(const char *url, const char *token) {
  return std::make_unique<TaskPoster>(url, token);
}

}  // namespace panel_meter

#endif  // USE_ESP32 && USE_PANEL_METER_HTTP
