// SPDX-License-Identifier: Apache-2.0
// How a platform proves that a webhook is its own. The scheme is data, told by the platform's plugin; the secret never
// leaves the gateway.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"
#include "gateway/verified_body.hpp"

namespace postern::gateway {

/// "facts.signature" of a platform plugin.
struct Signature {
  enum class Scheme {
    hmac_sha256,  ///< HMAC over the raw body
    hmac_sha1,
    token,  ///< the header is the secret itself; the body is not signed
  };
  enum class Encoding { hex, base64 };  ///< of the MAC in the header; hex is lower case

  Scheme scheme = Scheme::hmac_sha256;
  std::string header = {};  ///< field name, any case
  std::string prefix = {};  ///< before the encoded MAC: "sha256="
  Encoding encoding = Encoding::hex;
};

/// The header value that one secret makes of a body; the key's schedule is computed once. One thread at a time.
class HmacVerifier {
 public:
  HmacVerifier(const Signature& signature, const Secret& secret);
  /// Length first, then constant time. The text is compared, not the bytes it encodes, so that a MAC has one spelling.
  bool matches(std::string_view body, std::string_view presented) const;

 private:
  std::string expected(std::string_view body) const;

  crypto::Hmac hmac_;
  std::string prefix_;
  Signature::Encoding encoding_;
  std::size_t mac_size_;
};

/// The only maker of VerifiedBody. One thread at a time.
class Verifier {
 public:
  /// `secrets`: those in force, several while one replaces another. An error if there is none or one is empty: there
  /// is no "skip if unset".
  static Result<Verifier> make(Signature signature, std::vector<Secret> secrets);

  /// The field that carries the signature.
  const std::string& header() const { return signature_.header; }
  /// `presented`: the value of that field; nothing if it is missing or given twice. Every secret is tried, whether or
  /// not an earlier one fits.
  Result<VerifiedBody> verify(Delivery&& delivery, std::optional<std::string_view> presented) const;

 private:
  Verifier(Signature signature, std::vector<Secret> secrets);

  Signature signature_;
  std::vector<HmacVerifier> macs_;  // one a secret; empty for a token
  std::vector<Secret> tokens_;      // empty for a MAC
};

}  // namespace postern::gateway
