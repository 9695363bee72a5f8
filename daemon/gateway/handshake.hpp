// SPDX-License-Identifier: Apache-2.0
// How a platform makes sure that a webhook's address is ours, when somebody configures it there and again now and then:
// a request that only who knows the token, or the signature's secret, can answer.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"
#include "gateway/signature.hpp"
#include "gateway/verified_body.hpp"

namespace postern::gateway {

/// "facts.handshake" of a platform plugin, with what is configured filled in.
struct Handshake {
  /// A member of a JSON answer, made of a parameter of the query.
  struct Field {
    std::string name, param;
    std::optional<Signature::Encoding> mac = {};  ///< HMAC-SHA256 of the parameter, so encoded; none: as it came
    std::string prefix = {};                      ///< before a MAC
  };

  std::string method = "GET";
  Pairs match = {};                       ///< parameters of the query that must have these values: hub.mode = subscribe
  std::vector<std::string> present = {};  ///< parameters that must be there
  std::string token_param = {};           ///< hub.verify_token; empty: there is none
  Secret token = {};               ///< compared in constant time; must not be empty if there is a parameter for it
  std::string answer_param = {};   ///< hub.challenge: its value is the plain body of the 200
  std::vector<Field> fields = {};  ///< or the members of its JSON
  Secret key = {};                 ///< of the MACs: the signature's

  std::string_view answer_type() const { return fields.empty() ? "text/plain; charset=utf-8" : "application/json"; }
};

/// The body to answer with; nothing (403) if the query is not a handshake or its token is wrong. Pure.
///
/// A MAC is given for nothing that could be a webhook's body. Otherwise who asks for the handshake of a body would get
/// the signature for it, where a platform signs both with one key (X, LinkedIn).
std::optional<std::string> answer(const Handshake& handshake, const Pairs& query);

}  // namespace postern::gateway
