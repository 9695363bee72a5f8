// SPDX-License-Identifier: Apache-2.0
// Who may ask what: roles are given to local users and groups, methods are open to roles.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace postern::control {

/// Each but `admin` is a task; who has several tasks has several roles.
enum class Role : std::uint8_t {
  viewer,      ///< sees how things are: no content, no names
  agent,       ///< reads conversations and answers in them
  operator_,   ///< keeps it running, without seeing content
  compliance,  ///< reads content for the record's sake; erases, holds, exports
  admin,       ///< everything
};
inline constexpr std::array<std::string_view, 5> kRoleNames = {"viewer", "agent", "operator", "compliance", "admin"};
constexpr std::string_view name(Role role) {
  return kRoleNames[static_cast<std::size_t>(role)];
}
std::optional<Role> parse_role(std::string_view word);

class RoleSet {
 public:
  constexpr RoleSet() = default;
  constexpr RoleSet(std::initializer_list<Role> roles) {
    for (const Role role : roles) add(role);
  }
  constexpr void add(Role role) { bits_ |= static_cast<std::uint8_t>(1 << static_cast<int>(role)); }
  constexpr void add(RoleSet others) { bits_ |= others.bits_; }
  constexpr bool has(Role role) const { return (bits_ >> static_cast<int>(role) & 1) != 0; }
  constexpr bool meets(RoleSet others) const { return (bits_ & others.bits_) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  bool operator==(const RoleSet&) const = default;
  /// "agent, compliance"; "none".
  std::string text() const;

 private:
  std::uint8_t bits_ = 0;
};

/// A local process as the kernel names it.
struct Caller {
  std::uint32_t uid = 65534, gid = 65534;  // nobody
};

/// Which roles local users have. Immutable once it is in use; any thread.
class Roles {
 public:
  /// Root and `owner`, the daemon's own user, are admins: the files are theirs anyway. As long as nobody is named, so
  /// is everybody who may open the socket.
  explicit Roles(std::uint32_t owner) : owner_(owner) {}
  void give_user(std::uint32_t uid, Role role) { users_[uid].add(role); }
  void give_group(std::uint32_t gid, Role role) { groups_[gid].add(role); }
  RoleSet of(Caller caller) const;
  bool operator==(const Roles&) const = default;

 private:
  std::uint32_t owner_;
  std::map<std::uint32_t, RoleSet> users_, groups_;
};

/// Who may call the method. One that has no row in the table is for admins alone.
RoleSet roles_for(std::string_view method);
/// The methods that have a row, in the order of docs/protocol.md.
struct MethodRoles {
  std::string_view method;
  RoleSet roles;
};
std::span<const MethodRoles> methods_by_role();

}  // namespace postern::control
