// SPDX-License-Identifier: Apache-2.0
#include "broker/tasks.hpp"

#include "base/log.hpp"
#include "broker/request.hpp"
#include "broker/upload.hpp"
#include "core/interned.hpp"
#include "core/json_text.hpp"

namespace postern::broker {
namespace {

using Outcome = core::Attempted::Outcome;

constexpr int kMostSteps = 8;         // of a part
constexpr int kMostLookUpSteps = 24;  // of what shows nothing to anybody
constexpr Micros kPollAgain = 5 * kSecond;
constexpr int kMostFiles = 8;  // on their way out at once, each perhaps of 25 MiB
constexpr int kPollWait = 50;  // seconds that a platform may hold a long poll

core::Attempted outcome(Outcome which, std::string error_class, std::string text) {
  core::Attempted attempted;
  attempted.outcome = which;
  attempted.error_class = std::move(error_class);
  attempted.text = std::move(text);
  return attempted;
}

// A further step's answer is read with what the step before has noted.
std::string with_memo(std::string_view task, std::string_view memo) {
  std::string text(task.substr(0, task.rfind('}')));
  text.append(",\"memo\":").append(memo).append("}");
  return text;
}

}  // namespace

std::uint64_t Tasks::add(Task&& task) {
  const std::uint64_t index = next_++;
  if (task.kind == Kind::part) by_part_[task.part] = index;
  Task& kept = tasks_[index] = std::move(task);
  call(index, kept, bus::Function::encode, {kept.text});
  return index;
}

void Tasks::call(std::uint64_t index, Task& task, bus::Function function, std::vector<bus::Argument> arguments) {
  hosts_.call("platform." + std::string(task.section), {number(Owner::task, index), function, std::move(arguments)});
}

void Tasks::prepare(const core::Attempt& attempt) {
  Task task;
  task.part = attempt.part;
  task.attempt = attempt.attempt;
  task.account = attempt.account;
  task.section = attempt.section;
  task.text = std::make_shared<const std::string>(attempt.task);
  add(std::move(task));
}

void Tasks::release(const core::Attempt& attempt) {
  const auto found = by_part_.find(attempt.part);
  if (found == by_part_.end()) return;
  Task& task = tasks_.at(found->second);
  if (task.attempt != attempt.attempt) return;
  task.released = true;
  if (task.request) submit(found->second, task);
}

void Tasks::look_up(const core::LookUp& lookup) {
  Task task;
  task.kind = Kind::lookup;
  task.lookup = lookup.lookup;
  task.account = lookup.account;
  task.section = lookup.section;
  task.text = std::make_shared<const std::string>(lookup.task);
  task.released = true;
  add(std::move(task));
}

void Tasks::poll(const core::Poll& poll) {
  const auto reach = reaches_->find(poll.account);
  if (reach == reaches_->end() || !reach->second.polls || !polling_.insert(poll.account).second) return;
  if (const auto rest = resting_.find(poll.account); rest != resting_.end() && rest->second > now_) {
    delayed_.emplace(rest->second, poll);
    return;
  }
  auto text = std::make_shared<std::string>();
  core::JsonObject object(*text);
  object.add("task", "poll-" + std::string(poll.account)).add("kind", "poll").add("account", poll.account);
  object.add_if("account_key", reach->second.account_key).raw("options", reach->second.options);
  object.add("cursor", poll.cursor).add("wait", kPollWait).end();
  Task task;
  task.kind = Kind::poll;
  task.account = poll.account;
  task.section = poll.section;
  task.cursor = poll.cursor;
  task.text = std::move(text);
  task.released = true;
  add(std::move(task));
}

bool Tasks::run(std::string_view account, std::string_view kind, Ended ended) {
  const auto reach = reaches_->find(account);
  if (reach == reaches_->end()) return false;
  auto text = std::make_shared<std::string>();
  core::JsonObject object(*text);
  object.add("task", std::string(kind) + "-" + reach->first).add("kind", kind).add("account", reach->first);
  object.add_if("account_key", reach->second.account_key).raw("options", reach->second.options).end();
  Task task;
  task.kind = Kind::errand;
  task.account = core::intern(account);
  task.section = reach->second.section;
  task.text = std::move(text);
  task.released = true;
  task.ended = std::move(ended);
  add(std::move(task));
  return true;
}

std::string Tasks::lacks(std::string_view account) const {
  const auto reach = reaches_->find(account);
  return reach == reaches_->end() ? std::string() : reach->second.lacks;
}

void Tasks::list(const core::List& list) {
  const auto reach = reaches_->find(list.account);
  if (reach == reaches_->end()) return decide_(core::Listed{list.account, {}, {}, "the account is not configured"});
  auto text = std::make_shared<std::string>();
  core::JsonObject object(*text);
  object.add("task", "list-" + std::string(list.account)).add("kind", "list").add("account", list.account);
  object.add_if("account_key", reach->second.account_key).raw("options", reach->second.options);
  object.add("since", rfc3339(list.since)).add("cursor", list.cursor).end();
  Task task;
  task.kind = Kind::list;
  task.account = list.account;
  task.section = list.section;
  task.text = std::move(text);
  task.released = true;
  add(std::move(task));
}

// One door for the ends of encode and interpret; which one it was, the call says.
void Tasks::encoded(std::uint64_t index, bus::Done&& done) {
  const auto found = tasks_.find(index);
  if (found == tasks_.end()) return;
  if (done.call.function == bus::Function::interpret) return interpreted(index, std::move(done));
  Task& task = found->second;
  if (done.how == bus::Done::How::crashed) return finish(index, outcome(Outcome::retry, "transient", done.text));
  if (done.how == bus::Done::How::fault || done.items.size() != 1)
    return finish(index, outcome(Outcome::failed, "invalid", done.text));
  auto encoded = parse_encoded({done.items[0].data<char>(), done.items[0].size()}, places(task));
  if (!encoded) {
    log::warning("plugin.fault", encoded.error().what, {{"section", task.section}});
    return finish(index, outcome(Outcome::failed, "invalid", encoded.error().what));
  }
  if (!encoded->request) {
    core::Attempted cannot = outcome(Outcome::failed, "invalid", encoded->text);
    cannot.code = encoded->cannot;
    return finish(index, std::move(cannot));
  }
  task.request = std::move(encoded->request);
  if (task.released) submit(index, task);
}

void Tasks::submit(std::uint64_t index, Task& task) {
  const auto reach = reaches_->find(task.account);
  if (reach == reaches_->end())
    return finish(index, outcome(Outcome::pause, "configuration", "the account is no longer configured"));
  courier::Errand errand;
  if (const auto& upload = task.request->upload) {
    if (files_ == kMostFiles)
      return finish(index, outcome(Outcome::retry, "transient", "too many files are on their way out"));
    ++files_;
    task.has_file = true;
    errand = errand_for_url(std::string(upload->url));
    errand.body_limit = upload->most;
  } else {
    errand.base_url = reach->second.base_url;
    errand.request = std::move(*task.request);
    task.request.reset();
  }
  task.safe = errand.request.safe;
  errand.id = number(Owner::task, index);
  errand.account = task.account;
  if (!courier_.submit(std::move(errand)))
    finish(index, outcome(Outcome::retry, "transient", "too many requests are under way"));
}

void Tasks::file_there(std::uint64_t index, Task& task, courier::Delivery&& file) {
  if (auto end = put_file(*task.request, std::move(file))) return finish(index, std::move(*end));
  submit(index, task);
}

void Tasks::leave_place(Task& task) {
  if (std::exchange(task.has_file, false)) --files_;
}

void Tasks::delivered(courier::Delivery&& delivery, Micros now) {
  now_ = now;
  const std::uint64_t index = broker::index(delivery.id);
  const auto found = tasks_.find(index);
  if (found == tasks_.end()) return;
  Task& task = found->second;
  if (task.kind == Kind::refresh) return finish_refresh(index, std::move(delivery));
  if (task.request && task.request->upload) return file_there(index, task, std::move(delivery));
  leave_place(task);
  switch (delivery.fate) {
    case courier::Fate::not_sent:
      return finish(index, outcome(Outcome::retry, "transient", delivery.reason));
    case courier::Fate::unclear:
      return finish(index, task.safe ? outcome(Outcome::retry, "transient", delivery.reason)
                                     : outcome(Outcome::unclear, "", delivery.reason));
    case courier::Fate::refused:
      return finish(index, outcome(Outcome::pause, "configuration", delivery.reason));
    case courier::Fate::answered:
      break;
  }
  std::string headers;
  core::JsonObject object(headers);
  for (const auto& [name, value] : delivery.headers) object.add(name, value);
  object.end();
  call(index, task, bus::Function::interpret,
       {task.memo.empty() ? bus::Argument(task.text) : bus::Argument(with_memo(*task.text, task.memo)),
        std::to_string(delivery.status), std::move(headers), std::move(delivery.body)});
}

void Tasks::interpreted(std::uint64_t index, bus::Done&& done) {
  Task& task = tasks_.at(index);
  // What the plugin cannot read may still have arrived.
  if (done.how != bus::Done::How::answered) return finish(index, outcome(Outcome::unclear, "", done.text));
  auto found = parse_interpretation(done.items, places(task));
  if (!found) {
    log::warning("plugin.fault", found.error().what, {{"section", task.section}});
    return finish(index, outcome(Outcome::unclear, "", found.error().what));
  }
  if (found->step && !found->outcome) {
    const int most = task.kind == Kind::part ? kMostSteps : kMostLookUpSteps;
    if (++task.steps > most)
      return finish(index, outcome(Outcome::failed, "invalid", "more than " + std::to_string(most) + " steps"));
    task.request = std::move(found->step);
    task.memo = std::move(found->memo);
    return submit(index, task);
  }
  if (task.kind == Kind::poll && found->outcome->outcome == Outcome::sent) {
    Task ended = std::move(task);
    tasks_.erase(index);
    return finish_poll(std::move(ended), std::move(*found));
  }
  if (task.kind == Kind::list && found->outcome->outcome == Outcome::sent) {
    const std::string_view account = task.account;
    tasks_.erase(index);
    return decide_(core::Listed{account, std::move(found->events), std::move(found->cursor), {}});
  }
  if (task.kind == Kind::lookup) {
    core::Profiled profile = found->profile.value_or(core::Profiled{});
    profile.lookup = task.lookup;
    tasks_.erase(index);
    return decide_(std::move(profile));
  }
  if (task.kind == Kind::errand) {
    const auto node = tasks_.extract(index);
    return node.mapped().ended(std::move(*found->outcome), found->account.value_or(AccountTold{}));
  }
  if (!found->events.empty()) decide_(core::Arrived{0, task.section, task.account, std::move(found->events), {}});
  finish(index, std::move(*found->outcome));
}

void Tasks::finish(std::uint64_t index, core::Attempted&& outcome) {
  const auto found = tasks_.find(index);
  Task task = std::move(found->second);
  tasks_.erase(found);
  leave_place(task);
  switch (task.kind) {
    case Kind::part:
      if (const auto at = by_part_.find(task.part); at != by_part_.end() && at->second == index) by_part_.erase(at);
      outcome.part = task.part;
      outcome.attempt = task.attempt;
      return decide_(std::move(outcome));
    case Kind::lookup: {
      core::Profiled nothing;
      nothing.lookup = task.lookup;
      return decide_(std::move(nothing));
    }
    case Kind::errand:
      return task.ended(std::move(outcome), {});
    case Kind::refresh:
      return refreshed(task, core::Refreshed::Outcome::later, outcome.text);
    case Kind::list:
      return decide_(core::Listed{task.account, {}, {}, outcome.text.empty() ? "no reason given" : outcome.text});
    case Kind::poll:
      if (outcome.outcome == Outcome::pause) {
        log::error(
            "poll.refused",
            "the platform refuses the account's polls, so nothing comes in; asked again every minute: " + outcome.text,
            {{"account", task.account}});
        if (outcome.error_class == "auth") decide_(core::Standing{task.account, "auth", outcome.text, 0});
      }
      poll_later(task, std::max(outcome.after, outcome.outcome == Outcome::pause ? kMinute : kPollAgain));
  }
}

// The request is the facts' own, and what it brings goes past the plugin.
void Tasks::refresh(const core::Refresh& refresh) {
  Task task;
  task.kind = Kind::refresh;
  task.account = refresh.account;
  task.section = refresh.section;
  task.asked = refresh.asked;
  const auto reach = reaches_->find(refresh.account);
  if (reach == reaches_->end() || !reach->second.grant)
    return refreshed(task, core::Refreshed::Outcome::later, "its plugin no longer says how");
  const std::uint64_t index = next_++;
  courier::Errand errand;
  errand.id = number(Owner::task, index);
  errand.account = task.account;
  errand.base_url = reach->second.refresh_base_url;
  errand.request = reach->second.refresh;
  errand.grant = reach->second.grant;
  if (!courier_.submit(std::move(errand)))
    return refreshed(task, core::Refreshed::Outcome::later, "too many requests are under way");
  tasks_[index] = std::move(task);
}

void Tasks::refreshed(const Task& task, core::Refreshed::Outcome outcome, std::string text) {
  decide_(core::Refreshed{outcome, task.account, task.asked, nullptr, 0, std::move(text)});
}

void Tasks::finish_refresh(std::uint64_t index, courier::Delivery&& delivery) {
  const auto found = tasks_.extract(index);
  const Task& task = found.mapped();
  using Refreshed = core::Refreshed;
  switch (delivery.fate) {
    case courier::Fate::not_sent:
      return refreshed(task, Refreshed::Outcome::later, delivery.reason);
    case courier::Fate::unclear:
      return refreshed(task, Refreshed::Outcome::unclear, delivery.reason);
    case courier::Fate::refused:
      return refreshed(task, Refreshed::Outcome::refused, delivery.reason);
    case courier::Fate::answered:
      break;
  }
  if (delivery.tokens)
    return decide_(Refreshed{Refreshed::Outcome::granted,
                             task.account,
                             task.asked,
                             std::move(delivery.tokens),
                             delivery.lasts_s * kSecond,
                             {}});
  const bool busy = delivery.status == 429 || delivery.status >= 500;
  refreshed(task, busy ? Refreshed::Outcome::later : Refreshed::Outcome::refused, delivery.reason);
}

void Tasks::finish_poll(Task&& task, Interpretation&& found) {
  if (found.outcome->after > 0) resting_.insert_or_assign(task.account, now_ + found.outcome->after);
  polling_.erase(task.account);
  if (found.events.empty() && (found.cursor.empty() || found.cursor == task.cursor))
    return poll({task.account, task.section, task.cursor});
  // The next poll comes with the commit of these events (core::Poll).
  std::string cursor = found.cursor.empty() ? task.cursor : std::move(found.cursor);
  decide_(core::Arrived{0, task.section, task.account, std::move(found.events), std::move(cursor)});
}

void Tasks::poll_later(const Task& task, Micros after) {
  delayed_.emplace(now_ + after, core::Poll{task.account, task.section, task.cursor});
}

void Tasks::watch(Micros now) {
  now_ = now;
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    const core::Poll next = std::move(delayed_.begin()->second);
    delayed_.erase(delayed_.begin());
    polling_.erase(next.account);
    poll(next);
  }
}

}  // namespace postern::broker
