// SPDX-License-Identifier: Apache-2.0
// The shipped packs, asked at each edge of each limit, and the kinds that no shipped pack uses: tests/data/policy.
#include <fstream>
#include <set>
#include <sstream>

#include "catch.hpp"
#include "config/policy_cases.hpp"
#include "config/policy_file.hpp"
#include "config/policy_shelf.hpp"

using namespace postern;
using namespace postern::core::policy;

namespace {

constexpr Micros kNow = 1'790'000'000 * kSecond;  // September 2026
constexpr const char* kPlatforms[] = {"messenger", "instagram", "x",        "tiktok",
                                      "snapchat",  "whatsapp",  "telegram", "linkedin"};

std::shared_ptr<const Pack> shipped(const std::string& platform, const std::string& version,
                                    const std::string& profile = {}) {
  config::Problems problems;
  config::PolicyShelf shelf({POSTERN_POLICIES});
  auto pack = shelf.pack(platform, version, kNow, {}, problems, profile);
  INFO(problems.text());
  REQUIRE(pack != nullptr);
  return pack;
}

config::Node document(const std::string& name) {
  std::ifstream file(POSTERN_TEST_DATA "/policy/" + name + ".toml");
  std::stringstream content;
  content << file.rdbuf();
  config::Problems problems;
  auto read = config::parse_document(content.str(), name + ".toml", problems);
  INFO(problems.text());
  REQUIRE(read);
  return std::move(*read);
}

/// The cases of one file; none if there is no such file.
std::vector<config::Node> cases(const config::Node& document) {
  const config::Node* list = document.find("case");
  return list == nullptr ? std::vector<config::Node>() : list->items;
}

void check(const Pack& pack, const config::Node& entry, std::set<std::string_view>& decided) {
  config::Problems problems;
  const config::CaseResult result = config::ask_policy_case(pack, entry, kNow, problems);
  const config::Node* name = entry.find("name");
  INFO(pack.data().platform << " " << pack.data().version << ": " << (name == nullptr ? "?" : name->text));
  INFO(result.difference << problems.text());
  CHECK(result.difference.empty());
  CHECK(problems.empty());
  decided.insert(result.rule);
}

/// Rules of which no single message can make a case.
bool is_silent(const Rule& rule) {
  return rule.kind == "badge" || rule.kind == "opens";
}

}  // namespace

TEST_CASE("every limit of every shipped pack holds at its edge, and every rule decides something") {
  std::size_t asked = 0;
  for (const std::string version : {"2023-11", "2026-09"})
    for (const std::string platform : kPlatforms) {
      const auto pack = shipped(platform, version);
      std::set<std::string_view> decided;
      std::vector<config::Node> all = cases(document(version + "/" + platform));
      if (version == "2026-09")
        for (config::Node& more : cases(document(platform))) all.push_back(std::move(more));
      REQUIRE(all.size() >= 20);
      asked += all.size();
      for (const config::Node& entry : all) check(*pack, entry, decided);
      for (const Rule& rule : pack->data().rules) {
        INFO(platform << " " << version << ": no case is decided by " << rule.id);
        CHECK((is_silent(rule) || decided.contains(rule.id)));
      }
    }
  CHECK(asked >= 1'000);
}

TEST_CASE("each kind of rule that a brand may add says what its cases expect") {
  const config::Node both = document("kinds");
  config::Problems problems;
  const auto data = config::read_pack(*both.find("pack"), problems);
  INFO(problems.text());
  REQUIRE(data);
  const Pack pack(*data);
  std::set<std::string_view> decided;
  for (const config::Node& entry : cases(both)) check(pack, entry, decided);
  for (const Rule& rule : pack.data().rules) {
    INFO("no case is decided by " << rule.id);
    CHECK((is_silent(rule) || decided.contains(rule.id)));
  }
}

TEST_CASE("an industry's profile adds its rules to every platform's, and each of them decides something") {
  for (const std::string profile : {"finance", "health"}) {
    const auto pack = shipped("messenger", "2026-09", profile);
    std::set<std::string_view> decided;
    const auto all = cases(document("profiles/" + profile));
    REQUIRE(all.size() >= 9);
    for (const config::Node& entry : all) check(*pack, entry, decided);
    for (const Rule& rule : pack->data().rules) {
      INFO("no case is decided by " << rule.id);
      CHECK((!rule.id.starts_with(profile) || decided.contains(rule.id)));
    }
    for (const std::string platform : kPlatforms) {
      const auto bare = shipped(platform, "2026-09"), more = shipped(platform, "2026-09", profile);
      CHECK(more->data().rules.size() > bare->data().rules.size());
      CHECK(more->data().hash != bare->data().hash);
    }
  }
  CHECK(shipped("x", "2026-09", "none")->data().hash == shipped("x", "2026-09")->data().hash);
}

TEST_CASE("a profile that does not exist is a mistake that names those that do") {
  config::Problems problems;
  config::PolicyShelf({POSTERN_POLICIES}).pack("x", "2026-09", kNow, {}, problems, "farming");
  CHECK(problems.text().find("there are: none, finance, health") != std::string::npos);
}

TEST_CASE("every shipped rule names its source and says itself in a sentence") {
  for (const std::string version : {"2023-11", "2026-09"})
    for (const std::string platform : kPlatforms) {
      const auto pack = shipped(platform, version);
      CHECK((pack->data().shelf_life_ends > kNow) == (version == "2026-09"));
      CHECK(pack->data().hash.size() == 16);
      for (const Rule& rule : pack->data().rules) {
        INFO(rule.id);
        CHECK(rule.source.size() > 10);
        CHECK(rule.says.ends_with("."));
      }
    }
}
