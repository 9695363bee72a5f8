// SPDX-License-Identifier: Apache-2.0
#include "base/secret.hpp"

#include <fstream>
#include <sstream>

#include "catch.hpp"

using namespace postern;

namespace {

/// The flags that the kernel shows of the mapping with this address.
std::string flags_of(const void* address) {
  std::ifstream smaps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(smaps, line);) {
    unsigned long begin = 0, end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2)
      inside = begin <= reinterpret_cast<unsigned long>(address) && reinterpret_cast<unsigned long>(address) < end;
    if (inside && line.starts_with("VmFlags:")) return line;
  }
  return {};
}

}  // namespace

TEST_CASE("a secret is left out of core dumps, short or long, and so are its copies") {
  for (const auto* text : {"k", "a secret that is longer than what fits into a string's own memory"}) {
    const Secret secret{std::string(text)};
    const Secret copy = secret;
    for (const auto* each : {&secret, &copy}) {
      CHECK(each->reveal() == text);
      CHECK(flags_of(each->reveal().data()).find(" dd") != std::string::npos);
    }
  }
  std::string ordinary(100, 'x');
  CHECK(flags_of(ordinary.data()).find(" dd") == std::string::npos);
}

TEST_CASE("a secret is moved, assigned and compared") {
  Secret first{std::string("one")}, second{std::string("two")};
  second = first;
  CHECK(second.equals("one"));
  CHECK_FALSE(second.equals("onf"));
  CHECK_FALSE(second.equals("on"));
  Secret third = std::move(first);
  CHECK(third.reveal() == "one");
  CHECK(first.empty());
  CHECK(Secret().empty());
}
