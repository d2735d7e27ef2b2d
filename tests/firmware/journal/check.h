/// A few lines instead of a test framework.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace test {

using Body = void (*)();

/// A test that lists itself.
struct Case {
  Case(const char *name, Body body) : name(name), body(body), next(first()) { first() = this; }
  static Case *&first() {
    static Case *head = nullptr;
    return head;
  }
  const char *name;
  Body body;
  Case *next;
};

/// Numbers that only seem random (splitmix64): the same in every run.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    this->state_ += 0x9E3779B97F4A7C15U;
    uint64_t value = this->state_;
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9U;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBU;
    return value ^ (value >> 31);
  }
  size_t below(size_t end) { return static_cast<size_t>(this->next() % end); }
  bool chance(size_t in) { return this->below(in) == 0; }

 private:
  uint64_t state_;
};

}  // namespace test

#define TEST(name) \
  static void name(); \
  static const test::Case case_##name(#name, name); \
  static void name()

#define CHECK(true_thing) \
  do { \
    if (!(true_thing)) { \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #true_thing); \
      std::exit(1); \
    } \
  } while (false)

#define CHECK_EQUAL(one, two) \
  do { \
    const auto first_ = static_cast<int64_t>(one); \
    const auto second_ = static_cast<int64_t>(two); \
    if (first_ != second_) { \
      std::fprintf(stderr, "%s:%d: %s is %lld, %s is %lld\n", __FILE__, __LINE__, #one, \
                   static_cast<long long>(first_), #two, static_cast<long long>(second_)); \
      std::exit(1); \
    } \
  } while (false)
