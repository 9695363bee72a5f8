// SPDX-License-Identifier: Apache-2.0
// How a platform asks, signed, that somebody be forgotten (Meta's data deletion callback). The form is data, told by
// the platform's plugin; the secret never leaves the gateway.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"

namespace postern::gateway {

/// "facts.deletion" of a platform plugin: a form whose one field is `<MAC>.<payload>`, both base64url without padding;
/// the MAC is HMAC-SHA256 over the payload's text, and the payload a JSON object. Names of its members:
struct Deletion {
  std::string field = {};                 ///< of the form: "signed_request"
  std::string user = {};                  ///< who it is about: "user_id"
  std::string issued = {}, expires = {};  ///< Unix times in seconds; `expires` may be absent or 0 in a payload
  Micros longest = kDay;                  ///< after `issued` no request is taken, whatever it says of its end
  std::string url = {}, code = {};        ///< of the JSON answer: "url", "confirmation_code"
};

/// Somebody whom a platform wants forgotten. Only DeletionVerifier makes one.
class DeletionWish {
 public:
  std::vector<std::string> sections;  ///< of the configuration: those of the platform's application
  std::string user;                   ///< what the platform calls them
  std::string proof;                  ///< the signed text: the same one again is a repetition
  std::string page;  ///< where to look for it, but for the code: "https://dm.example.org/deletion/messenger?id="

  /// The JSON that tells the platform's user under which code, and where, they may look for it.
  std::string answer(std::string_view code) const;

 private:
  friend class DeletionVerifier;
  DeletionWish() = default;
  std::string url_member_, code_member_;
};

/// One thread at a time.
class DeletionVerifier {
 public:
  enum class Refused { malformed, forged, expired };

  /// An error if there is no secret, or an empty one: there is no "skip if unset".
  static Result<DeletionVerifier> make(Deletion facts, std::vector<std::string> sections,
                                       const std::vector<Secret>& secrets);

  /// `body`: of the POST; `page` goes into the wish. Every secret is tried, and nothing of the payload is read before
  /// one has fitted. `wall`: our clock.
  tl::expected<DeletionWish, Refused> verify(std::string_view body, std::string page, Micros wall) const;

 private:
  DeletionVerifier(Deletion facts, std::vector<std::string> sections)
      : facts_(std::move(facts)), sections_(std::move(sections)) {}

  Deletion facts_;
  std::vector<std::string> sections_;
  std::vector<crypto::Hmac> macs_;  // one a secret
};

/// A page for a person, in words: what has become of a wish. `state`: unknown, nothing, under-way, deferred or done.
/// There is no name on it and no content.
std::string deletion_page(std::string_view state, std::string_view code);

}  // namespace postern::gateway
