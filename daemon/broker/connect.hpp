// SPDX-License-Identifier: Apache-2.0
// "account.connect": has the platform send its webhooks here, asks it how the account and its token stand, and says
// what is missing. The broker's thread only.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "broker/tasks.hpp"

namespace postern::broker {

class Connect {
 public:
  using Reply = std::function<void(core::Reply&&)>;
  using Decide = Tasks::Decide;

  Connect(Tasks& tasks, Decide decide, Reply reply)
      : tasks_(tasks), decide_(std::move(decide)), reply_(std::move(reply)) {}

  /// The answer comes when the platform has given its own: at most two errands, one after the other.
  void connect(std::uint64_t reply_to, std::string_view account);

 private:
  struct Run {
    std::uint64_t reply_to = 0;
    std::string account;
    std::string steps = "[";  ///< JSON so far
    bool well = true;
    AccountTold told;
  };
  void step(const std::shared_ptr<Run>& run, std::string_view kind);
  void add_step(Run& run, std::string_view kind, const core::Attempted& outcome);
  void finish(Run& run);

  Tasks& tasks_;
  const Decide decide_;
  const Reply reply_;
};

}  // namespace postern::broker
