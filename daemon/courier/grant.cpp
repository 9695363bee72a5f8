// SPDX-License-Identifier: Apache-2.0
#include "courier/grant.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/bytes.hpp"

namespace postern::courier {
namespace {

namespace json = boost::json;

constexpr std::size_t kRoom = 64 * 1024;  // an answer with tokens has hundreds of bytes
constexpr std::size_t kLongestCode = 64;

const json::value* at(const json::value& root, const std::string& pointer) {
  json::error_code code;
  return pointer.empty() ? nullptr : root.find_pointer(pointer, code);
}

/// A word or a number, as codes of errors are: no sentence, which could quote what was sent.
std::string code_of(const json::value* value) {
  if (!value) return {};
  if (value->is_int64() || value->is_uint64()) return json::serialize(*value);
  const auto* string = value->if_string();
  if (!string || string->size() > kLongestCode) return {};
  const bool word = std::all_of(string->begin(), string->end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  return word ? std::string(string->data(), string->size()) : std::string();
}

std::int64_t seconds_of(const json::value* value) {
  constexpr std::int64_t kLongest = 10LL * 366 * 24 * 3600;
  if (!value) return 0;
  if (value->is_int64()) return std::clamp<std::int64_t>(value->get_int64(), 0, kLongest);
  if (value->is_double()) return static_cast<std::int64_t>(std::clamp(value->get_double(), 0.0, double(kLongest)));
  const std::string text = code_of(value);
  const bool digits = !text.empty() && text.size() < 12 && text.find_first_not_of("0123456789") == std::string::npos;
  return digits ? std::min<std::int64_t>(std::stoll(text), kLongest) : 0;
}

}  // namespace

void take_grant(const Grant& grant, Delivery& delivery) {
  Bytes buffer(kRoom);
  {
    json::monotonic_resource memory(buffer.data(), buffer.size());
    json::error_code bad;
    const json::value root = json::parse(json::string_view(delivery.body), bad, &memory);
    auto tokens = std::make_shared<Tokens>();
    for (const auto& [name, pointer] : grant.tokens) {
      const auto* value = bad ? nullptr : at(root, pointer);
      const auto* string = value ? value->if_string() : nullptr;
      if (string && !string->empty()) tokens->emplace(name, Secret(std::string(string->data(), string->size())));
    }
    const bool good = delivery.status / 100 == 2 && !grant.tokens.empty() && tokens->contains(grant.tokens[0].first);
    if (good) {
      delivery.tokens = std::move(tokens);
      delivery.lasts_s = seconds_of(at(root, grant.lasts));
    } else {
      const std::string code = bad ? std::string() : code_of(at(root, grant.error));
      delivery.reason = "HTTP " + std::to_string(delivery.status) + (code.empty() ? "" : ", " + code);
    }
  }
  OPENSSL_cleanse(buffer.data(), buffer.size());
  OPENSSL_cleanse(delivery.body.data(), delivery.body.size());
  delivery.body.clear();
}

}  // namespace postern::courier
