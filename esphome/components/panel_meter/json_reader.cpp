#include "json_reader.h"

#include "utf8.h"

#include <cmath>

namespace panel_meter {

namespace {

/// Deeper texts are refused: each level costs stack.
constexpr int MAX_DEPTH = 20;

const char *skip_space(const char *place, const char *end) {
  while (place < end && (*place == ' ' || *place == '\t' || *place == '\n' || *place == '\r'))
    place++;
  return place;
}

bool is_digit(char value) { return value >= '0' && value <= '9'; }

int hex_digit(char value) {
  if (is_digit(value))
    return value - '0';
  if (value >= 'a' && value <= 'f')
    return value - 'a' + 10;
  if (value >= 'A' && value <= 'F')
    return value - 'A' + 10;
  return -1;
}

/// Four hexadecimal digits; -1 if they are not there.
int32_t hex_quad(const char *place, const char *end) {
  if (end - place < 4)
    return -1;
  int32_t value = 0;
  for (int index = 0; index < 4; index++) {
    const int digit = hex_digit(place[index]);
    if (digit < 0)
      return -1;
    value = value * 16 + digit;
  }
  return value;
}

/// All of these return the place behind what they skip, or nullptr if it is not what it should be.
const char *skip_text(const char *place, const char *end) {
  if (place >= end || *place != '"')
    return nullptr;
  place++;
  while (place < end) {
    if (*place == '"')
      return place + 1;
    if (static_cast<uint8_t>(*place) < 0x20)
      return nullptr;
    if (*place != '\\') {
      place = skip_utf8(place, end);
      if (place == nullptr)
        return nullptr;
      continue;
    }
    if (end - place < 2)
      return nullptr;
    const char escaped = place[1];
    if (escaped == 'u') {
      if (hex_quad(place + 2, end) < 0)
        return nullptr;
      place += 6;
      continue;
    }
    bool known = false;
    for (const char *each = "\"\\/bfnrt"; *each != '\0'; each++)
      known = known || *each == escaped;
    if (!known)
      return nullptr;
    place += 2;
  }
  return nullptr;
}

const char *skip_digits(const char *place, const char *end) {
  if (place >= end || !is_digit(*place))
    return nullptr;
  while (place < end && is_digit(*place))
    place++;
  return place;
}

const char *skip_number(const char *place, const char *end) {
  if (place < end && *place == '-')
    place++;
  if (place < end && *place == '0') {
    place++;
  } else {
    place = skip_digits(place, end);
  }
  if (place != nullptr && place < end && *place == '.')
    place = skip_digits(place + 1, end);
  if (place != nullptr && place < end && (*place == 'e' || *place == 'E')) {
    place++;
    if (place < end && (*place == '+' || *place == '-'))
      place++;
    place = skip_digits(place, end);
  }
  return place;
}

const char *skip_word(const char *place, const char *end, const char *word) {
  for (; *word != '\0'; word++, place++) {
    if (place >= end || *place != *word)
      return nullptr;
  }
  return place;
}

const char *skip_value(const char *place, const char *end, int depth, JsonType &type);

const char *skip_container(const char *place, const char *end, int depth) {
  const bool named = *place == '{';
  const char closing = named ? '}' : ']';
  place = skip_space(place + 1, end);
  if (place < end && *place == closing)
    return place + 1;
  while (place < end) {
    if (named) {
      place = skip_text(place, end);
      if (place == nullptr)
        return nullptr;
      place = skip_space(place, end);
      if (place >= end || *place != ':')
        return nullptr;
      place = skip_space(place + 1, end);
    }
    JsonType type;
    place = skip_value(place, end, depth + 1, type);
    if (place == nullptr)
      return nullptr;
    place = skip_space(place, end);
    if (place < end && *place == closing)
      return place + 1;
    if (place >= end || *place != ',')
      return nullptr;
    place = skip_space(place + 1, end);
  }
  return nullptr;
}

const char *skip_value(const char *place, const char *end, int depth, JsonType &type) {
  if (place >= end || depth > MAX_DEPTH)
    return nullptr;
  switch (*place) {
    case '{':
      type = JsonType::OBJECT;
      return skip_container(place, end, depth);
    case '[':
      type = JsonType::ARRAY;
      return skip_container(place, end, depth);
    case '"':
      type = JsonType::TEXT;
      return skip_text(place, end);
    case 't':
      type = JsonType::BOOLEAN;
      return skip_word(place, end, "true");
    case 'f':
      type = JsonType::BOOLEAN;
      return skip_word(place, end, "false");
    case 'n':
      type = JsonType::NULL_VALUE;
      return skip_word(place, end, "null");
    default:
      type = JsonType::NUMBER;
      return skip_number(place, end);
  }
}

/// Takes the characters of a valid text one by one, as UTF-8.
class TextReader {
 public:
  TextReader(const char *begin, const char *end) : place_(begin + 1), end_(end - 1) {}

