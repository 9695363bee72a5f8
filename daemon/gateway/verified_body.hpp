// SPDX-License-Identifier: Apache-2.0
// That a webhook's signature was checked is a type, not a step: only Verifier makes a VerifiedBody, and nothing behind
// the gateway takes anything else.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::gateway {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// A webhook as it came, before anybody vouches for it.
struct Delivery {
  std::string section = {};                 ///< of the configuration: [platform.<section>]
  std::optional<std::string> account = {};  ///< where the path names one
  std::string method = {};                  ///< "POST"
  std::string path = {};                    ///< "/webhooks/<section>[/<account>]"
  Pairs query = {};                         ///< decoded, in the order of the target
  Pairs headers = {};                       ///< those that the endpoint keeps, names in lower case
  std::string body = {};                    ///< raw bytes; not yet known to be UTF-8, let alone JSON
};

/// A webhook whose signature was right for the section's (or account's) secret. Can be moved, not copied.
class VerifiedBody {
 public:
  VerifiedBody(VerifiedBody&&) noexcept = default;
  VerifiedBody& operator=(VerifiedBody&&) noexcept = default;

  const Delivery& delivery() const { return delivery_; }
  std::string_view body() const { return delivery_.body; }
  /// Gives the body away, for a frame that is sent without another copy.
  std::string take_body() && { return std::move(delivery_.body); }

 private:
  friend class Verifier;
  explicit VerifiedBody(Delivery&& delivery) : delivery_(std::move(delivery)) {}

  Delivery delivery_;
};

}  // namespace postern::gateway
