// SPDX-License-Identifier: Apache-2.0
#include "courier/oauth1.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "base/percent.hpp"
#include "base/secret.hpp"
#include "courier/target.hpp"

namespace postern::courier {
namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;

/// In the order in which they stand in the header, which is also that of their names.
Parameters own_parameters(const OAuth1Keys& keys, const OAuth1Stamp& stamp) {
  return {{"oauth_consumer_key", std::string(keys.consumer_key)},
          {"oauth_nonce", stamp.nonce},
          {"oauth_signature_method", "HMAC-SHA1"},
          {"oauth_timestamp", std::to_string(stamp.time_s)},
          {"oauth_token", std::string(keys.token)},
          {"oauth_version", "1.0"}};
}

/// Scheme, host and path; host in lower case, no port if it is the scheme's.
std::string base_url(const Origin& origin) {
  std::string host(origin.host);
  for (char& c : host)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  std::string url = (origin.tls ? "https://" : "http://") + host;
  if (!origin.port.empty() && origin.port != (origin.tls ? "443" : "80")) url.append(":").append(origin.port);
  const auto path = origin.rest.substr(0, origin.rest.find('?'));
  return path.empty() ? url + "/" : url.append(path);
}

/// Encoded, sorted by name and then by value, joined (RFC 5849, 3.4.1.3.2).
std::string normalised(const Parameters& parameters) {
  Parameters encoded;
  for (const auto& [name, value] : parameters) encoded.emplace_back(percent_encoded(name), percent_encoded(value));
  std::sort(encoded.begin(), encoded.end());
  std::string text;
  for (const auto& [name, value] : encoded) text.append(text.empty() ? "" : "&").append(name).append("=").append(value);
  return text;
}

}  // namespace

OAuth1Stamp OAuth1Stamp::fresh(Micros wall) {
  return {.nonce = crypto::random_id().hex(), .time_s = wall / kSecond};
}

Result<std::string> oauth1_base_string(std::string_view method, std::string_view url, std::string_view form,
                                       const OAuth1Keys& keys, const OAuth1Stamp& stamp) {
  const auto origin = parse_origin(url);
  if (!origin) return tl::unexpected(origin.error());
  auto parameters = own_parameters(keys, stamp);
  const auto mark = origin->rest.find('?');
  for (const auto part : {mark == std::string_view::npos ? std::string_view() : origin->rest.substr(mark + 1), form}) {
    auto fields = form_fields(part);
    if (!fields) return failure("the query or the form of the request has a broken escape, so it cannot be signed");
    std::move(fields->begin(), fields->end(), std::back_inserter(parameters));
  }
  std::string text(method);
  percent_encode(text += '&', base_url(*origin));
  percent_encode(text += '&', normalised(parameters));
  return text;
}

Result<std::string> oauth1_authorization(std::string_view method, std::string_view url, std::string_view form,
                                         const OAuth1Keys& keys, const OAuth1Stamp& stamp) {
  const auto base = oauth1_base_string(method, url, form, keys, stamp);
  if (!base) return base;
  const Secret key(percent_encoded(keys.consumer_secret) + "&" + percent_encoded(keys.token_secret));
  const auto mac = crypto::Hmac(view(key.reveal()), "SHA1")({view(*base)});
  auto parameters = own_parameters(keys, stamp);
  parameters.insert(parameters.begin() + 2, {"oauth_signature", base64(ByteView(mac).first(20))});
  std::string value;
  for (const auto& [name, content] : parameters)
    value.append(value.empty() ? "OAuth " : ", ").append(name).append("=\"").append(percent_encoded(content) + "\"");
  return value;
}

}  // namespace postern::courier
