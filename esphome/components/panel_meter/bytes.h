/// Little-endian numbers in buffers of fixed size, and the checksum that guards what is stored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace panel_meter {

/// CRC-32 as in IEEE 802.3 (reflected, polynomial 0xEDB88320), as zlib computes it; `crc` continues an earlier one.
inline uint32_t crc32(const uint8_t *data, size_t size, uint32_t crc = 0) {
  crc = ~crc;
  for (size_t index = 0; index < size; index++) {
    crc ^= data[index];
    for (int bit = 0; bit < 8; bit++)
      crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

/// Appends to a buffer; what does not fit is left out and remembered.
class ByteWriter {
 public:
  ByteWriter(uint8_t *buffer, size_t capacity) : buffer_(buffer), capacity_(capacity) {}

  template<typename Number> void number(Number value) {
    auto rest = static_cast<uint64_t>(value);
    for (size_t index = 0; index < sizeof(Number); index++, rest >>= 8) {
      const auto byte = static_cast<uint8_t>(rest & 0xFF);
      this->bytes(&byte, 1);
    }
  }

  void bytes(const void *data, size_t size) {
    if (!this->ok_ || size > this->capacity_ - this->size_) {
      this->ok_ = false;
      return;
    }
    if (size > 0)
      std::memcpy(this->buffer_ + this->size_, data, size);
    this->size_ += size;
  }

  /// A text with its length before it; at most 255 bytes.
  void text(const char *value) {
    const size_t length = std::strlen(value);
    if (length > 255) {
      this->ok_ = false;
      return;
    }
    this->number(static_cast<uint8_t>(length));
    this->bytes(value, length);
  }

  /// The checksum of all that was written so far.
  void checksum() { this->number(crc32(this->buffer_, this->size_)); }

  bool ok() const { return this->ok_; }
  size_t size() const { return this->size_; }

 private:
  uint8_t *buffer_;
  size_t capacity_;
  size_t size_{0};
  bool ok_{true};
};

/// Takes from a buffer; beyond its end everything is 0 and remembered.
class ByteReader {
 public:
  ByteReader(const uint8_t *data, size_t size) : data_(data), size_(size) {}

  template<typename Number> Number number() {
    if (!this->ok_ || sizeof(Number) > this->size_ - this->place_) {
      this->ok_ = false;
      return Number{};
    }
    uint64_t value = 0;
    for (size_t index = 0; index < sizeof(Number); index++)
      value |= static_cast<uint64_t>(this->data_[this->place_ + index]) << (8 * index);
    this->place_ += sizeof(Number);
    return static_cast<Number>(value);
  }

  /// A text as ByteWriter writes it, with a zero behind it; fails if it does not fit into `capacity` or holds a zero.
  bool text(char *out, size_t capacity) {
    const size_t length = this->number<uint8_t>();
    if (!this->ok_ || length >= capacity || length > this->size_ - this->place_) {
      this->ok_ = false;
      return false;
    }
    std::memcpy(out, this->data_ + this->place_, length);
    out[length] = '\0';
    this->place_ += length;
    if (std::strlen(out) != length)
      this->ok_ = false;
    return this->ok_;
  }

  bool ok() const { return this->ok_; }
  size_t place() const { return this->place_; }

 private:
  const uint8_t *data_;
  size_t size_;
  size_t place_{0};
  bool ok_{true};
};

}  // namespace panel_meter
