// SPDX-License-Identifier: Apache-2.0
#include "broker/refresh.hpp"

#include <boost/json.hpp>

#include "broker/request.hpp"
#include "courier/places.hpp"

namespace postern::broker {
namespace {

namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* string = value ? value->if_string() : nullptr;
  return string ? std::string(string->data(), string->size()) : std::string();
}

void add_places(const courier::Request& request, std::set<std::string>& takes) {
  const auto nothing = [](std::string_view) {};
  const auto take = [&](std::string_view name) { takes.emplace(name); };
  for (const auto& [name, value] : request.query) courier::split_places(value, nothing, take);
  courier::split_places(request.body, nothing, take);
  using As = courier::Auth::As;
  if (request.auth.as != As::none && request.auth.as != As::oauth1) takes.insert(request.auth.credential);
  if (request.auth.as == As::basic) takes.insert(request.auth.name);
}

Result<courier::Grant> parse_grant(const json::object& refresh, const std::string& credential) {
  const auto* value = refresh.if_contains("answer");
  const auto* answer = value ? value->if_object() : nullptr;
  if (!answer) return failure("credentials.refresh.answer: expected an object of JSON pointers");
  courier::Grant grant;
  for (const auto& [name, pointer] : *answer) {
    const auto* string = pointer.if_string();
    if (!string || !string->starts_with('/'))
      return failure("credentials.refresh.answer." + std::string(name) +
                     ": expected a JSON pointer that begins with /");
    const std::string text(string->data(), string->size());
    if (name == "expires_in")
      grant.lasts = text;
    else if (name == "error")
      grant.error = text;
    else
      grant.tokens.insert(name == credential ? grant.tokens.begin() : grant.tokens.end(), {std::string(name), text});
  }
  if (grant.tokens.empty() || grant.tokens[0].first != credential)
    return failure("credentials.refresh.answer: expected the member \"" + credential + "\"");
  return grant;
}

}  // namespace

Result<std::optional<RefreshFacts>> parse_refresh(const json::object& facts) {
  const auto* list = facts.if_contains("credentials");
  if (!list || !list->is_array()) return std::nullopt;
  for (const auto& item : list->get_array()) {
    const auto* credential = item.if_object();
    const auto* value = credential ? credential->if_contains("refresh") : nullptr;
    if (!value) continue;
    const auto* refresh = value->if_object();
    const auto* request = refresh ? refresh->if_contains("request") : nullptr;
    if (!request) return failure("credentials.refresh: expected an object with request and answer");
    RefreshFacts out;
    auto parsed = parse_request(*request, Places::filled);
    if (!parsed) return tl::unexpected(Error{"credentials.refresh." + parsed.error().what, parsed.error().remedy});
    out.request = std::move(*parsed);
    auto grant = parse_grant(*refresh, text_of(*credential, "name"));
    if (!grant) return tl::unexpected(grant.error());
    out.grant = std::move(*grant);
    add_places(out.request, out.takes);
    out.base_url = text_of(*refresh, "base_url");
    if (!out.base_url.empty() && !out.base_url.starts_with("https://"))
      return failure("credentials.refresh.base_url: expected an address that begins with https://");
    out.before = text_of(*refresh, "before");
    out.first_after = text_of(*refresh, "first_after");
    out.only_at = text_of(*refresh, "only_at");
    if (const auto* once = refresh->if_contains("single_use")) out.single_use = !once->is_bool() || once->get_bool();
    return out;
  }
  return std::nullopt;
}

}  // namespace postern::broker
