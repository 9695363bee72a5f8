// SPDX-License-Identifier: Apache-2.0
#include "courier/target.hpp"

#include <arpa/inet.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <array>

#include "base/percent.hpp"

namespace postern::courier {
namespace {

constexpr std::string_view kForm = "application/x-www-form-urlencoded";
constexpr std::string_view kTokenPlace = "{token}";
constexpr std::size_t kUrlLimit = 64 * 1024;      // bytes; libcurl fails hard at 8 MB
constexpr std::size_t kHeadersLimit = 64 * 1024;  // bytes of all lines

bool alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool one_of(char c, std::string_view set) {
  return set.find(c) != std::string_view::npos;
}
bool control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}
bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), control);
}

constexpr std::string_view kInPath = "-._~!$&'()*+,;=:@";  // Telegram's tokens have a colon

void append_field(std::string& url, std::string_view name, std::string_view value) {
  url += url.find('?') == std::string::npos ? '?' : '&';
  percent_encode(url, name);
  url += '=';
  percent_encode(url, value);
}

bool equal_ignoring_case(std::string_view a, std::string_view lower) {
  return a.size() == lower.size() && std::equal(a.begin(), a.end(), lower.begin(), [](char x, char y) {
           return (x >= 'A' && x <= 'Z' ? static_cast<char>(x + 32) : x) == y;
         });
}

/// Headers that frame the message or name its receiver are the courier's own.
bool reserved(std::string_view name) {
  static constexpr std::array<std::string_view, 10> kReserved = {
      "host", "content-length", "transfer-encoding", "connection",         "expect", "upgrade",
      "te",   "trailer",        "keep-alive",        "proxy-authorization"};
  return std::any_of(kReserved.begin(), kReserved.end(),
                     [&](std::string_view one) { return equal_ignoring_case(name, one); });
}

bool valid_name(std::string_view name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return alphanumeric(c) || one_of(c, "!#$%&'*+-.^_`|~"); });
}

bool valid_method(std::string_view method) {
  return !method.empty() && method.size() <= 16 &&
         std::all_of(method.begin(), method.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool decimal(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// The account's credential of that name, fit to be sent.
Result<std::string_view> shown(const Credentials& credentials, const std::string& account, std::string_view name) {
  const Secret* found = credentials.find(account, name);
  const auto quoted = "\"" + std::string(name) + "\"";
  if (found == nullptr || found->empty())
    return failure("account " + account + " has no credential " + quoted, "configure it and reload");
  if (has_control(found->reveal()))
    return failure(
        "credential " + quoted + " of account " + account + " contains a line break or another control character",
        "correct its file and reload");
  return found->reveal();
}

Result<void> check_external(const Errand& errand, const Settings& settings) {
  if (!errand.base_url.empty()) return failure("an external errand has a base URL");
  if (errand.request.auth.as != Auth::As::none) return failure("a credential is never sent to an external URL");
  const auto origin = parse_origin(errand.request.path);
  if (!origin) return tl::unexpected(origin.error());
  if (settings.allow_local_fetch && origin->loopback()) return {};
  if (!origin->tls) return failure("an external URL must begin with https://");
  if (!origin->port.empty() && origin->port != "443") return failure("an external URL must not name a port");
  return {};
}

Result<void> check_own(const Errand& errand, const Settings& settings) {
  const auto origin = parse_origin(errand.base_url);
  if (!origin) return tl::unexpected(origin.error());
  if (!origin->tls && !origin->loopback() && !settings.allow_http)
    return failure("the base URL begins with http://, so credentials would travel in clear",
                   "use https://, or set courier.allow_http = true");
  if (!errand.request.path.starts_with('/')) return failure("the path of the request does not begin with /");
  if (has_control(errand.base_url)) return failure("the base URL contains a control character");
  if (errand.request.path.find('#') != std::string::npos) return failure("the path of the request contains #");
  return {};
}

}  // namespace

bool Origin::loopback() const {
  const std::string text(host);
  if (text == "localhost") return true;
  std::array<std::uint8_t, 16> bytes{};
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return bytes[0] == 127;
  return text == "::1";
}

Result<Origin> parse_origin(std::string_view url) {
  Origin origin;
  if (url.starts_with("https://")) {
    origin.tls = true;
    url.remove_prefix(8);
  } else if (url.starts_with("http://")) {
    url.remove_prefix(7);
  } else {
    return failure("a URL begins with neither https:// nor http://");
  }
  const auto end = std::min(url.find_first_of("/?#"), url.size());
  auto authority = url.substr(0, end);
  origin.rest = url.substr(end);

  std::string_view also = "-._";
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return failure("a URL has an unclosed [ in its host");
    origin.host = authority.substr(1, close - 1);
    authority.remove_prefix(close + 1);
    also = ":.";
  } else {
    origin.host = authority.substr(0, authority.find(':'));
    authority.remove_prefix(origin.host.size());
  }
  if (!authority.empty()) {
    origin.port = authority.substr(1);
    if (authority[0] != ':' || origin.port.empty() || origin.port.size() > 5 || !decimal(origin.port))
      return failure("a URL has an invalid port");
  }
  const bool clean =
      std::all_of(origin.host.begin(), origin.host.end(), [&](char c) { return alphanumeric(c) || one_of(c, also); });
  if (origin.host.empty() || !clean) return failure("a URL has an invalid host (no user names, ASCII only)");
  return origin;
}

Result<void> Target::fill(const Errand& errand, const Credentials& credentials, const Settings& settings,
                          const OAuth1Stamp& stamp) {
  wipe();
  const auto& request = errand.request;
  if (!valid_method(request.method)) return failure("the method of the request is not a word of capitals");
  if (has_control(request.path) || request.path.find(' ') != std::string::npos)
    return failure("the path of the request contains a space or a control character");
  if (auto checked = errand.external ? check_external(errand, settings) : check_own(errand, settings); !checked)
    return checked;

  std::string_view credential;
  if (request.auth.as != Auth::As::none && request.auth.as != Auth::As::oauth1) {
    const auto found = shown(credentials, errand.account, request.auth.credential);
    if (!found) return tl::unexpected(found.error());
    credential = *found;
  }
  if (auto put = put_url(errand, credential); !put) return put;
  if (request.auth.as == Auth::As::oauth1)
    if (auto put = put_oauth1(errand, credentials, stamp); !put) return put;
  if (request.auth.as == Auth::As::basic)
    if (auto put = put_basic(errand, credentials, credential); !put) return put;
  return put_headers(request, credential);
}

Result<void> Target::put_oauth1(const Errand& errand, const Credentials& credentials, const OAuth1Stamp& stamp) {
  std::array<std::string_view, OAuth1Keys::kNames.size()> values;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto found = shown(credentials, errand.account, OAuth1Keys::kNames[i]);
    if (!found) return tl::unexpected(found.error());
    values[i] = *found;
  }
  const auto& request = errand.request;
  const auto form = request.content_type == kForm ? std::string_view(request.body) : std::string_view();
  auto value = oauth1_authorization(request.method, url_, form, {values[0], values[1], values[2], values[3]}, stamp);
  if (!value) return tl::unexpected(value.error());
  next_header().append("Authorization: ").append(*value);
  return {};
}

