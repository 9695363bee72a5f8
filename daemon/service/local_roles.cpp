// SPDX-License-Identifier: Apache-2.0
#include "service/local_roles.hpp"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <charconv>
#include <optional>

namespace postern::service {
namespace {

std::optional<std::uint32_t> number_of(const std::string& text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool give_to_user(const std::string& name, control::Role role, control::Roles& roles) {
  if (const passwd* user = ::getpwnam(name.c_str()))
    roles.give_user(user->pw_uid, role);
  else if (const auto uid = number_of(name))
    roles.give_user(*uid, role);
  else
    return false;
  return true;
}

bool give_to_group(const std::string& name, control::Role role, control::Roles& roles) {
  const auto gid = number_of(name);
  const group* found = gid ? ::getgrgid(*gid) : ::getgrnam(name.c_str());
  if (!found && !gid) return false;
  roles.give_group(found ? found->gr_gid : *gid, role);
  std::vector<std::string> members;
  for (char** member = found ? found->gr_mem : nullptr; member && *member; ++member) members.emplace_back(*member);
  for (const std::string& member : members) give_to_user(member, role, roles);
  return true;
}

}  // namespace

control::Roles local_roles(const std::vector<config::RoleSection>& sections, config::Problems& problems) {
  control::Roles roles(::geteuid());
  for (const auto& section : sections)
    for (const std::string& member : section.members) {
      const control::Role role = *control::parse_role(section.role);
      const bool is_group = member.starts_with('@');
      if (is_group ? give_to_group(member.substr(1), role, roles) : give_to_user(member, role, roles)) continue;
      problems.add(section.place,
                   std::string(is_group ? "the group \"" : "the user \"") + member.substr(is_group ? 1 : 0) +
                       "\" does not exist on this machine",
                   is_group ? "make it with groupadd, or write its number as \"@1234\""
                            : "make it with useradd, or write its number; a group is written \"@name\"");
    }
  return roles;
}

}  // namespace postern::service
