// SPDX-License-Identifier: Apache-2.0
// What a platform plugin's facts (static JSON) say about its webhooks.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "gateway/deletion.hpp"
#include "gateway/handshake.hpp"
#include "gateway/signature.hpp"

namespace postern::gateway {

struct WebhookFacts {
  Signature signature;
  std::string secret_option;                ///< the option whose value is the webhook secret
  bool per_account = false;                 ///< "secret_of": "account": each account has a secret and a path of its own
  std::optional<Handshake> handshake = {};  ///< its token and key still empty
  std::string token_option = {};            ///< the option whose value is the handshake's token; empty: it has none
  std::optional<Deletion> deletion = {};    ///< how the platform asks that somebody be forgotten
  std::string deletion_secret = {};         ///< the option whose value signs that
};

/// An error names the fact that is missing or unknown: of what is said of signature and handshake nothing is skipped.
Result<WebhookFacts> parse_webhook_facts(std::string_view json);

}  // namespace postern::gateway
