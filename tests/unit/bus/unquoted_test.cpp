// SPDX-License-Identifier: Apache-2.0
#include "bus/unquoted.hpp"

#include "catch.hpp"

using namespace postern::bus;

TEST_CASE("what a plugin quotes of a call is blotted out of its fault, and the rest stays") {
  const std::vector<Argument> event{std::string(
      R"({"kind":"message","text":"I am allergic to p\u00eanuts, call 912345678","sender":{"id":"6712345678901234","name":"Rita"}})")};
  CHECK(unquoted("cannot read: I am allergic to pênuts, call 912345678!", event) == "cannot read: …!");
  CHECK(unquoted("no rule for allergic to p", event) == "no rule for…");
  CHECK(unquoted("Rita is not known, nor is 6712345678901234", event) == "… is not known, nor is …");
  CHECK(unquoted("no answer to a message", event) == "no answer to a message");
  CHECK(unquoted("field sender.name: expected a number", event) == "field sender.name: expected a number");
  CHECK(unquoted("", event).empty());
}

TEST_CASE("a body that is no JSON is not quoted either") {
  const std::vector<Argument> body{std::string("{\"text\": \"I am allergic"), std::string(R"({"method":"POST"})")};
  CHECK(unquoted("unexpected end behind \"I am allergic", body).find("allergic") == std::string::npos);
  CHECK(unquoted("POST is what it was", body) == "POST is what it was");
}
