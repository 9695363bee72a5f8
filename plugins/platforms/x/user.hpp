// SPDX-License-Identifier: Apache-2.0
// Users and the conversations between them. Ids are decimal numbers of any length, always text.
#pragma once
#include <postern/events.hpp>

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace x {

/// As numbers: X names a conversation by its smaller id first, and what is newer by a greater one.
inline bool is_less(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

/// An id tells when it was given: milliseconds since November 2010, above 22 bits that tell the machine.
inline constexpr std::int64_t kFirstId = 1'288'834'974'657;
inline postern::Timestamp time_of_id(std::string_view id) {
  std::int64_t number = 0;
  std::from_chars(id.data(), id.data() + id.size(), number);
  return ((number >> 22) + kFirstId) * 1'000;
}
/// The least id that could have been given at a time.
inline std::string id_at(postern::Timestamp time) {
  return std::to_string((time / 1'000 - kFirstId) << 22);
}

/// The thread of two users, "<smaller id>-<greater id>", as X itself calls a conversation of two.
inline std::string pair_thread(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty()) throw postern::BadInput("a message is between fewer than two users");
  return is_less(b, a) ? b + "-" + a : a + "-" + b;
}

/// The thread of a conversation: a pair however it is written ("A-B", "B:A"), a group by its number.
inline std::string thread_of(std::string_view conversation) {
  if (conversation.empty()) throw postern::BadInput("an event of no conversation");
  const auto between = conversation.find_first_of("-:");
  if (between == conversation.npos) return std::string(conversation);
  return pair_thread(std::string(conversation.substr(0, between)), std::string(conversation.substr(between + 1)));
}

inline bool is_group(std::string_view thread) {
  return thread.find('-') == thread.npos;
}

/// The other one of a pair; empty for a group.
inline std::string_view other_than(std::string_view account, std::string_view thread) {
  const auto between = thread.find('-');
  if (between == thread.npos) return {};
  const auto first = thread.substr(0, between);
  return first == account ? thread.substr(between + 1) : first;
}

/// A user object, which some payloads wrap in {"data": …}.
inline postern::Node unwrapped(postern::Node user) {
  return user["data"].is_object() ? user["data"] : user;
}

/// A user among those that came with the event: a map by id, or a list.
inline postern::Node find_user(postern::Node users, const std::string& id) {
  if (users.is_object()) return unwrapped(users[id]);
  for (const postern::Node each : users)
    if (unwrapped(each)["id"].id_if_any() == id) return unwrapped(each);
  return {};
}

/// Writes who did it. `user` may be absent: then the id is all that is known.
inline void write_sender(const std::string& id, postern::Node user, postern::Events& events) {
  if (id.empty()) return;
  const auto handle = user["username"].text(user["screen_name"].text());
  events.sender({.id = id, .name = user["name"].text(), .handle = handle});
}

}  // namespace x
