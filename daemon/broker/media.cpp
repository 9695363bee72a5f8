// SPDX-License-Identifier: Apache-2.0
#include "broker/media.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "broker/interpretation.hpp"
#include "broker/upload.hpp"
#include "core/json_text.hpp"
#include "courier/sniff.hpp"
#include "courier/target.hpp"

namespace postern::broker {
namespace {

constexpr std::size_t kAtOnce = 4;  // with 25 MiB each that is what files take of memory
constexpr int kMostSteps = 8;

// Why a file that was answered with this status is not there, and whether another try may find it.
std::pair<core::FileFetched::Outcome, std::string> meaning(int status) {
  using Outcome = core::FileFetched::Outcome;
  if (is_busy(status)) return {Outcome::retry, "busy"};
  if (status == 404 || status == 410) return {Outcome::failed, "gone"};
  if (status == 401 || status == 403) return {Outcome::failed, "not-allowed"};
  if (status >= 300 && status < 400) return {Outcome::failed, "moved-too-often"};
  return {Outcome::failed, "http-" + std::to_string(status)};
}

}  // namespace

Result<courier::Errand> errand_for_file(FileAt&& at, const AccountReach& reach) {
  if (at.request.auth.as == courier::Auth::As::none) return errand_for_url(std::move(at.url));
  const auto origin = courier::parse_origin(at.url);
  if (!origin) return tl::unexpected(origin.error());
  const auto own = courier::parse_origin(reach.base_url);
  const bool home = own && own->tls == origin->tls && own->host == origin->host && own->port == origin->port;
  const bool usual = origin->tls && (origin->port.empty() || origin->port == "443");
  const bool named =
      usual && std::find(reach.media_hosts.begin(), reach.media_hosts.end(), origin->host) != reach.media_hosts.end();
  if (!home && !named) return errand_for_url(std::move(at.url));
  courier::Errand errand;
  errand.request.safe = true;
  const auto rest = at.url.size() - origin->rest.size();
  errand.base_url = at.url.substr(0, rest);
  errand.request.path = at.url.substr(rest);
  if (!errand.request.path.starts_with('/')) errand.request.path.insert(0, 1, '/');
  errand.request.auth = std::move(at.request.auth);
  return errand;
}

void Media::fetch(core::FetchFile&& file) {
  waiting_.push_back(std::move(file));
  start_waiting();
}

// Not from within itself: a start may end at once, and ten thousand that do must not stand on each other.
void Media::start_waiting() {
  if (std::exchange(starting_, true)) return;
  while (running_.size() < kAtOnce && !waiting_.empty()) {
    core::FetchFile next = std::move(waiting_.front());
    waiting_.pop_front();
    start(std::move(next));
  }
  starting_ = false;
}

void Media::start(core::FetchFile&& file) {
  const std::uint64_t index = next_++;
  by_medium_[file.medium] = index;
  Running& running = running_[index];
  running.file = std::move(file);
  if (running.file.task.empty()) return get(index, running, {running.file.url, {}});
  running.task = std::make_shared<const std::string>(std::move(running.file.task));
  call(index, running, bus::Function::encode, {running.task});
}

void Media::call(std::uint64_t index, const Running& running, bus::Function function,
                 std::vector<bus::Argument> arguments) {
  hosts_.call("platform." + std::string(running.file.section),
              {number(Owner::media, index), function, std::move(arguments)});
}

void Media::answered(std::uint64_t index, bus::Done&& done) {
  const auto found = running_.find(index);
  if (found == running_.end()) return;
  if (done.how == bus::Done::How::crashed) return end(index, Outcome::retry, "plugin-crashed");
  if (done.how != bus::Done::How::answered) return end(index, Outcome::failed, "plugin-fault");
  if (done.call.function == bus::Function::interpret) return interpreted(index, found->second, std::move(done));
  encoded(index, found->second, std::move(done));
}

void Media::encoded(std::uint64_t index, Running& running, bus::Done&& done) {
  auto encoded = done.items.size() == 1 ? parse_encoded({done.items[0].data<char>(), done.items[0].size()})
                                        : Result<Encoded>(failure("encode: expected one request"));
  if (!encoded) {
    log::warning("plugin.fault", encoded.error().what, {{"section", running.file.section}});
    return end(index, Outcome::failed, "plugin-fault");
  }
  if (!encoded->request) return end(index, Outcome::failed, "cannot");
  running.located = encoded->request->brings_file;
  ask(index, running, std::move(*encoded->request));
}

void Media::interpreted(std::uint64_t index, Running& running, bus::Done&& done) {
  auto found = parse_interpretation(done.items);
  if (!found) {
    log::warning("plugin.fault", found.error().what, {{"section", running.file.section}});
    return end(index, Outcome::failed, "plugin-fault");
  }
  if (found->file) return get(index, running, std::move(*found->file));
  if (found->step) {
    if (++running.steps > kMostSteps) return end(index, Outcome::failed, "plugin-fault");
    return ask(index, running, std::move(*found->step));
  }
  const bool later = found->outcome && (found->outcome->outcome == core::Attempted::Outcome::retry ||
                                        found->outcome->outcome == core::Attempted::Outcome::pause);
  end(index, later ? Outcome::retry : Outcome::failed, later ? "busy" : "gone");
}

// The file itself, from a URL or as the answer to a request.
void Media::get(std::uint64_t index, Running& running, FileAt&& at) {
  running.located = true;
  if (at.url.empty()) return ask(index, running, std::move(at.request));
  const auto reach = reaches_->find(running.file.account);
  if (reach == reaches_->end()) return end(index, Outcome::failed, "not-wanted");
  auto errand = errand_for_file(std::move(at), reach->second);
  if (!errand) {
    log::warning("media.refused", text(errand.error()), {{"account", running.file.account}});
    return end(index, Outcome::failed, "refused");
  }
  errand->account = running.file.account;
  errand->body_limit = most_;
  submit(index, std::move(*errand));
}

// Of the account's own platform.
void Media::ask(std::uint64_t index, Running& running, courier::Request&& request) {
  const auto reach = reaches_->find(running.file.account);
  if (reach == reaches_->end()) return end(index, Outcome::failed, "not-wanted");
  courier::Errand errand;
  errand.account = running.file.account;
  errand.base_url = reach->second.base_url;
  errand.request = std::move(request);
  if (running.located) errand.body_limit = most_;
  submit(index, std::move(errand));
}

void Media::submit(std::uint64_t index, courier::Errand&& errand) {
  errand.id = number(Owner::media, index);
  if (!courier_.submit(std::move(errand))) end(index, Outcome::retry, "busy");
}

void Media::delivered(courier::Delivery&& delivery) {
  const std::uint64_t index = broker::index(delivery.id);
  const auto found = running_.find(index);
  if (found == running_.end()) return;
  Running& running = found->second;
  switch (delivery.fate) {
    case courier::Fate::not_sent:
    case courier::Fate::unclear:
      return end(index, Outcome::retry, "unreachable");
    case courier::Fate::refused:
      log::warning("media.refused", delivery.reason, {{"account", running.file.account}});
      return end(index, Outcome::failed, "refused");
    case courier::Fate::answered:
      break;
  }
  if (running.located) return look_at(index, running, std::move(delivery));
  std::string headers;
  core::JsonObject object(headers);
  for (const auto& [name, value] : delivery.headers) object.add(name, value);
  object.end();
  call(index, running, bus::Function::interpret,
       {running.task, std::to_string(delivery.status), std::move(headers), std::move(delivery.body)});
}

void Media::look_at(std::uint64_t index, Running& running, courier::Delivery&& delivery) {
  if (delivery.status != 200) {
    auto [outcome, reason] = meaning(delivery.status);
    return end(index, outcome, std::move(reason));
  }
  if (delivery.truncated) return end(index, Outcome::failed, "too-large");
  const auto mime = courier::sniff(view(delivery.body));
  if (!courier::fits(running.file.type, mime)) return end(index, Outcome::failed, "other-type");
  ledger::Content content;
  content.medium = running.file.medium;
  content.keep = running.file.keep;
  content.contact = running.file.contact;
  content.index = running.file.index;
  content.wall = running.file.wall;
  content.mime = mime;
  content.bytes = std::move(delivery.body);
  if (!keep_(std::move(content))) end(index, Outcome::retry, "busy");
}

// It holds its place until here, so that no more files are in memory than may be at once.
void Media::kept(core::FileFetched&& file) {
  const auto found = by_medium_.find(file.medium);
  if (found != by_medium_.end()) {
    running_.erase(found->second);
    by_medium_.erase(found);
  }
  decide_(std::move(file));
  start_waiting();
}

void Media::end(std::uint64_t index, Outcome outcome, std::string reason) {
  core::FileFetched file;
  file.outcome = outcome;
  file.reason = std::move(reason);
  file.medium = running_.at(index).file.medium;
  kept(std::move(file));
}

}  // namespace postern::broker
