// SPDX-License-Identifier: Apache-2.0
// Webhooks as the platform posts them, and the mark in a message's text by which its answer is known.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/crypto.hpp"
#include "load/options.hpp"
#include "load/people.hpp"

namespace postern::load {

class WebhookWriter {
 public:
  WebhookWriter(const Options& options, const People& people, std::uint64_t run);

  /// Appends the whole request that carries that message.
  void append(std::int64_t message, std::string& out);

 private:
  std::string body(std::int64_t message) const;

  const People& people_;
  const std::string page_, head_, padding_;
  const std::uint64_t run_;
  const crypto::Hmac sha256_, sha1_;
};

/// The number of the message whose text stands in `body`.
std::optional<std::int64_t> marked_message(std::string_view body);

}  // namespace postern::load
