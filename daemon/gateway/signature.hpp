// SPDX-License-Identifier: Apache-2.0
// How a platform proves that a webhook is its own. The scheme is data, told by the platform's plugin; the secret never
// leaves the gateway.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"
#include "gateway/signed_text.hpp"
#include "gateway/verified_body.hpp"

namespace postern::gateway {

/// "facts.signature" of a platform plugin.
struct Signature {
  enum class Scheme {
    hmac_sha256,
    hmac_sha1,
    token,  ///< the header is the secret itself; the body is not signed
  };
  enum class Encoding { hex, base64 };  ///< of the MAC in the header; hex is lower case
  /// Where a webhook says something about itself: in a header of its own, or as a member of the signature's header
  /// ("t=1767226100,s=fa18…"). Nowhere if both are empty.
  struct Place {
    std::string param = {}, header = {};
    explicit operator bool() const { return !param.empty() || !header.empty(); }
  };
  struct Form {
    std::string prefix;  ///< before the encoded MAC: "sha256="
    SignedText over;
    std::string header = {};  ///< where it stands, if not where the main form does
  };

  Scheme scheme = Scheme::hmac_sha256;
  std::string header = {};  ///< field name, any case
  std::string prefix = {};
  Encoding encoding = Encoding::hex;
  SignedText over = {};
  std::vector<Form> others = {};   ///< "or": forms that are accepted as well
  std::string value_param = {};    ///< the member of the header that is the MAC; empty: the whole header
  std::string list = {};           ///< what separates several MACs, of which one has to fit; empty: there is one
  Place timestamp = {};            ///< Unix time in seconds
  Micros tolerance = 5 * kMinute;  ///< how far the timestamp may be from our clock, either way
  Place id = {};                   ///< of the webhook
  bool secret_is_base64 = false;   ///< the secret's text is the key in base64, perhaps behind `secret_prefix`
  std::string secret_prefix = {};
};

/// The key that a configured secret stands for. Fails, without naming it, if it is empty or has not the form.
Result<Secret> key_of(const Signature& signature, const Secret& secret);

/// The MAC as the header spells it, without its prefix.
std::string encoded_mac(const crypto::Hmac& hmac, const Signature& signature, std::span<const ByteView> parts);

/// The only maker of VerifiedBody. One thread at a time.
class Verifier {
 public:
  /// The one value of a header field, whatever the case of its name; nothing if it is missing or given twice.
  using Fields = std::function<std::optional<std::string_view>(std::string_view name)>;

  /// `secrets`: those in force, several while one replaces another. An error if there is none or one is empty: there
  /// is no "skip if unset".
  static Result<Verifier> make(Signature signature, std::vector<Secret> secrets);

  /// Every secret and form is tried, whether or not an earlier one fits. `wall`: our clock, for signatures with a time.
  Result<VerifiedBody> verify(Delivery&& delivery, const Fields& fields, Micros wall) const;
  /// When the webhook was signed, as it says itself; nothing if it does not say, or not rightly.
  std::optional<Micros> time_of(const Fields& fields) const;
  const Signature& signature() const { return signature_; }

 private:
  explicit Verifier(Signature signature);
  std::optional<std::string_view> presented(const Signature::Form& form, const Fields& fields) const;
  bool fits(const crypto::Hmac& mac, const Signature::Form& form, const SignedText::Values& values,
            std::string_view presented) const;

  Signature signature_;
  std::vector<Signature::Form> forms_;  // all that are accepted
  std::vector<crypto::Hmac> macs_;      // one a secret, its schedule computed once; empty for a token
  std::vector<Secret> tokens_;          // empty for a MAC
};

}  // namespace postern::gateway