Result<void> Target::put_basic(const Errand& errand, const Credentials& credentials, std::string_view password) {
  const auto user = shown(credentials, errand.account, errand.request.auth.name);
  if (!user) return tl::unexpected(user.error());
  std::string pair;
  pair.reserve(user->size() + 1 + password.size());
  pair.append(*user).append(":").append(password);
  std::string encoded = base64(view(pair));
  next_header().append("Authorization: Basic ").append(encoded);
  for (auto* text : {&pair, &encoded}) OPENSSL_cleanse(text->data(), text->size());
  return {};
}

Result<void> Target::put_url(const Errand& errand, std::string_view credential) {
  const auto& request = errand.request;
  url_.reserve(1024 + 3 * credential.size());  // growing would leave a copy of the credential behind
  url_ = errand.base_url;
  while (url_.ends_with('/')) url_.pop_back();

  const auto place = request.auth.as == Auth::As::path ? request.path.find(kTokenPlace) : std::string::npos;
  if (request.auth.as == Auth::As::path && place == std::string::npos)
    return failure("the credential belongs into the path, which has no {token}");
  if (place == std::string::npos) {
    url_ += request.path;
  } else {
    url_.append(request.path, 0, place);
    percent_encode(url_, credential, kInPath);
    url_.append(request.path, place + kTokenPlace.size());
  }
  for (const auto& [name, value] : request.query) append_field(url_, name, value);
  if (request.auth.as == Auth::As::query) append_field(url_, request.auth.name, credential);
  if (url_.size() > kUrlLimit) return failure("the path and query of the request are longer than 64 KiB");
  return {};
}

Result<void> Target::put_headers(const Request& request, std::string_view credential) {
  const auto put = [this](std::string_view name, std::string_view value) {
    auto& line = next_header();
    line.append(name).append(value.empty() ? ";" : ": ").append(value);  // libcurl's way to send an empty value
  };
  for (const auto& [name, value] : request.headers) {
    if (!valid_name(name) || reserved(name) || has_control(value))
      return failure("a header of the request is not allowed: its name is reserved or it has invalid characters");
    put(name, value);
  }
  if (has_control(request.content_type)) return failure("the content type of the request has invalid characters");
  if (request.content_type.empty())
    next_header() = "Content-Type:";
  else
    put("Content-Type", request.content_type);
  next_header() = "Expect:";  // waiting for "100 Continue" costs a second wherever it is not understood

  if (request.auth.as == Auth::As::bearer) {
    next_header().append("Authorization: Bearer ").append(credential);
  } else if (request.auth.as == Auth::As::header) {
    if (!valid_name(request.auth.name) || reserved(request.auth.name))
      return failure("the header for the credential has an invalid or reserved name");
    put(request.auth.name, credential);
  }
  std::size_t bytes = 0;
  for (const auto& line : headers_) bytes += line.size();
  if (bytes > kHeadersLimit) return failure("the headers of the request are longer than 64 KiB");
  return {};
}

std::string& Target::next_header() {
  if (spare_.empty()) return headers_.emplace_back();
  headers_.push_back(std::move(spare_.back()));
  spare_.pop_back();
  return headers_.back();
}

void Target::wipe() {
  OPENSSL_cleanse(url_.data(), url_.size());
  url_.clear();
  for (auto& line : headers_) {
    OPENSSL_cleanse(line.data(), line.size());
    line.clear();
    spare_.push_back(std::move(line));
  }
  headers_.clear();
}

std::string host_label(const Errand& errand) {
  const auto origin = parse_origin(errand.external ? errand.request.path : errand.base_url);
  if (!origin) return "an invalid URL";
  std::string label(origin->host);
  if (!origin->port.empty()) label.append(":").append(origin->port);
  return label;
}

}  // namespace postern::courier
