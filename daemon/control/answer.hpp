// SPDX-License-Identifier: Apache-2.0
// What the answers to a tool's questions are made with: the parameters it gave, and a result or why there is none.
#pragma once
#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/log.hpp"
#include "control/request.hpp"
#include "core/settings.hpp"
#include "core/time_text.hpp"

namespace postern::control {

/// Why there is no result.
struct Refused {
  int code;
  std::string message;
  std::int64_t request = -1;  ///< the record of the asking, where the answer is put on record, too
};
using Answered = tl::expected<std::string, Refused>;

inline tl::unexpected<Refused> refused(int code, std::string message) {
  return tl::unexpected<Refused>(Refused{code, std::move(message)});
}
inline tl::unexpected<Refused> broken(const Error& error) {
  log::error("query.failed", "a tool's question could not be answered from the ledger: " + text(error));
  return refused(kInternal, "the ledger cannot be read: " + text(error));
}

/// What the caller gave. A parameter of another type is one that cannot be meant.
class Params {
 public:
  /// `settings` are those that hold, for an answer that explains by them; may be null.
  explicit Params(const std::string& text, const core::Settings* settings = nullptr) : settings_(settings) {
    boost::json::error_code error;
    if (auto value = boost::json::parse(text, error); !error && value.is_object())
      object_ = std::move(value.get_object());
  }
  std::string text(std::string_view name) const {
    const auto* value = object_.if_contains(name);
    const auto* string = value ? value->if_string() : nullptr;
    return string ? std::string(string->data(), string->size()) : std::string();
  }
  bool flag(std::string_view name) const {
    const auto* value = object_.if_contains(name);
    return value && value->is_bool() && value->get_bool();
  }
  /// `otherwise` if it is absent; nothing if it is no integer from `least` to `most`.
  std::optional<std::int64_t> number(std::string_view name, std::int64_t least, std::int64_t most,
                                     std::int64_t otherwise) const {
    const auto* value = object_.if_contains(name);
    if (!value) return otherwise;
    const auto* integer = value->if_int64();
    return integer && *integer >= least && *integer <= most ? std::optional(*integer) : std::nullopt;
  }

  const core::Settings* settings() const { return settings_; }

 private:
  boost::json::object object_;
  const core::Settings* settings_;
};

inline tl::unexpected<Refused> wrong(std::string_view name, std::int64_t least, std::int64_t most) {
  return refused(kInvalidParams, std::string(name) + ": expected a whole number from " + std::to_string(least) +
                                     (most == INT64_MAX ? " on" : " to " + std::to_string(most)));
}

/// The time that a parameter says in RFC 3339; `otherwise` if it is absent.
inline tl::expected<Micros, Refused> time_of(const Params& params, std::string_view name, Micros otherwise) {
  const auto text = params.text(name);
  if (text.empty()) return otherwise;
  const Micros time = core::parse_rfc3339(text);
  if (time <= 0) return refused(kInvalidParams, std::string(name) + ": expected a time as 2026-01-31T00:00:00Z");
  return time;
}

}  // namespace postern::control