  /// How many bytes the next character has; 0 at the end, -1 if there is no such character.
  int next(char *bytes) {
    if (this->place_ >= this->end_)
      return 0;
    if (*this->place_ != '\\') {
      *bytes = *this->place_++;
      return 1;
    }
    const char escaped = this->place_[1];
    this->place_ += 2;
    if (escaped == 'u')
      return encode_(this->code_(), bytes);
    *bytes = escaped;
    for (const char *pair = "b\bf\fn\nr\rt\t"; *pair != '\0'; pair += 2)
      *bytes = pair[0] == escaped ? pair[1] : *bytes;
    return 1;
  }

 private:
  /// The code point of \uXXXX or of a pair of them; -1 for half a pair.
  int32_t code_() {
    const int32_t first = hex_quad(this->place_, this->end_);
    this->place_ += 4;
    if (first < 0xD800 || first > 0xDFFF)
      return first;
    if (first > 0xDBFF || this->end_ - this->place_ < 6 || this->place_[0] != '\\' || this->place_[1] != 'u')
      return -1;
    const int32_t second = hex_quad(this->place_ + 2, this->end_);
    if (second < 0xDC00 || second > 0xDFFF)
      return -1;
    this->place_ += 6;
    return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
  }

  static int encode_(int32_t code, char *bytes) {
    if (code < 0)
      return -1;
    if (code < 0x80) {
      bytes[0] = static_cast<char>(code);
      return 1;
    }
    const int length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (int index = length - 1; index > 0; index--, code >>= 6)
      bytes[index] = static_cast<char>(0x80 | (code & 0x3F));
    const int lead = length == 2 ? 0xC0 : length == 3 ? 0xE0 : 0xF0;
    bytes[0] = static_cast<char>(lead | code);
    return length;
  }

