// SPDX-License-Identifier: Apache-2.0
// From an errand to the URL and header lines that are sent. Here a plugin's strings and a credential meet, so here is
// checked that the one can neither redirect nor read the other. Pure; any thread.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "courier/credentials.hpp"
#include "courier/errand.hpp"
#include "courier/oauth1.hpp"
#include "courier/settings.hpp"

namespace postern::courier {

/// The first part of a URL. Views into the text that was parsed.
struct Origin {
  bool tls = false;
  std::string_view host;  ///< without port; an IPv6 address without brackets
  std::string_view port;  ///< empty: the scheme's
  std::string_view rest;  ///< from the path on

  bool loopback() const;  ///< the host is "localhost", an address of 127.0.0.0/8, or ::1, as texts: nothing is resolved
};

/// Strict: http or https, letters, digits, dot, hyphen, underscore or a bracketed IPv6 address, no user name. What
/// passes here means the same host to libcurl.
Result<Origin> parse_origin(std::string_view url);

/// What is sent, with the credential in it; wiped when it dies or is filled again. Keeps its memory between fills.
class Target {
 public:
  Target() = default;
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;
  ~Target() { wipe(); }

  /// Fails if the errand must not or cannot be sent; the error names neither path, query nor credential.
  /// `stamp` is for OAuth 1.0a alone.
  Result<void> fill(const Errand& errand, const Credentials& credentials, const Settings& settings,
                    const OAuth1Stamp& stamp = {});

  const std::string& url() const { return url_; }
  /// Lines as libcurl wants them, "Name: value"; "Name:" suppresses libcurl's own.
  const std::vector<std::string>& headers() const { return headers_; }
  void wipe();

 private:
  Result<void> put_url(const Errand& errand, std::string_view credential);
  Result<void> put_oauth1(const Errand& errand, const Credentials& credentials, const OAuth1Stamp& stamp);
  Result<void> put_basic(const Errand& errand, const Credentials& credentials, std::string_view password);
  Result<void> put_headers(const Request& request, std::string_view credential);
  std::string& next_header();

  std::string url_;
  std::vector<std::string> headers_;
  std::vector<std::string> spare_;  // lines of earlier fills, for their memory
};

/// "graph.facebook.com:8443" for a reason or a log, or "an invalid URL".
std::string host_label(const Errand& errand);

}  // namespace postern::courier
