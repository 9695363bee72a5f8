// SPDX-License-Identifier: Apache-2.0
#include "gateway/signature.hpp"

#include <openssl/crypto.h>

namespace postern::gateway {
namespace {

bool equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

HmacVerifier::HmacVerifier(const Signature& signature, const Secret& secret)
    : hmac_(view(secret.reveal()), signature.scheme == Signature::Scheme::hmac_sha1 ? "SHA1" : "SHA256"),
      prefix_(signature.prefix),
      encoding_(signature.encoding),
      mac_size_(signature.scheme == Signature::Scheme::hmac_sha1 ? 20 : 32) {}

std::string HmacVerifier::expected(std::string_view body) const {
  const auto mac = hmac_({view(body)});
  const auto bytes = ByteView(mac).first(mac_size_);
  return prefix_ + (encoding_ == Signature::Encoding::hex ? hex(bytes) : base64(bytes));
}

bool HmacVerifier::matches(std::string_view body, std::string_view presented) const {
  return equal(expected(body), presented);
}

Verifier::Verifier(Signature signature, std::vector<Secret> secrets) : signature_(std::move(signature)) {
  if (signature_.scheme == Signature::Scheme::token) {
    tokens_ = std::move(secrets);
    return;
  }
  for (const auto& secret : secrets) macs_.emplace_back(signature_, secret);
}

Result<Verifier> Verifier::make(Signature signature, std::vector<Secret> secrets) {
  if (signature.header.empty())
    return failure("the platform plugin names no header for the signature", "correct its facts");
  if (secrets.empty()) return failure("no webhook secret is configured", "set it; webhooks are never taken unchecked");
  for (const auto& secret : secrets)
    if (secret.empty()) return failure("a webhook secret is empty", "set it; webhooks are never taken unchecked");
  return Verifier(std::move(signature), std::move(secrets));
}

Result<VerifiedBody> Verifier::verify(Delivery&& delivery, std::optional<std::string_view> presented) const {
  if (!presented) return failure("the header " + signature_.header + " is missing or given twice");
  bool right = false;
  for (const auto& mac : macs_) right |= mac.matches(delivery.body, *presented);
  for (const auto& token : tokens_) right |= token.equals(*presented);
  if (!right) return failure("the value of " + signature_.header + " fits none of the configured secrets");
  return VerifiedBody(std::move(delivery));
}

}  // namespace postern::gateway
