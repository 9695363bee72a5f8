// SPDX-License-Identifier: Apache-2.0
// URLs that strangers wrote, through the courier's parser. A host that passes must be the one that libcurl connects to,
// and what an errand of a plugin becomes must stay one request to the account's own host.
#include <curl/curl.h>

#include <cstdlib>
#include <string>

#include "courier/target.hpp"

namespace {

using namespace postern;
using namespace postern::courier;

std::string host_for_libcurl(const std::string& url) {
  CURLU* parsed = curl_url();
  char* host = nullptr;
  std::string found;
  if (curl_url_set(parsed, CURLUPART_URL, url.c_str(), CURLU_PATH_AS_IS) == CURLUE_OK &&
      curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK)
    found = host;
  curl_free(host);
  curl_url_cleanup(parsed);
  return found;
}

/// libcurl writes numbers as four decimals and IPv6 in its shortest form; both are addresses either way.
bool is_number(std::string_view host) {
  return host.find_first_not_of("0123456789abcdefABCDEFxX.:") == std::string_view::npos;
}

void check_external(const std::string& text) {
  const auto origin = parse_origin(text);
  if (!origin || text.find('\0') != std::string::npos) return;
  const auto theirs = host_for_libcurl(text);
  if (!theirs.empty() && theirs != origin->host && !is_number(origin->host)) std::abort();
}

void check_plugin(const std::string& text) {
  static const Credentials credentials = [] {
    Credentials made;
    made.put("acme", "token", Secret("CANARY"));
    return made;
  }();
  const auto half = text.size() / 2;
  Errand errand;
  errand.account = "acme";
  errand.base_url = "https://own.example";
  errand.request.path = text.substr(0, half);
  errand.request.headers = {{"X-Header", text.substr(half)}};
  errand.request.query = {{text.substr(half), text.substr(0, half)}};
  errand.request.auth = {Auth::As::query, "key", "token"};
  Target target;
  if (const auto filled = target.fill(errand, credentials, {}); !filled) {
    if (postern::text(filled.error()).find("CANARY") != std::string::npos) std::abort();
    return;
  }
  if (!target.url().starts_with("https://own.example/") || host_for_libcurl(target.url()) != "own.example")
    std::abort();
  for (const auto& line : target.headers())
    if (line.find_first_of("\r\n") != std::string::npos) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  check_external(text);
  check_plugin(text);
  return 0;
}
