// SPDX-License-Identifier: Apache-2.0
#include "ledger/loader.hpp"

#include "base/log.hpp"
#include "base/thread.hpp"
#include "ledger/query.hpp"

namespace postern::ledger {

namespace {

Result<core::Loaded> found_whole(View& view, core::Loaded&& found) {
  if (auto read = view.take_error(); !read) return tl::unexpected(read.error());
  return std::move(found);
}

}  // namespace

Result<core::Loaded> load(View& view, const core::Load& load) {
  core::Loaded found;
  found.load = load.load;
  if (load.record != core::kNone) {
    const auto event = view.records().body(load.record);
    if (!event) return tl::unexpected(event.error());
    found.event = *event;
    return found_whole(view, std::move(found));
  }
  if (load.conversation) {
    auto named = find_conversation(view, load.conversation);
    if (!named) return tl::unexpected(named.error());
    if (*named) found.conversation = std::move((*named)->conversation);
  } else if (const auto thread = view.identity(load.account, Lookup::Kind::thread, load.thread)) {
    found.conversation = view.rows().conversation(thread->number);
  }
  if (found.conversation && found.conversation->contact_number != core::kNone) {
    found.owner = view.rows().contact(found.conversation->contact_number);
    found.states = view.rows().states(found.conversation->contact);
  }
  if (load.conversation) return found_whole(view, std::move(found));
  if (const auto sender = view.identity(load.account, Lookup::Kind::contact, load.sender)) {
    found.contact = view.rows().contact(sender->number);
    if (!found.owner || found.owner->id != sender->id)
      for (auto& state : view.rows().states(sender->id)) found.states.push_back(std::move(state));
  }
  for (std::size_t at = 0; at < load.looks.size(); ++at)
    found.seen.push_back(view.seen(load.looks[at], load.account, load.keys[at]));
  return found_whole(view, std::move(found));
}

Loader::Loader(std::unique_ptr<View> view, std::size_t capacity, Answer answer, Fatal fatal)
    : view_(std::move(view)),
      answer_(std::move(answer)),
      fatal_(std::move(fatal)),
      box_(capacity, [this] { bell_.release(); }),
      thread_([this](std::stop_token stop) { run(stop); }) {}

void Loader::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  bell_.release();
  thread_.join();
}

void Loader::run(std::stop_token stop) {
  name_thread("loader");
  yield_to_wakers();
  std::vector<core::Load> loads;
  while (!stop.stop_requested()) {
    if (!box_.drain(loads)) {
      bell_.acquire();
      continue;
    }
    const View::KeysRead reading(*view_);
    for (const auto& wanted : loads) {
      if (stop.stop_requested()) return;
      auto found = load(*view_, wanted);
      if (!found) {
        log::error("ledger.loader", text(found.error()));
        fatal_(found.error());
        return;
      }
      answer_(std::move(*found));
    }
  }
}

}  // namespace postern::ledger
