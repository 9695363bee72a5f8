// SPDX-License-Identifier: Apache-2.0
#include "gateway/handshake.hpp"

#include <algorithm>

#include "gateway/target.hpp"

namespace postern::gateway {

std::optional<std::string> answer(const Handshake& handshake, const Pairs& query) {
  const bool matches = std::all_of(handshake.match.begin(), handshake.match.end(),
                                   [&](const auto& pair) { return only(query, pair.first) == pair.second; });
  const auto token = only(query, handshake.token_param);
  const auto challenge = only(query, handshake.answer_param);
  if (!matches || !token || !challenge || handshake.token.empty() || !handshake.token.equals(*token))
    return std::nullopt;
  return std::string(*challenge);
}

}  // namespace postern::gateway
