// SPDX-License-Identifier: Apache-2.0
#include "gateway/handshake.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "gateway/target.hpp"

namespace postern::gateway {
namespace {

namespace json = boost::json;

constexpr std::size_t kLongestChallenge = 256;

/// What platforms make challenges of: UUIDs, base64. A body is JSON, so it has a brace.
bool is_challenge(std::string_view text) {
  return !text.empty() && text.size() <= kLongestChallenge && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("-._~+/=").find(c) != std::string_view::npos;
  });
}

bool asks(const Handshake& handshake, const Pairs& query) {
  return std::all_of(handshake.match.begin(), handshake.match.end(),
                     [&](const auto& pair) { return only(query, pair.first) == pair.second; }) &&
         std::all_of(handshake.present.begin(), handshake.present.end(),
                     [&](const auto& name) { return only(query, name).has_value(); });
}

bool knows_token(const Handshake& handshake, const Pairs& query) {
  if (handshake.token_param.empty()) return true;
  const auto token = only(query, handshake.token_param);
  return token && !handshake.token.empty() && handshake.token.equals(*token);
}

std::optional<std::string> value_of(const Handshake& handshake, const Handshake::Field& field, const Pairs& query) {
  const auto given = only(query, field.param);
  if (!given) return std::nullopt;
  if (!field.mac) return std::string(*given);
  if (!is_challenge(*given) || handshake.key.empty()) return std::nullopt;
  const auto mac = crypto::Hmac(view(handshake.key.reveal()))({view(*given)});
  return field.prefix + (*field.mac == Signature::Encoding::hex ? hex(mac) : base64(mac));
}

}  // namespace

std::optional<std::string> answer(const Handshake& handshake, const Pairs& query) {
  if (!asks(handshake, query) || !knows_token(handshake, query)) return std::nullopt;
  if (handshake.fields.empty()) {
    const auto challenge = only(query, handshake.answer_param);
    return challenge ? std::optional<std::string>(*challenge) : std::nullopt;
  }
  json::object members;
  for (const auto& field : handshake.fields) {
    const auto value = value_of(handshake, field, query);
    if (!value) return std::nullopt;
    members[field.name] = *value;
  }
  return json::serialize(members);
}

}  // namespace postern::gateway
