// SPDX-License-Identifier: Apache-2.0
#include "publish/caller.hpp"

#include "courier/target.hpp"

namespace postern::publish {
namespace {

constexpr std::size_t kLongestAnswer = 64 * 1024;

courier::Settings courier_settings(const Settings& settings, Micros patience) {
  courier::Settings out;
  out.proxy = settings.proxy;
  out.ca_file = settings.ca_file;
  out.connect_timeout = patience / 2;
  out.total_timeout = patience;
  out.open_errands = 4;
  out.allow_http = true;
  return out;
}

}  // namespace

Caller::Caller(const Settings& settings, Micros patience)
    : courier_(courier_settings(settings, patience), std::make_shared<const courier::Credentials>(),
               [this](std::span<courier::Delivery> deliveries) {
                 std::lock_guard lock(mutex_);
                 for (auto& delivery : deliveries)
                   if (delivery.id == number_) delivery_ = std::move(delivery);
                 changed_.notify_all();
               }) {}

void Caller::stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

Answer Caller::call(const char* method, const std::string& url, std::string body) {
  const auto origin = courier::parse_origin(url);
  if (!origin) return {0, {}, origin.error().what};
  courier::Errand errand;
  errand.base_url = url.substr(0, url.size() - origin->rest.size());
  errand.request.method = method;
  errand.request.path = origin->rest.empty() ? "/" : std::string(origin->rest);
  errand.request.body = std::move(body);
  errand.body_limit = kLongestAnswer;
  if (!errand.request.body.empty()) errand.request.content_type = "text/plain; charset=utf-8";
  std::unique_lock lock(mutex_);
  errand.id = ++number_;
  delivery_.reset();
  if (!courier_.submit(std::move(errand))) return {0, {}, "too many calls wait"};
  changed_.wait(lock, [this] { return delivery_ || stopped_; });
  if (!delivery_) return {0, {}, "the daemon ends"};
  if (delivery_->fate != courier::Fate::answered) return {0, {}, std::move(delivery_->reason)};
  return {delivery_->status, std::move(delivery_->body), {}};
}

}  // namespace postern::publish
