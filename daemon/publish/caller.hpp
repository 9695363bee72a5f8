// SPDX-License-Identifier: Apache-2.0
// HTTP out for a thread that may wait: one call at a time over a courier of its own, so that platforms' requests never
// stand behind a witness that does not answer.
#pragma once
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

#include "courier/courier.hpp"
#include "publish/settings.hpp"

namespace postern::publish {

struct Answer {
  int status = 0;  ///< HTTP's; 0: none came, and `trouble` says why
  std::string body, trouble;
};

class Caller {
 public:
  /// `patience`: for a call in all.
  Caller(const Settings& settings, Micros patience);

  /// Waits. http:// is allowed to any host: nothing secret is sent, and what comes back is signed.
  Answer get(const std::string& url) { return call("GET", url, {}); }
  Answer post(const std::string& url, std::string body) { return call("POST", url, std::move(body)); }
  /// Any thread: ends the call that waits, and all that follow.
  void stop();

 private:
  Answer call(const char* method, const std::string& url, std::string body);

  std::mutex mutex_;  // guards the next three
  std::condition_variable changed_;
  std::optional<courier::Delivery> delivery_;
  bool stopped_ = false;
  std::uint64_t number_ = 0;
  courier::Courier courier_;  // last: its thread uses the above
};

}  // namespace postern::publish
