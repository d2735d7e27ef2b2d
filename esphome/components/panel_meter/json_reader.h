/// Reads JSON where it lies: strict, bounded in depth, without memory of its own. Hostile input is normal input.
#pragma once

#include <cstddef>
#include <cstdint>

namespace panel_meter {

enum class JsonType : uint8_t { MISSING, NULL_VALUE, BOOLEAN, NUMBER, TEXT, ARRAY, OBJECT };

/// A value inside of a text that was found to be valid JSON.
class JsonValue {
 public:
  JsonValue() = default;
  JsonValue(JsonType type, const char *begin, const char *end) : type_(type), begin_(begin), end_(end) {}

  JsonType type() const { return this->type_; }
  bool missing() const { return this->type_ == JsonType::MISSING; }
  /// As it is written.
  const char *data() const { return this->begin_; }
  size_t size() const { return static_cast<size_t>(this->end_ - this->begin_); }

  bool is_true() const;
  /// A whole number from 0 to 2^64-1, written without fraction or exponent; false for everything else.
  bool as_integer(uint64_t &value) const;
  /// A number of a size below 1e15; false for everything else.
  bool as_number(double &value) const;
  /// A text as UTF-8 with a zero behind it; false for everything else, for one that holds a zero or half a surrogate
  /// pair, and for one that does not fit into `capacity` bytes.
  bool as_text(char *out, size_t capacity) const;
  /// A text of exactly eight hexadecimal digits with small letters (F1, F3); false for everything else.
  bool as_hex(uint32_t &value) const;
  /// Whether it is the text of a member's name or a value equal to `text`.
  bool equals(const char *text) const;

 private:
  JsonType type_{JsonType::MISSING};
  const char *begin_{nullptr};
  const char *end_{nullptr};
};

/// The members of an object, or the elements of an array, in their order.
class JsonCursor {
 public:
  explicit JsonCursor(const JsonValue &container);
  /// False at the end.
  bool next(JsonValue &value);
  /// The name of the member that `next` returned.
  const JsonValue &name() const { return this->name_; }

 private:
  const char *place_;
  const char *end_;
  bool named_;
  JsonValue name_;
};

/// Parse a whole text: one value with nothing behind it but white space. MISSING if that is not what it is.
JsonValue parse_json(const char *text, size_t size);

/// A member of an object; of several with the same name the last one. MISSING if there is none.
JsonValue member(const JsonValue &object, const char *name);

}  // namespace panel_meter
