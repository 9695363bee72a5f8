// SPDX-License-Identifier: Apache-2.0
#include "bus/host_thread.hpp"

#include "base/thread.hpp"

namespace postern::bus {

void HostThread::start(zmq::context_t& context, host::Placement placement) {
  state_ = std::make_shared<State>();
  thread_ = std::thread([&context, placement = std::move(placement), state = state_] {
    constexpr std::size_t kLongestName = 15;  // the kernel's; a section's end tells more than its beginning
    const auto skip = placement.section.size() > kLongestName ? placement.section.size() - kLongestName : 0;
    name_thread(placement.section.c_str() + skip);
    yield_to_wakers();
    if (const auto ended = host::run(context, placement, state->stop); !ended) state->failure = text(ended.error());
    state->ended = true;
  });
}

bool HostThread::ended(std::string& how) {
  if (!state_ || !state_->ended) return false;
  thread_.join();
  how = state_->failure.empty() ? "its thread ended" : state_->failure;
  state_.reset();
  return true;
}

void HostThread::ask_to_end() {
  if (state_) state_->stop = true;
}

void HostThread::end_by(std::chrono::steady_clock::time_point until) {
  if (!thread_.joinable()) return;
  while (!state_->ended && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  if (state_->ended)
    thread_.join();
  else
    thread_.detach();
  state_.reset();
}

}  // namespace postern::bus
