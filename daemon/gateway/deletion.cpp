// SPDX-License-Identifier: Apache-2.0
#include "gateway/deletion.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <boost/json.hpp>

#include "gateway/target.hpp"

namespace postern::gateway {
namespace {

namespace json = boost::json;

constexpr std::size_t kLargestForm = 16 << 10, kLongestUser = 128;  // bytes

/// base64url without padding (RFC 4648, 5); nothing if it is not in its one spelling.
std::optional<Bytes> unbase64url(std::string_view text) {
  std::string plain(text);
  for (char& c : plain) {
    if (c == '+' || c == '/' || c == '=') return std::nullopt;
    c = c == '-' ? '+' : c == '_' ? '/' : c;
  }
  plain.append((4 - plain.size() % 4) % 4, '=');
  return unbase64(plain);
}

/// A time in seconds; 0 if it is absent, nothing if it is no time.
std::optional<Micros> time_in(const json::object& payload, const std::string& name) {
  const auto* value = payload.if_contains(name);
  if (value == nullptr || value->is_null()) return 0;
  const auto* seconds = value->if_int64();
  if (seconds == nullptr || *seconds < 0 || *seconds > 1'000'000'000'000) return std::nullopt;
  return *seconds * kSecond;
}

}  // namespace

Result<DeletionVerifier> DeletionVerifier::make(Deletion facts, std::vector<std::string> sections,
                                                const std::vector<Secret>& secrets) {
  if (secrets.empty() || std::ranges::any_of(secrets, [](const Secret& each) { return each.empty(); }))
    return failure("the secret of the deletion callback is not configured",
                   "set it; what is not signed is never obeyed");
  DeletionVerifier made(std::move(facts), std::move(sections));
  for (const auto& secret : secrets) made.macs_.emplace_back(view(secret.reveal()), "SHA256");
  return made;
}

tl::expected<DeletionWish, DeletionVerifier::Refused> DeletionVerifier::verify(std::string_view body, std::string page,
                                                                               Micros wall) const {
  const auto malformed = tl::make_unexpected(Refused::malformed);
  if (body.size() > kLargestForm) return malformed;
  const auto fields = form_fields(body);
  const auto text = fields ? only(*fields, facts_.field) : std::nullopt;
  const auto dot = text ? text->find('.') : std::string_view::npos;
  if (dot == std::string_view::npos) return malformed;
  const auto encoded = text->substr(dot + 1);
  const auto mac = unbase64url(text->substr(0, dot));
  if (!mac || mac->size() != 32) return malformed;
  bool right = false;
  for (const auto& each : macs_) {
    const Hash expected = each({view(encoded)});
    right |= CRYPTO_memcmp(expected.data(), mac->data(), expected.size()) == 0;
  }
  if (!right) return tl::make_unexpected(Refused::forged);
  const auto bytes = unbase64url(encoded);
  json::error_code error;
  const auto value = bytes ? json::parse(json::string_view(chars(*bytes).data(), bytes->size()), error) : json::value();
  const auto* payload = error ? nullptr : value.if_object();
  const auto* user = payload ? payload->if_contains(facts_.user) : nullptr;
  const auto* name = user ? user->if_string() : nullptr;
  if (name == nullptr || name->empty() || name->size() > kLongestUser) return malformed;
  const auto issued = time_in(*payload, facts_.issued), expires = time_in(*payload, facts_.expires);
  if (!issued || !expires || *issued == 0) return malformed;
  const Micros end = std::min(*issued + facts_.longest, *expires > 0 ? *expires : INT64_MAX);
  // A clock that goes wrong must not make a request of tomorrow count for longer than one of today.
  if (wall > end || *issued > wall + 5 * kMinute) return tl::make_unexpected(Refused::expired);
  DeletionWish wish;
  wish.sections = sections_;
  wish.user.assign(name->data(), name->size());
  wish.proof = std::string(encoded);
  wish.page = std::move(page);
  wish.url_member_ = facts_.url;
  wish.code_member_ = facts_.code;
  return wish;
}

std::string DeletionWish::answer(std::string_view code) const {
  const std::string url = page + std::string(code);
  return json::serialize(json::object{{url_member_, url}, {code_member_, json::string_view(code.data(), code.size())}});
}

std::string deletion_page(std::string_view state, std::string_view code) {
  std::string_view said = "We know of no request with this code.";
  if (state == "nothing") said = "We hold nothing under the account that asked for this.";
  if (state == "under-way") said = "Your data is being deleted.";
  if (state == "deferred")
    said =
        "Your request is accepted. Some of your data has to be kept for now, by law or for a dispute; it is deleted as "
        "soon as that ends.";
  if (state == "done") said = "Your data has been deleted.";
  std::string page = "Request ";
  page.append(state == "unknown" ? "unknown" : code).append("\n\n").append(said).append("\n");
  return page;
}

}  // namespace postern::gateway
