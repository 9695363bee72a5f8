// SPDX-License-Identifier: Apache-2.0
#include "gateway/signature.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace postern::gateway {
namespace {

/// Length first, then constant time. The text is compared, not the bytes it encodes, so that a MAC has one spelling.
bool equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

const char* digest_of(const Signature& signature) {
  return signature.scheme == Signature::Scheme::hmac_sha1 ? "SHA1" : "SHA256";
}

/// "t=1,s=2": the value of the one member of that name.
std::optional<std::string_view> member_of(std::string_view text, std::string_view name) {
  std::optional<std::string_view> found;
  while (!text.empty()) {
    auto item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(item.size() + 1, text.size()));
    while (item.starts_with(' ')) item.remove_prefix(1);
    if (item.size() <= name.size() || !item.starts_with(name) || item[name.size()] != '=') continue;
    if (found) return std::nullopt;
    found = item.substr(name.size() + 1);
  }
  return found;
}

std::optional<std::string_view> read(const Signature& signature, const Signature::Place& place,
                                     const Verifier::Fields& fields) {
  if (!place.header.empty()) return fields(place.header);
  const auto value = fields(signature.header);
  return value ? member_of(*value, place.param) : std::nullopt;
}

/// Digits alone, so that a time cannot reach into what is signed behind it.
std::optional<Micros> seconds(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > 1'000'000'000'000) return std::nullopt;
  return static_cast<Micros>(value) * kSecond;
}

tl::unexpected<Error> missing(std::string_view what) {
  return failure(std::string(what) + " is missing, malformed or given twice");
}

}  // namespace

Result<Secret> key_of(const Signature& signature, const Secret& secret) {
  if (secret.empty()) return failure("a webhook secret is empty", "set it; webhooks are never taken unchecked");
  if (!signature.secret_is_base64) return secret;
  auto text = secret.reveal();
  if (text.starts_with(signature.secret_prefix)) text.remove_prefix(signature.secret_prefix.size());
  auto bytes = unbase64(text);
  if (!bytes || bytes->empty())
    return failure("a webhook secret is not base64",
                   "configure it as it was given out: \"" + signature.secret_prefix + "\" and base64 with its padding");
  Secret key{std::string(chars(*bytes))};
  OPENSSL_cleanse(bytes->data(), bytes->size());
  return key;
}

std::string encoded_mac(const crypto::Hmac& hmac, const Signature& signature, std::span<const ByteView> parts) {
  const auto mac = hmac(parts);
  const auto bytes = ByteView(mac).first(signature.scheme == Signature::Scheme::hmac_sha1 ? 20 : 32);
  return signature.encoding == Signature::Encoding::hex ? hex(bytes) : base64(bytes);
}

Verifier::Verifier(Signature signature) : signature_(std::move(signature)), forms_(signature_.others) {
  forms_.push_back({signature_.prefix, signature_.over});
}

Result<Verifier> Verifier::make(Signature signature, std::vector<Secret> secrets) {
  if (signature.header.empty())
    return failure("the platform plugin names no header for the signature", "correct its facts");
  if (secrets.empty()) return failure("no webhook secret is configured", "set it; webhooks are never taken unchecked");
  Verifier made(std::move(signature));
  for (const auto& secret : secrets) {
    auto key = key_of(made.signature_, secret);
    if (!key) return tl::unexpected(key.error());
    if (made.signature_.scheme == Signature::Scheme::token)
      made.tokens_.push_back(std::move(*key));
    else
      made.macs_.emplace_back(view(key->reveal()), digest_of(made.signature_));
  }
  return made;
}

Result<VerifiedBody> Verifier::verify(Delivery&& delivery, const Fields& fields, Micros wall) const {
  const bool any =
      std::any_of(forms_.begin(), forms_.end(), [&](const auto& form) { return presented(form, fields).has_value(); });
  if (!any) return missing("the header " + signature_.header);
  SignedText::Values values{.body = delivery.body};
  if (signature_.timestamp) {
    const auto time = time_of(fields);
    if (!time) return missing("the webhook's timestamp");
    if (const auto age = wall - *time; std::abs(age) > signature_.tolerance)
      return failure("the webhook was signed " + std::to_string(age / kSecond) + " s ago, which is too far from now",
                     "a repetition of an old webhook is refused; if all are, look at this machine's clock");
    values.timestamp = *read(signature_, signature_.timestamp, fields);
  }
  if (signature_.id) {
    const auto id = read(signature_, signature_.id, fields);
    // With a dot in it the border between id and time could be moved.
    if (!id || id->empty() || id->find('.') != id->npos) return missing("the webhook's id");
    values.id = *id;
  }
  bool right = false;
  for (const auto& form : forms_) {
    const auto value = presented(form, fields);
    if (!value) continue;
    for (const auto& mac : macs_) right |= fits(mac, form, values, *value);
    for (const auto& token : tokens_) right |= token.equals(*value);
  }
  if (!right) return failure("the value of " + signature_.header + " fits none of the configured secrets");
  return VerifiedBody(std::move(delivery));
}

std::optional<Micros> Verifier::time_of(const Fields& fields) const {
  if (!signature_.timestamp) return std::nullopt;
  const auto text = read(signature_, signature_.timestamp, fields);
  return text ? seconds(*text) : std::nullopt;
}

std::optional<std::string_view> Verifier::presented(const Signature::Form& form, const Fields& fields) const {
  if (!form.header.empty()) return fields(form.header);
  return signature_.value_param.empty() ? fields(signature_.header)
                                        : read(signature_, {.param = signature_.value_param}, fields);
}

bool Verifier::fits(const crypto::Hmac& mac, const Signature::Form& form, const SignedText::Values& values,
                    std::string_view presented) const {
  const auto expected = form.prefix + encoded_mac(mac, signature_, form.over.bytes(values));
  if (signature_.list.empty()) return equal(expected, presented);
  bool right = false;
  for (auto rest = presented; !rest.empty();) {
    const auto one = rest.substr(0, rest.find(signature_.list));
    right |= equal(expected, one);
    rest.remove_prefix(std::min(one.size() + signature_.list.size(), rest.size()));
  }
  return right;
}

}  // namespace postern::gateway
