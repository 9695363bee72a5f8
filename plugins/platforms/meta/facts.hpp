// SPDX-License-Identifier: Apache-2.0
// What all of Meta's products say of themselves alike: how webhooks are signed, how the handshake goes, what an account
// needs, and the options of the section.
#pragma once
#include <postern/option.hpp>

// Macros, since only literals can be joined into the text that a plugin declares.

/// Members of the facts: the webhook, and the one credential. `refresh` is a further member of that, or nothing.
#define META_WEBHOOK_FACTS(refresh)                                                                \
  R"("signature": {"scheme": "hmac-sha256", "header": "X-Hub-Signature-256", )"                    \
  R"("prefix": "sha256=", "encoding": "hex", "signed": "body", "secret": "app_secret"}, )"         \
  R"("secret_of": "section", "handshake": {"method": "GET", "match": {"hub.mode": "subscribe"}, )" \
  R"("token": {"param": "hub.verify_token", "option": "verify_token"}, )"                          \
  R"("answer": {"param": "hub.challenge", "as": "plain"}}, )"                                      \
  R"("deletion": {"form": "signed_request", "field": "signed_request", "secret": "app_secret", )"  \
  R"("user": "user_id", "issued": "issued_at", "expires": "expires", )"                            \
  R"("answer": {"url": "url", "code": "confirmation_code"}}, )"                                    \
  R"("credentials": [{"name": "token", "required": true)" refresh "}]"

/// The facts of a product with the Send API: Messenger, Instagram.
#define META_SEND_FACTS(platform, base_url, text_unit, refresh)                                                         \
  R"({"platform": ")" platform R"(", "base_url": ")" base_url R"(", )" META_WEBHOOK_FACTS(                              \
      refresh) R"(, "traits": {"kinds": ["message", "comment", "mention", "reaction", "receipt", "postback", "edit", )" \
               R"("unsend", "optin", "optout", "referral", "echo", "handover", "notice"], )"                            \
               R"("attachments": ["image", "video", "audio", "voice", "gif", "file"], "text_unit": ")" text_unit        \
               R"(", )"                                                                                                 \
               R"("receipts": true, "edit": false, "comments": true, "groups": false, "settle": "echo", )"              \
               R"("tasks": ["part", "profile", "list", "check", "subscribe"], "poll": false, )"                         \
               R"("typing": true, "seen": true}})"

namespace meta {

inline constexpr postern::Option kAppSecret{"app_secret", postern::secret, postern::required,
                                            "The Meta app's secret, which signs the webhooks."};
inline constexpr postern::Option kVerifyToken{"verify_token", postern::secret, postern::required,
                                              "What the app's dashboard was told as the verify token."};

constexpr postern::Option api_version(const char* standard) {
  return {"api_version", postern::string, standard, "The Graph API's version.", postern::per_account};
}

}  // namespace meta
