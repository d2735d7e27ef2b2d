#pragma once
#include <cstdio>
#define ESP_LOGE(tag, ...) std::printf(__VA_ARGS__)
#define ESP_LOGW(tag, ...) std::printf(__VA_ARGS__)
#define ESP_LOGI(tag, ...) std::printf(__VA_ARGS__)
#define ESP_LOGD(tag, ...) std::printf(__VA_ARGS__)
