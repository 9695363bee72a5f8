// SPDX-License-Identifier: Apache-2.0
// One HTTP request on one of libcurl's easy handles, used again for the next. The courier's thread only.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "courier/errand.hpp"
#include "courier/queue.hpp"
#include "courier/settings.hpp"
#include "courier/sockets.hpp"
#include "courier/target.hpp"

namespace postern::courier {

class Transfer {
 public:
  /// Opens and closes its connections through `sockets`.
  Transfer(std::shared_ptr<const Settings> settings, Sockets& sockets);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// Prepares the handle for this errand, which has `left` microseconds to end. Fails if it must not be sent.
  Result<void> begin(Errand&& errand, const Credentials& credentials, const OAuth1Stamp& stamp, Micros left);
  /// What became of it; `code` is libcurl's CURLcode. The handle must not be in a multi handle any more.
  Delivery end(int code);
  /// The same for one that is broken off while it runs.
  Delivery abandon(std::string_view why);

  void* easy() const { return easy_; }
  const Settings* settings() const { return settings_.get(); }
  const Errand& errand() const { return errand_; }
  /// Where the answer sends an external errand that follows redirects; empty: it does not. Until the next begin().
  const std::string& redirect() const { return redirect_; }

  Queue::Host* host = nullptr;  ///< whose place it takes
  std::size_t position = 0;     ///< among the running ones
  Micros end_by = 0;            ///< boot time by which its errand has to have ended, redirects included

 private:
  struct Callbacks;
  struct Lines;

  void set_constant_options();
  void set_method();
  void set_limits(Micros left);
  void note_redirect();
  /// The guard against local addresses: a text or a socket's address that an external URL must not lead to.
  template <typename Address>
  bool forbids(const Address& address) const;
  Delivery deliver(Fate fate, std::string reason);
  std::string explain(int code) const;

  const std::shared_ptr<const Settings> settings_;
  Sockets& sockets_;
  void* easy_;
  std::unique_ptr<Lines> lines_;
  Target target_;

  Errand errand_;
  bool started_ = false;  // a connection stood and the request was about to leave
  bool blocked_ = false;  // the address guard refused
  bool may_be_local_ = false;
  std::string redirect_;
  Delivery delivery_;
};

/// Whether a header of an answer is handed on. `name` in lower case.
bool kept_header(std::string_view name);

}  // namespace postern::courier
