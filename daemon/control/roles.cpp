// SPDX-License-Identifier: Apache-2.0
#include "control/roles.hpp"

#include <algorithm>

namespace postern::control {
namespace {

constexpr RoleSet kEverybody = {Role::viewer, Role::agent, Role::operator_, Role::compliance, Role::admin};
constexpr RoleSet kReaders = {Role::agent, Role::compliance, Role::admin};
constexpr RoleSet kAgents = {Role::agent, Role::admin};
constexpr RoleSet kOperators = {Role::operator_, Role::admin};
constexpr RoleSet kCompliance = {Role::compliance, Role::admin};

constexpr MethodRoles kMethods[] = {
    // Without content: how things are.
    {"whoami", kEverybody},
    {"status", kEverybody},
    {"account.list", kEverybody},
    {"plugin.list", kEverybody},
    {"quarantine.list", kEverybody},
    {"outbox.list", kEverybody},
    {"policy.counters", kEverybody},
    {"gaps", kEverybody},
    {"policy.explain", kEverybody},
    // What contacts wrote, and who they are.
    {"conversations", kReaders},
    {"show", kReaders},
    {"search", kReaders},
    {"media.get", kReaders},
    {"media.more", kReaders},
    // The record.
    {"audit.tail", {Role::operator_, Role::compliance, Role::admin}},
    {"audit.verify", {Role::operator_, Role::compliance, Role::admin}},
    {"audit.export", kCompliance},
    {"audit.disclose", kCompliance},
    {"keys.status", {Role::operator_, Role::compliance, Role::admin}},
    {"contact.export", kCompliance},
    {"audit.requests", kCompliance},
    {"policy.replay", kCompliance},
    {"backup", kCompliance},
    {"audit.proof", {Role::operator_, Role::compliance, Role::admin}},
    // What contacts may ask for, and what has to be kept.
    {"contact.erase", kCompliance},
    {"contact.restrict", kCompliance},
    {"contact.rectify", kCompliance},
    {"hold.place", kCompliance},
    {"hold.release", kCompliance},
    {"hold.list", kCompliance},
    {"approval.give", kCompliance},
    {"approval.refuse", kCompliance},
    {"approval.list", kCompliance},
    {"retention.run", kCompliance},
    // Speaking for the brand.
    {"reply", kAgents},
    {"conversation.close", kAgents},
    {"contact.link", kAgents},
    {"outbox.approve", kAgents},
    {"outbox.withdraw", kAgents},
    {"outbox.resolve", {Role::agent, Role::operator_, Role::admin}},
    // Keeping it running.
    {"account.connect", kOperators},
    {"account.resume", kOperators},
    {"quarantine.requeue", kOperators},
    {"quarantine.discard", kOperators},
    {"plugin.trust", kOperators},
    {"reload", kOperators},
    {"keys.rotate", kOperators},
};

}  // namespace

std::optional<Role> parse_role(std::string_view word) {
  const auto* const at = std::ranges::find(kRoleNames, word);
  if (at == kRoleNames.end()) return std::nullopt;
  return static_cast<Role>(at - kRoleNames.begin());
}

std::string RoleSet::text() const {
  std::string out;
  for (std::size_t i = 0; i < kRoleNames.size(); ++i)
    if (has(static_cast<Role>(i))) out.append(out.empty() ? "" : ", ").append(kRoleNames[i]);
  return out.empty() ? "none" : out;
}

RoleSet Roles::of(Caller caller) const {
  RoleSet roles;
  if (caller.uid == 0 || caller.uid == owner_ || (users_.empty() && groups_.empty())) roles.add(Role::admin);
  if (const auto at = users_.find(caller.uid); at != users_.end()) roles.add(at->second);
  if (const auto at = groups_.find(caller.gid); at != groups_.end()) roles.add(at->second);
  return roles;
}

RoleSet roles_for(std::string_view method) {
  const auto* const at = std::ranges::find(kMethods, method, &MethodRoles::method);
  return at == std::end(kMethods) ? RoleSet{Role::admin} : at->roles;
}

std::span<const MethodRoles> methods_by_role() {
  return kMethods;
}

}  // namespace postern::control
