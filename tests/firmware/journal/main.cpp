/// `--list` names the tests; otherwise those that are named are run, and the time that each one takes is told.

#include "check.h"

#include <chrono>
#include <cstring>

namespace test {
int json_verdicts();
}

int main(int count, char **words) {
  if (count == 2 && std::strcmp(words[1], "--list") == 0) {
    for (const test::Case *each = test::Case::first(); each != nullptr; each = each->next)
      std::printf("%s\n", each->name);
    return 0;
  }
  if (count == 2 && std::strcmp(words[1], "--json") == 0)
    return test::json_verdicts();
  for (int index = 1; index < count; index++) {
    const test::Case *found = test::Case::first();
    while (found != nullptr && std::strcmp(found->name, words[index]) != 0)
      found = found->next;
    if (found == nullptr) {
      std::fprintf(stderr, "There is no test %s.\n", words[index]);
      return 2;
    }
    const auto before = std::chrono::steady_clock::now();
    found->body();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - before;
    std::printf("%s: %.2f s\n", found->name, took.count());
  }
  return 0;
}
