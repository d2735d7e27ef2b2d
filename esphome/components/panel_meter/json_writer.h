/// Writes JSON into a buffer of fixed size.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace panel_meter {

/// Commas come by themselves. What does not fit is left out and remembered; no library function that may allocate is used.
class JsonWriter {
 public:
  JsonWriter(char *buffer, size_t capacity) : buffer_(buffer), capacity_(capacity) {}

  void begin_object() { this->open_('{'); }
  void end_object() { this->close_('}'); }
  void begin_array() { this->open_('['); }
  void end_array() { this->close_(']'); }

  void key(const char *name) {
    this->text(name);
    this->put_(':');
    this->comma_ = false;
  }

  /// UTF-8; quotes, backslashes and control characters are escaped.
  void text(const char *value) {
    this->before_();
    this->put_('"');
    for (; *value != '\0'; value++)
      this->character_(*value);
    this->put_('"');
  }

  void boolean(bool value) { this->word_(value ? "true" : "false"); }
  void null() { this->word_("null"); }

  void integer(uint64_t value) {
    this->before_();
    this->digits_(value, 1);
  }

  /// Rounded to so many decimals (at most 9), without zeros at their end; null for what is no number or beyond 1e9.
  void decimal(double value, int decimals) {
    if (!(std::fabs(value) <= 1e9)) {
      this->null();
      return;
    }
    uint64_t scale = 1;
    for (int place = 0; place < decimals; place++)
      scale *= 10;
    const auto scaled = static_cast<uint64_t>(std::fabs(value) * static_cast<double>(scale) + 0.5);
    this->fraction_(scaled, scale, decimals, value < 0);
  }

  /// `value` divided by 10 to the power of `decimals` (at most 9), exactly.
  void divided(uint64_t value, int decimals) {
    uint64_t scale = 1;
    for (int place = 0; place < decimals; place++)
      scale *= 10;
    this->fraction_(value, scale, decimals, false);
  }

  /// Eight hexadecimal digits, as a text (F1, F3).
  void hex(uint32_t value) {
    this->before_();
    this->put_('"');
    for (int shift = 28; shift >= 0; shift -= 4)
      this->put_("0123456789abcdef"[(value >> shift) & 0xF]);
    this->put_('"');
  }

  /// JSON that is already written.
  void raw(const char *json, size_t size) {
    this->before_();
    for (size_t index = 0; index < size; index++)
      this->put_(json[index]);
    this->comma_ = true;
  }

  bool ok() const { return this->ok_; }
  const char *data() const { return this->buffer_; }
  size_t size() const { return this->size_; }
  size_t room() const { return this->capacity_ - this->size_; }

 private:
  void put_(char value) {
    if (this->size_ >= this->capacity_) {
      this->ok_ = false;
      return;
    }
    this->buffer_[this->size_++] = value;
  }

  void before_() {
    if (this->comma_)
      this->put_(',');
    this->comma_ = true;
  }

  void open_(char bracket) {
    this->before_();
    this->put_(bracket);
    this->comma_ = false;
  }

  void close_(char bracket) {
    this->put_(bracket);
    this->comma_ = true;
  }

  void word_(const char *word) {
    this->before_();
    for (; *word != '\0'; word++)
      this->put_(*word);
  }

  void digits_(uint64_t value, int least) {
    char digits[20];
    int count = 0;
    for (; value > 0 || count < least; value /= 10)
      digits[count++] = static_cast<char>('0' + value % 10);
    while (count > 0)
      this->put_(digits[--count]);
  }

  void fraction_(uint64_t value, uint64_t scale, int decimals, bool negative) {
    this->before_();
    if (negative && value > 0)
      this->put_('-');
    this->digits_(value / scale, 1);
    uint64_t rest = value % scale;
    if (rest == 0)
      return;
    for (; rest % 10 == 0; rest /= 10)
      decimals--;
    this->put_('.');
    this->digits_(rest, decimals);
  }

  void character_(char value) {
    const auto code = static_cast<uint8_t>(value);
    if (code < 0x20) {
      for (const char *escape = "\\u00"; *escape != '\0'; escape++)
        this->put_(*escape);
      this->put_("0123456789abcdef"[code >> 4]);
      this->put_("0123456789abcdef"[code & 0xF]);
      return;
    }
    if (value == '"' || value == '\\')
      this->put_('\\');
    this->put_(value);
  }

  char *buffer_;
  size_t capacity_;
  size_t size_{0};
  bool comma_{false};
  bool ok_{true};
};

}  // namespace panel_meter
