/// The writer and the reader of JSON.

#include "json_reader.h"
#include "json_writer.h"

#include "check.h"

#include <cmath>
#include <iostream>
#include <memory>
#include <string>

using namespace panel_meter;

namespace {

std::string written(void (*body)(JsonWriter &)) {
  char buffer[512];
  JsonWriter json(buffer, sizeof(buffer));
  body(json);
  CHECK(json.ok());
  return {json.data(), json.size()};
}

/// Parse a copy that ends where its memory ends, so that reading on is noticed.
struct Parsed {
  explicit Parsed(const std::string &text) : copy(new char[text.size()]) {
    std::memcpy(this->copy.get(), text.data(), text.size());
    this->value = parse_json(this->copy.get(), text.size());
  }
  std::unique_ptr<char[]> copy;
  JsonValue value;
};

bool is_valid(const std::string &text) { return !Parsed(text).value.missing(); }

}  // namespace

TEST(json_is_written) {
  CHECK(written([](JsonWriter &json) {
          json.begin_object();
          json.key("a\"\n");
          json.begin_array();
          json.integer(UINT64_MAX);
          json.null();
          json.boolean(false);
          json.end_array();
          json.key("b");
          json.begin_object();
          json.end_object();
          json.key("c");
          json.hex(0xA1B2);
          json.end_object();
        }) == "{\"a\\\"\\u000a\":[18446744073709551615,null,false],\"b\":{},\"c\":\"0000a1b2\"}");
  CHECK(written([](JsonWriter &json) {
          json.begin_array();
          json.decimal(1523.449, 2);
          json.decimal(-0.001, 2);
          json.decimal(-0.06, 1);
          json.decimal(7, 3);
          json.decimal(100.25, 3);
          json.decimal(std::nan(""), 1);
          json.decimal(-HUGE_VAL, 1);
          json.divided(9007199254740991, 6);
          json.divided(1050000, 6);
          json.end_array();
        }) == "[1523.45,0,-0.1,7,100.25,null,null,9007199254.740991,1.05]");
}

TEST(json_that_does_not_fit_is_not_written) {
  for (size_t size = 0; size < 14; size++) {
    auto buffer = std::make_unique<char[]>(size);
    JsonWriter json(buffer.get(), size);
    json.begin_array();
    json.text("four");
    json.integer(12345);
    json.end_array();
    CHECK(json.ok() == (size >= 14) && json.size() <= size);
  }
}

TEST(json_is_read) {
  const Parsed parsed(" {\"a\": 12, \"b\": \"\\u00e4\\ud83d\\ude00\\n\", \"c\": [1, {}], \"a\": -0.5e1, \"\\u0064\": true} ");
  uint64_t integer = 0;
  double number = 0;
  char text[16];
  CHECK(!member(parsed.value, "a").as_integer(integer));
  CHECK(member(parsed.value, "a").as_number(number) && number == -5);
  CHECK(member(parsed.value, "b").as_text(text, sizeof(text)));
  CHECK(std::strcmp(text, "\xC3\xA4\xF0\x9F\x98\x80\n") == 0);
  CHECK(!member(parsed.value, "b").as_text(text, 7) && member(parsed.value, "b").as_text(text, 8));
  CHECK(member(parsed.value, "d").is_true());
  CHECK(member(parsed.value, "e").missing());
  JsonCursor cursor(member(parsed.value, "c"));
  JsonValue value;
  CHECK(cursor.next(value) && value.as_integer(integer) && integer == 1);
  CHECK(cursor.next(value) && value.type() == JsonType::OBJECT && !cursor.next(value));
}

TEST(json_numbers_are_what_they_seem) {
  uint64_t integer = 0;
  double number = 0;
  CHECK(Parsed("18446744073709551615").value.as_integer(integer) && integer == UINT64_MAX);
  CHECK(!Parsed("18446744073709551616").value.as_integer(integer));
  for (const char *text : {"-1", "1.0", "1e2", "true", "\"1\"", "null", "[1]"})
    CHECK(!Parsed(text).value.as_integer(integer));
  CHECK(Parsed("1.0123").value.as_number(number) && number == 1.0123);
  CHECK(Parsed("0.00049999999999999999999").value.as_number(number) && std::fabs(number - 0.0005) < 1e-12);
  CHECK(Parsed("12345678901234567890e-10").value.as_number(number) && std::fabs(number - 1234567890.123456789) < 1e-3);
  CHECK(Parsed("-1e-400").value.as_number(number) && number == 0);
  for (const char *text : {"1e15", "-1e300", "1e99999999999", "true", "\"1\""})
    CHECK(!Parsed(text).value.as_number(number));
}

TEST(json_that_is_none_is_refused) {
  for (const char *text :
       {"", " ", "{", "[", "\"", "{]", "[1,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "01", "1.", ".5", "+1", "-",
        "1e", "nul", "nulll", "NaN", "Infinity", "'a'", "{a:1}", "[1 2]", "1 2", "{}x", "\"\\x\"", "\"\\u12g4\"",
        "\"\\u12\"", "\"a\nb\"", "\"\xFF\"", "\"\xC0\x80\"", "\"\xED\xA0\x80\"", "\"\xF5\x80\x80\x80\"", "\"\xE2\x82\"",
        "\xEF\xBB\xBF{}", "//", "{\"a\":1}}"})
    CHECK(!is_valid(text));
  CHECK(!is_valid(std::string("{}\0", 3)));
  CHECK(is_valid(std::string(20, '[') + std::string(20, ']')));
  CHECK(!is_valid(std::string(400, '[') + std::string(400, ']')));
  char out[8];
  for (const char *text : {"\"\\ud800\"", "\"\\udc00\"", "\"\\ud800x\"", "\"\\ud800\\u0041\"", "\"a\\u0000b\"", "7"})
    CHECK(!Parsed(text).value.as_text(out, sizeof(out)) && !Parsed(text).value.equals("a"));
}

namespace test {

/// For each line of hexadecimal digits: whether the bytes are JSON, and what the member "a" is if it is an object.
int json_verdicts() {
  for (std::string line; std::getline(std::cin, line);) {
    std::string text;
    for (size_t place = 0; place + 1 < line.size(); place += 2)
      text += static_cast<char>(std::strtol(line.substr(place, 2).c_str(), nullptr, 16));
    const Parsed parsed(text);
    const JsonValue value = member(parsed.value, "a");
    uint64_t integer = 0;
    char out[64];
    std::string said = parsed.value.missing() ? "no" : "yes";
    if (value.as_integer(integer)) {
      said += " " + std::to_string(integer);
    } else if (value.as_text(out, sizeof(out))) {
      said += " \"";
      for (const char *place = out; *place != '\0'; place++) {
        char digits[4];
        std::snprintf(digits, sizeof(digits), "%02x", static_cast<unsigned>(static_cast<uint8_t>(*place)));
        said += digits;
      }
    }
    std::cout << said << "\n";
  }
  return 0;
}

}  // namespace test
