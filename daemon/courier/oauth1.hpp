// SPDX-License-Identifier: Apache-2.0
// OAuth 1.0a (RFC 5849) with HMAC-SHA1: a request that is signed with the account's four credentials instead of showing
// one. Pure; any thread.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace postern::courier {

/// What makes each signature another one.
struct OAuth1Stamp {
  std::string nonce;
  std::int64_t time_s = 0;  ///< Unix time

  /// Of this moment, with 128 random bits.
  static OAuth1Stamp fresh(Micros wall);
};

struct OAuth1Keys {
  /// How these credentials are named in an account's configuration, in the order of the members.
  static constexpr std::array<std::string_view, 4> kNames = {"consumer_key", "consumer_secret", "token",
                                                             "token_secret"};

  std::string_view consumer_key, consumer_secret, token, token_secret;
};

/// The text that is signed (RFC 5849, 3.4.1). `url`: as it is sent, with its query. `form`: the body if it is a form,
/// else empty, since other bodies are not signed. Fails if an escape in the query or the form is broken.
Result<std::string> oauth1_base_string(std::string_view method, std::string_view url, std::string_view form,
                                       const OAuth1Keys& keys, const OAuth1Stamp& stamp);

/// The value of the header Authorization.
Result<std::string> oauth1_authorization(std::string_view method, std::string_view url, std::string_view form,
                                         const OAuth1Keys& keys, const OAuth1Stamp& stamp);

}  // namespace postern::courier
