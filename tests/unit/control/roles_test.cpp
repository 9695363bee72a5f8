// SPDX-License-Identifier: Apache-2.0
// Who may ask what, as a matrix: every role with every method.
#include "control/roles.hpp"

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "catch.hpp"

using namespace postern::control;

namespace {

constexpr std::uint32_t kOwner = 990, kGroup = 2'000, kNobodys = 4'000;

/// One letter a role that may: v, a, o, c. Admins may everything, so they have none.
const std::map<std::string, std::string, std::less<>> kMatrix = {
    {"whoami", "vaoc"},
    {"status", "vaoc"},
    {"account.list", "vaoc"},
    {"plugin.list", "vaoc"},
    {"quarantine.list", "vaoc"},
    {"outbox.list", "vaoc"},
    {"policy.counters", "vaoc"},
    {"gaps", "vaoc"},
    {"policy.explain", "vaoc"},
    {"conversations", "ac"},
    {"show", "ac"},
    {"search", "ac"},
    {"media.get", "ac"},
    {"media.more", "ac"},
    {"audit.tail", "oc"},
    {"audit.verify", "oc"},
    {"audit.export", "c"},
    {"backup", "c"},
    {"audit.disclose", "c"},
    {"keys.status", "oc"},
    {"contact.export", "c"},
    {"audit.requests", "c"},
    {"policy.replay", "c"},
    {"audit.proof", "oc"},
    {"contact.erase", "c"},
    {"contact.restrict", "c"},
    {"contact.rectify", "c"},
    {"hold.place", "c"},
    {"hold.release", "c"},
    {"hold.list", "c"},
    {"approval.give", "c"},
    {"approval.refuse", "c"},
    {"approval.list", "c"},
    {"retention.run", "c"},
    {"reply", "a"},
    {"conversation.close", "a"},
    {"contact.link", "a"},
    {"outbox.approve", "a"},
    {"outbox.withdraw", "a"},
    {"outbox.resolve", "ao"},
    {"account.connect", "o"},
    {"account.resume", "o"},
    {"quarantine.requeue", "o"},
    {"quarantine.discard", "o"},
    {"plugin.trust", "o"},
    {"reload", "o"},
    {"keys.rotate", "o"},
};

/// The methods that the protocol's page has a heading for.
std::set<std::string> documented() {
  std::ifstream page(POSTERN_PROTOCOL_PAGE);
  REQUIRE(page);
  std::set<std::string> methods;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("### `")) continue;
    std::stringstream quoted(line.substr(4));
    for (std::string piece; std::getline(quoted, piece, '`');)
      if (!piece.empty() && piece.find_first_not_of("abcdefghijklmnopqrstuvwxyz._-") == std::string::npos)
        methods.insert(piece);
  }
  return methods;
}

}  // namespace

TEST_CASE("each role may call just the methods that are its own") {
  constexpr std::pair<Role, char> kRoles[] = {
      {Role::viewer, 'v'}, {Role::agent, 'a'}, {Role::operator_, 'o'}, {Role::compliance, 'c'}};
  for (const auto& [method, letters] : kMatrix) {
    INFO(method);
    CHECK(roles_for(method).has(Role::admin));
    for (const auto& [role, letter] : kRoles)
      CHECK(roles_for(method).has(role) == (letters.find(letter) != std::string::npos));
  }
}

TEST_CASE("every method of the protocol has a row, and no row is of a method that is not there") {
  std::set<std::string> expected, rows;
  for (const auto& [method, letters] : kMatrix) expected.insert(method);
  for (const auto& row : methods_by_role()) rows.emplace(row.method);
  CHECK(rows == expected);
  CHECK(rows == documented());
}

TEST_CASE("what has no row is for admins alone") {
  CHECK(roles_for("contact.invented") == RoleSet{Role::admin});
  CHECK(roles_for("") == RoleSet{Role::admin});
}

TEST_CASE("as long as nobody is named, everybody is admin") {
  CHECK(Roles(kOwner).of({kNobodys, kNobodys}) == RoleSet{Role::admin});
}

TEST_CASE("with one name others have nothing, but root and the daemon's own user remain admins") {
  Roles roles(kOwner);
  roles.give_user(1'000, Role::agent);
  CHECK(roles.of({1'000, 1'000}) == RoleSet{Role::agent});
  CHECK(roles.of({kNobodys, kNobodys}).empty());
  CHECK(roles.of(Caller{}).empty());
  CHECK(roles.of({0, 0}) == RoleSet{Role::admin});
  CHECK(roles.of({kOwner, kNobodys}) == RoleSet{Role::admin});
}

TEST_CASE("roles of the user and of the primary group add up") {
  Roles roles(kOwner);
  roles.give_group(kGroup, Role::viewer);
  roles.give_user(1'000, Role::agent);
  roles.give_user(1'000, Role::compliance);
  CHECK(roles.of({1'000, kGroup}) == RoleSet{Role::viewer, Role::agent, Role::compliance});
  CHECK(roles.of({1'001, kGroup}) == RoleSet{Role::viewer});
  CHECK(roles.of({1'001, kNobodys}).empty());
}

TEST_CASE("roles have the names that the configuration uses") {
  CHECK(RoleSet{}.text() == "none");
  CHECK(RoleSet{Role::compliance, Role::viewer}.text() == "viewer, compliance");
  for (const auto word : kRoleNames) CHECK(name(*parse_role(word)) == word);
  CHECK_FALSE(parse_role("root"));
}
