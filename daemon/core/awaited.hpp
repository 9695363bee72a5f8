// SPDX-License-Identifier: Apache-2.0
// What waits for something from outside: a thread that is not in memory, an attachment's file.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/conversation.hpp"
#include "core/input.hpp"

namespace postern::core {

/// A thread that is being fetched, and the events that wait for it, in order; or a conversation that was named by its
/// pseudonym, and who waits for that.
struct Fetch {
  std::string_view account;
  std::string thread_key, sender;
  struct Waiting {
    Event event;
    std::uint64_t delivery;
    std::int64_t look = kNone;  ///< place of its key among those that the loader looks up
  };
  std::vector<Waiting> events;
  Id conversation{};
  std::vector<Command> commands;
  std::vector<Conversation*> senders;  ///< whose chains send to it
  Conversation* lane = nullptr;        ///< whose event at the front was away
};

/// An attachment's file that is being fetched.
struct Medium {
  MediumRow row;
  std::string_view account;
  Id contact{}, conversation{}, message{};
  Micros wall = 0;  ///< of the event's record
  std::string_view retention;
  std::string thread;
  FileElsewhere file;
  MediaPolicy policy = MediaPolicy::store;
  std::int64_t event() const { return row.key / kMostFiles; }
};

}  // namespace postern::core
