// SPDX-License-Identifier: Apache-2.0
// How a platform makes sure that a webhook's address is ours, when somebody configures it there: a request that must
// be echoed by who knows the token.
#pragma once
#include <optional>
#include <string>

#include "base/secret.hpp"
#include "gateway/verified_body.hpp"

namespace postern::gateway {

/// "facts.handshake" of a platform plugin, with the configured token filled in.
struct Handshake {
  std::string method = "GET";
  Pairs match = {};               ///< parameters of the query that must have these values: hub.mode = subscribe
  std::string token_param = {};   ///< hub.verify_token
  Secret token = {};              ///< compared in constant time; must not be empty
  std::string answer_param = {};  ///< hub.challenge: its value is the plain body of the 200
};

/// The body to answer with; nothing (403) if the query is not a handshake or its token is wrong. Pure.
std::optional<std::string> answer(const Handshake& handshake, const Pairs& query);

}  // namespace postern::gateway
