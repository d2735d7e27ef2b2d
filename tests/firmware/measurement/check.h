#pragma once

// As much of a test framework as these tests need: no library has to be installed.

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace check {

struct Case {
  const char *name;
  void (*run)();
};

inline std::vector<Case> &cases() {
  static std::vector<Case> all;
  return all;
}

inline int &failures() {
  static int count = 0;
  return count;
}

struct Registration {
  Registration(const char *name, void (*run)()) { cases().push_back({name, run}); }
};

inline void fail(const char *file, int line, const char *text) {
  std::printf("%s:%d: not true: %s\n", file, line, text);
  ++failures();
}

inline void near(const char *file, int line, const char *text, double value, double wanted, double tolerance) {
  if (std::fabs(value - wanted) <= tolerance)
    return;
  std::printf("%s:%d: %s is %.9g, not %.9g within %.3g\n", file, line, text, value, wanted, tolerance);
  ++failures();
}

/// Runs the case of that name, or lists all of them.
inline int main(int count, char **arguments) {
  for (const Case &each : cases()) {
    if (count < 2)
      std::printf("%s\n", each.name);
    else if (std::string(arguments[1]) == each.name)
      each.run();
  }
  return failures() == 0 ? 0 : 1;
}

}  // namespace check

#define TEST(name)                                           \
  static void name();                                        \
  static const check::Registration registered_##name(#name, &name); \
  static void name()
#define CHECK(truth)                               \
  do {                                             \
    if (!(truth))                                  \
      check::fail(__FILE__, __LINE__, #truth);     \
  } while (false)
#define CHECK_NEAR(value, wanted, tolerance) check::near(__FILE__, __LINE__, #value, value, wanted, tolerance)
