// SPDX-License-Identifier: Apache-2.0
// Issued tokens in keys.db.
#include <fstream>

#include "fixture.hpp"

using namespace postern;
using namespace postern::ledger;
using namespace postern::ledger::test;

namespace {

core::TokenRow row(Micros asked, std::shared_ptr<const Tokens> tokens) {
  core::TokenRow made;
  made.account = "acme";
  made.seed = Hash{7};
  made.asked = asked;
  made.due = 11;
  made.ends = 12;
  made.trouble = "none yet";
  made.tokens = std::move(tokens);
  return made;
}

std::string content(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(in)), {});
}

}  // namespace

TEST_CASE("issued tokens come back with the next start, the last row of an account alone, and never in clear") {
  const Folder folder;
  const std::string canary = "at-canary-\"quoted\"-5b1d";
  {
    const auto store = must_open(folder.options());
    CHECK(store->tokens().empty());
    const core::TokenRow first = row(10, nullptr);
    const core::TokenRow second =
        row(0, std::make_shared<Tokens>(Tokens{{"token", Secret(canary)}, {"other", Secret("o")}}));
    REQUIRE(store->keys().write(std::vector{&first, &second}));
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path()))
    if (entry.is_regular_file()) {
      INFO(entry.path());
      CHECK(content(entry.path()).find("at-canary") == std::string::npos);
    }
  const auto store = must_open(folder.options());
  REQUIRE(store->tokens().size() == 1);
  const auto& found = store->tokens()[0];
  CHECK(found.account == "acme");
  CHECK(found.seed == Hash{7});
  CHECK(found.asked == 0);
  CHECK(found.due == 11);
  CHECK(found.ends == 12);
  CHECK(found.trouble == "none yet");
  REQUIRE(found.tokens);
  CHECK(found.tokens->at("token").reveal() == canary);
  CHECK(found.tokens->at("other").reveal() == "o");
}

TEST_CASE("a row that belongs to another account is not believed") {
  const Folder folder;
  {
    const auto store = must_open(folder.options());
    const core::TokenRow mine = row(0, std::make_shared<Tokens>(Tokens{{"token", Secret("at")}}));
    REQUIRE(store->keys().write(std::vector{&mine}));
    REQUIRE(store->keys().database().exec("UPDATE token SET account='rival'"));
  }
  CHECK(must_open(folder.options())->tokens().empty());
}
