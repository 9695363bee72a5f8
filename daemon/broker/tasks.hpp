// SPDX-License-Identifier: Apache-2.0
// Errands to platforms: encode, request, interpret. A part's request leaves only when its verdict is durable; polls and
// look-ups show nothing to anybody and need not wait.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/interpretation.hpp"
#include "broker/number.hpp"
#include "bus/hosts.hpp"
#include "core/action.hpp"
#include "core/input.hpp"
#include "courier/courier.hpp"

namespace postern::broker {

/// What the tasks need to know of an account, beside what the core knows.
struct AccountReach {
  std::string base_url;
  std::string account_key, options = "{}";  ///< for the polls, which the core does not write
  bool polls = false;
  std::string_view section;  ///< interned
  std::string lacks;         ///< credentials without which its token is not refreshed; empty: none, or it never is
  courier::Request refresh;  ///< of its token, if `grant` is there
  std::string refresh_base_url;
  std::shared_ptr<const courier::Grant> grant;  ///< null: nothing is refreshed
  /// Hosts beside the base URL's that may see the account's credential, for files: facts.media_hosts of the plugin.
  std::vector<std::string> media_hosts{};
};
using Reaches = std::map<std::string, AccountReach, std::less<>>;

class Tasks {
 public:
  using Decide = std::function<void(core::Input&&)>;

  Tasks(bus::Hosts& hosts, courier::Courier& courier, std::shared_ptr<const Reaches> reaches, Decide decide)
      : hosts_(hosts), courier_(courier), reaches_(std::move(reaches)), decide_(std::move(decide)) {}

  /// Encodes at once.
  void prepare(const core::Attempt& attempt);
  /// The verdict is durable: the request may leave.
  void release(const core::Attempt& attempt);
  void look_up(const core::LookUp& lookup);
  /// Begins or goes on with an account's poll; one that is under way is left alone, so that no two take each other's
  /// events.
  void poll(const core::Poll& poll);

  /// That it is asked for is durable: the request for new tokens may leave.
  void refresh(const core::Refresh& refresh);

  /// One errand of the kind subscribe or check, in which places are filled. False: no such account.
  using Ended = std::function<void(core::Attempted&&, AccountTold&&)>;
  bool run(std::string_view account, std::string_view kind, Ended ended);
  std::string lacks(std::string_view account) const;

  /// A page of what was said lately; the core gets it as Listed.
  void list(const core::List& list);

  void encoded(std::uint64_t index, bus::Done&& done);  ///< of encode or interpret
  void delivered(courier::Delivery&& delivery, Micros now);
  /// Polls that wait for their next try. `now` is boot time.
  void watch(Micros now);
  Micros next_due() const { return delayed_.empty() ? 0 : delayed_.begin()->first; }

  void replace(std::shared_ptr<const Reaches> reaches) { reaches_ = std::move(reaches); }
  std::size_t size() const { return tasks_.size(); }

 private:
  enum class Kind : std::uint8_t { part, poll, lookup, list, refresh, errand };
  struct Task {
    Kind kind = Kind::part;
    std::int64_t part = core::kNone, attempt = 0;
    std::uint64_t lookup = 0;
    std::string_view account, section;
    std::string cursor;
    core::Text text;                 ///< the task's JSON
    std::optional<Request> request;  ///< ready to leave, or waiting for its file
    bool released = false;
    bool safe = false;      ///< the request that is under way is: whatever became of it, nothing was sent
    bool has_file = false;  ///< it holds one of the few places for files
    std::string memo;       ///< of the step that is under way: JSON, or empty
    int steps = 0;
    Ended ended;       ///< errand
    Micros asked = 0;  ///< refresh: as the core said it
  };

  std::uint64_t add(Task&& task);
  void call(std::uint64_t index, Task& task, bus::Function function, std::vector<bus::Argument> arguments);
  void submit(std::uint64_t index, Task& task);
  void file_there(std::uint64_t index, Task& task, courier::Delivery&& file);
  void leave_place(Task& task);
  void interpreted(std::uint64_t index, bus::Done&& done);
  void finish(std::uint64_t index, core::Attempted&& outcome);
  void finish_poll(Task&& task, Interpretation&& found);
  /// Where a person's words may be in a request, a place is text.
  static Places places(const Task& task) { return task.kind == Kind::errand ? Places::filled : Places::text; }
  void poll_later(const Task& task, Micros after);
  void refreshed(const Task& task, core::Refreshed::Outcome outcome, std::string text);
  void finish_refresh(std::uint64_t index, courier::Delivery&& delivery);

  bus::Hosts& hosts_;
  courier::Courier& courier_;
  std::shared_ptr<const Reaches> reaches_;
  const Decide decide_;
  std::uint64_t next_ = 1;
  std::unordered_map<std::uint64_t, Task> tasks_;
  std::unordered_map<std::int64_t, std::uint64_t> by_part_;
  int files_ = 0;  ///< that are in memory on their way out
  std::multimap<Micros, core::Poll> delayed_;
  std::set<std::string_view> polling_;          ///< accounts whose poll is under way or delayed
  std::map<std::string_view, Micros> resting_;  ///< accounts whose platform wants no poll before this
  Micros now_ = 0;
};

}  // namespace postern::broker
