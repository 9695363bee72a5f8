// SPDX-License-Identifier: Apache-2.0
// The thread that fetches what the core has no longer in memory: a cold conversation, its contact, and whether an event
// has been here before.
#pragma once
#include <functional>
#include <memory>
#include <semaphore>
#include <thread>

#include "base/mailbox.hpp"
#include "core/action.hpp"
#include "core/input.hpp"
#include "ledger/view.hpp"

namespace postern::ledger {

class Loader {
 public:
  /// Called on the loader's thread for each Load, in order. Must not wait.
  using Answer = std::function<void(core::Loaded&&)>;
  /// The files cannot be read: the process must exit with 74. Nothing is answered from then on, since "not found"
  /// would make a new conversation of an old one.
  using Fatal = std::function<void(Error)>;

  Loader(std::unique_ptr<View> view, std::size_t capacity, Answer answer, Fatal fatal);
  ~Loader() { stop(); }

  /// Any thread. False if the box is full; the load is then untouched.
  [[nodiscard]] bool submit(core::Load&& load) { return box_.put(std::move(load)); }
  /// Ends the thread; what still waits is not answered.
  void stop();

 private:
  void run(std::stop_token stop);

  std::unique_ptr<View> view_;
  Answer answer_;
  Fatal fatal_;
  std::counting_semaphore<> bell_{0};
  Mailbox<core::Load> box_;
  std::jthread thread_;  // last: it uses all of the above
};

/// What the view holds of a thread and its sender, or of a conversation.
Result<core::Loaded> load(View& view, const core::Load& load);

}  // namespace postern::ledger
