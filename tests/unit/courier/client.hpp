// SPDX-License-Identifier: Apache-2.0
// A courier with a box for its deliveries.
#pragma once
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "courier/courier.hpp"

namespace postern::test {

class Client {
 public:
  explicit Client(courier::Settings settings = {}, courier::Credentials credentials = {})
      : courier(std::move(settings), std::make_shared<const courier::Credentials>(std::move(credentials)),
                [this](std::span<courier::Delivery> ended) { take(ended); }) {}

  /// Submits and waits for the delivery.
  courier::Delivery call(courier::Errand errand) {
    errand.id = ++last_id_;
    const auto id = errand.id;
    if (!courier.submit(std::move(errand))) throw std::runtime_error("the courier refused");
    return wait_for(id);
  }

  courier::Delivery wait_for(std::uint64_t id) {
    std::unique_lock lock(mutex_);
    for (;;) {
      for (auto it = box_.begin(); it != box_.end(); ++it) {
        if (it->id != id) continue;
        auto found = std::move(*it);
        box_.erase(it);
        return found;
      }
      if (arrived_.wait_for(lock, std::chrono::seconds(30)) == std::cv_status::timeout)
        throw std::runtime_error("no delivery came within 30 s");
    }
  }

  std::size_t waiting() {
    std::lock_guard lock(mutex_);
    return box_.size();
  }

 private:
  void take(std::span<courier::Delivery> ended) {
    std::lock_guard lock(mutex_);
    for (auto& one : ended) box_.push_back(std::move(one));
    arrived_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<courier::Delivery> box_;
  std::uint64_t last_id_ = 1000;

 public:
  courier::Courier courier;
};

inline courier::Errand get(const std::string& base_url, const std::string& path = "/") {
  courier::Errand errand;
  errand.account = "acme";
  errand.base_url = base_url;
  errand.request.path = path;
  errand.request.safe = true;
  return errand;
}

inline courier::Errand post(const std::string& base_url, const std::string& body = R"({"text":"hello"})") {
  auto errand = get(base_url, "/messages");
  errand.request.method = "POST";
  errand.request.body = body;
  errand.request.content_type = "application/json";
  errand.request.safe = false;
  return errand;
}

}  // namespace postern::test
