// SPDX-License-Identifier: Apache-2.0
#include "courier/places.hpp"

#include <openssl/crypto.h>

#include <algorithm>

#include "base/percent.hpp"

namespace postern::courier {
namespace {

constexpr std::string_view kBegin = "{credential:";
constexpr std::size_t kRoom = 8 * 1024;  // for what is put in: a text that grows would leave a copy behind

bool is_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

void append_json(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (static_cast<unsigned char>(c) < 0x20)
      ((out += "\\u00") += kHex[static_cast<unsigned char>(c) >> 4]) += kHex[c & 15];
    else
      out += c;
  }
}

}  // namespace

void split_places(std::string_view whole, const std::function<void(std::string_view)>& text,
                  const std::function<void(std::string_view)>& place) {
  std::size_t from = 0;
  for (std::size_t at = whole.find(kBegin); at != std::string_view::npos; at = whole.find(kBegin, at + 1)) {
    const auto end = whole.find('}', at);
    if (end == std::string_view::npos) break;
    const auto name = whole.substr(at + kBegin.size(), end - at - kBegin.size());
    if (!is_name(name)) continue;
    text(whole.substr(from, at - from));
    place(name);
    from = end + 1;
  }
  text(whole.substr(from));
}

Result<void> fill_places(Errand& errand, const Credentials& credentials) {
  auto& request = errand.request;
  std::string missing;
  const auto fill = [&](std::string& whole, auto&& append) {
    std::string filled;
    filled.reserve(whole.size() + kRoom);
    split_places(
        whole, [&](std::string_view text) { filled += text; },
        [&](std::string_view name) {
          if (const Secret* secret = credentials.find(errand.account, name); secret && !secret->empty())
            append(filled, secret->reveal());
          else
            missing = name;
        });
    whole.swap(filled);
  };
  const auto as_it_is = [](std::string& out, std::string_view text) { out += text; };
  for (auto& [name, value] : request.query) fill(value, as_it_is);
  if (request.content_type == "application/json")
    fill(request.body, append_json);
  else if (request.content_type == "application/x-www-form-urlencoded")
    fill(request.body, [](std::string& out, std::string_view text) { percent_encode(out, text); });
  else
    fill(request.body, as_it_is);
  if (missing.empty()) return {};
  wipe_places(request);
  return failure("account " + errand.account + " has no credential \"" + missing + "\"", "configure it and reload");
}

void wipe_places(Request& request) {
  for (auto& [name, value] : request.query) OPENSSL_cleanse(value.data(), value.size());
  OPENSSL_cleanse(request.body.data(), request.body.size());
}

}  // namespace postern::courier