  const char *place_;
  const char *end_;
};

}  // namespace

bool JsonValue::is_true() const { return this->type_ == JsonType::BOOLEAN && *this->begin_ == 't'; }

bool JsonValue::as_integer(uint64_t &value) const {
  if (this->type_ != JsonType::NUMBER)
    return false;
  uint64_t sum = 0;
  for (const char *place = this->begin_; place < this->end_; place++) {
    if (!is_digit(*place))
      return false;
    const auto digit = static_cast<uint64_t>(*place - '0');
    if (sum > (UINT64_MAX - digit) / 10)
      return false;
    sum = sum * 10 + digit;
  }
  value = sum;
  return true;
}

bool JsonValue::as_number(double &value) const {
  if (this->type_ != JsonType::NUMBER)
    return false;
  // Seventeen digits are all that a double holds; what follows only counts for the size.
  uint64_t digits = 0;
  int exponent = 0;
  bool fraction = false;
  const char *place = this->begin_;
  const bool negative = *place == '-';
  if (negative)
    place++;
  for (; place < this->end_ && *place != 'e' && *place != 'E'; place++) {
    if (*place == '.') {
      fraction = true;
    } else if (digits < 10'000'000'000'000'000U) {
      digits = digits * 10 + static_cast<uint64_t>(*place - '0');
      exponent -= fraction ? 1 : 0;
    } else {
      exponent += fraction ? 0 : 1;
    }
  }
  if (place < this->end_) {
    place++;
    const bool down = *place == '-';
    if (*place == '-' || *place == '+')
      place++;
    int written = 0;
    for (; place < this->end_; place++)
      written = written < 10'000 ? written * 10 + (*place - '0') : written;
    exponent += down ? -written : written;
  }
  double result = static_cast<double>(digits);
  if (digits != 0 && exponent > 0)
    result = exponent > 20 ? 1e300 : result * std::pow(10.0, exponent);
  if (exponent < 0)
    result = exponent < -300 ? 0.0 : result / std::pow(10.0, -exponent);
  if (!(result < 1e15))
    return false;
  value = negative ? -result : result;
  return true;
}

bool JsonValue::as_text(char *out, size_t capacity) const {
  if (this->type_ != JsonType::TEXT)
    return false;
  TextReader reader(this->begin_, this->end_);
  size_t size = 0;
  char bytes[4];
  int count;
  while ((count = reader.next(bytes)) > 0) {
    if (size + static_cast<size_t>(count) >= capacity || bytes[0] == '\0')
      return false;
    for (int index = 0; index < count; index++)
      out[size++] = bytes[index];
  }
  if (count < 0 || size >= capacity)
    return false;
  out[size] = '\0';
  return true;
}

bool JsonValue::as_hex(uint32_t &value) const {
  char text[9];
  if (!this->as_text(text, sizeof(text)))
    return false;
  uint32_t sum = 0;
  int count = 0;
  for (const char *place = text; *place != '\0'; place++, count++) {
    if (hex_digit(*place) < 0 || (*place >= 'A' && *place <= 'F'))
      return false;
    sum = sum * 16 + static_cast<uint32_t>(hex_digit(*place));
  }
  value = sum;
  return count == 8;
}

bool JsonValue::equals(const char *text) const {
  if (this->type_ != JsonType::TEXT)
    return false;
  TextReader reader(this->begin_, this->end_);
  char bytes[4];
  int count;
  while ((count = reader.next(bytes)) > 0) {
    for (int index = 0; index < count; index++, text++) {
      if (*text == '\0' || *text != bytes[index])
        return false;
    }
  }
  return count == 0 && *text == '\0';
}

JsonCursor::JsonCursor(const JsonValue &container)
    : place_(container.data()),
      end_(container.data() + container.size()),
      named_(container.type() == JsonType::OBJECT) {
  if (container.type() != JsonType::OBJECT && container.type() != JsonType::ARRAY)
    this->place_ = this->end_;
}

bool JsonCursor::next(JsonValue &value) {
  // What is read here was found to be valid, so that only the closing bracket can be in the way.
  if (this->end_ - this->place_ < 2)
    return false;
  const char *place = skip_space(this->place_ + 1, this->end_);
  if (place >= this->end_ - 1)
    return false;
  JsonType type;
  if (this->named_) {
    const char *behind = skip_text(place, this->end_);
    if (behind == nullptr)
      return false;
    this->name_ = JsonValue(JsonType::TEXT, place, behind);
    place = skip_space(skip_space(behind, this->end_) + 1, this->end_);
  }
  const char *behind = skip_value(place, this->end_, 0, type);
  if (behind == nullptr)
    return false;
  value = JsonValue(type, place, behind);
  this->place_ = skip_space(behind, this->end_);
  return true;
}

JsonValue parse_json(const char *text, size_t size) {
  const char *end = text + size;
  const char *begin = skip_space(text, end);
  JsonType type;
  const char *behind = skip_value(begin, end, 0, type);
  if (behind == nullptr || skip_space(behind, end) != end)
    return {};
  return {type, begin, behind};
}

JsonValue member(const JsonValue &object, const char *name) {
  JsonValue found;
  if (object.type() != JsonType::OBJECT)
    return found;
  JsonCursor cursor(object);
  JsonValue value;
  while (cursor.next(value)) {
    if (cursor.name().equals(name))
      found = value;
  }
  return found;
}

}  // namespace panel_meter
