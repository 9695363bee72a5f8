// SPDX-License-Identifier: Apache-2.0
#include "base/percent.hpp"

#include "catch.hpp"

using namespace postern;
using Fields = std::vector<std::pair<std::string, std::string>>;

TEST_CASE("what is not unreserved is escaped, in capitals") {
  CHECK(percent_encoded("aZ9-._~") == "aZ9-._~");
  CHECK(percent_encoded("a b+c/ü?") == "a%20b%2Bc%2F%C3%BC%3F");
  CHECK(percent_encoded(std::string_view("\0\xff", 2)) == "%00%FF");
  std::string out = "x=";
  percent_encode(out, "a:b/c", ":");
  CHECK(out == "x=a:b%2Fc");
}

TEST_CASE("a form is read in its order, and a broken escape is none") {
  CHECK(form_fields("")->empty());
  CHECK(*form_fields("b=2&a=1&b=%20+x&c&=y&&") == Fields{{"b", "2"}, {"a", "1"}, {"b", "  x"}, {"c", ""}, {"", "y"}});
  for (const auto* broken : {"%", "a=%4", "a=%zz", "a=%4g", "a=%+1", "a=%-1", "a=% 1", "%g0=1"})
    CHECK_FALSE(form_fields(broken));
}

TEST_CASE("all bytes come back from a form") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  CHECK(*form_fields(percent_encoded(all) + "=" + percent_encoded(all)) == Fields{{all, all}});
}
