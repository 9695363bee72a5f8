// SPDX-License-Identifier: Apache-2.0
// What the Graph API's answers mean. Errors are told apart by their pair of codes, never by text or HTTP status: the
// same pair comes with 400, 403 and 500. Which codes there are is the products' own: errors.hpp,
// ../whatsapp/errors.hpp.
#pragma once
#include <postern/outcome.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace meta {

enum class Verdict : std::uint8_t { retry, failed, pause, unclear };

/// One row: the first that fits decides. A code or subcode of 0 fits any.
struct GraphError {
  std::int64_t code, subcode;
  Verdict verdict;
  std::string_view kind;  // the outcome's class
  std::string_view text;
  std::int64_t after = 0;  // retry: seconds to wait at least
};
using GraphErrors = std::span<const GraphError>;

/// The row for a pair of codes, or null. 80001 to 80014 are the rate limits of the business use cases.
inline const GraphError* find_error(GraphErrors errors, std::int64_t code, std::int64_t subcode) {
  static constexpr GraphError kBusinessRate{0, 0, Verdict::retry, "rate", "a rate limit of the business is reached"};
  if (code >= 80000 && code <= 80014) return &kBusinessRate;
  const auto row = std::ranges::find_if(errors, [=](const GraphError& error) {
    return (error.code == 0 || error.code == code) && (error.subcode == 0 || error.subcode == subcode);
  });
  return row == errors.end() ? nullptr : &*row;
}

/// The largest number below `node` in a member of that name; the usage headers nest by account and by use case.
inline std::int64_t largest(postern::Node node, std::string_view name) {
  if (!node) return 0;
  std::int64_t found = node[name].integer();
  for (const postern::Node each : node) found = std::max(found, largest(each, name));
  if (const auto* object = node.json()->if_object())
    for (const auto& member : *object)
      if (member.value().is_array()) found = std::max(found, largest(postern::Node(member.value()), name));
  return found;
}

/// Seconds until another attempt makes sense, 0 if Meta does not say: Retry-After counts in seconds, the usage header
/// in minutes.
inline std::int64_t seconds_to_wait(const postern::Answer& answer) {
  std::int64_t seconds = 0;
  const std::string_view asked = answer.header("retry-after");
  std::from_chars(asked.data(), asked.data() + asked.size(), seconds);
  if (seconds > 0) return seconds;
  boost::json::error_code error;
  const std::string_view usage = answer.header("x-business-use-case-usage");
  const postern::Json json = boost::json::parse({usage.data(), usage.size()}, error);
  return error ? 0 : 60 * largest(json, "estimated_time_to_regain_access");
}

/// A product's errors: the row for a pair of codes, or null.
using FindError = const GraphError* (*)(std::int64_t code, std::int64_t subcode);

/// `repeatable`: a look-up, which has no effect.
inline void interpret_error(FindError find, const postern::Answer& answer, bool repeatable, postern::Outcome& outcome) {
  const postern::Node error = answer.json()["error"];
  const std::int64_t code = error["code"].integer(), subcode = error["error_subcode"].integer();
  const std::string pair = std::to_string(code) + (subcode ? "/" + std::to_string(subcode) : "");
  const std::string status = "HTTP " + std::to_string(answer.status());
  const GraphError* row = find(code, subcode);
  if (!error.is_object() || (code == 0 && !row)) {
    if (answer.status() == 429) return outcome.retry("rate", status, seconds_to_wait(answer));
    if (repeatable) return outcome.retry("transient", status + " without a readable error");
    return outcome.unclear(status + " without a readable error");
  }
  if (!row && answer.status() == 429) return outcome.retry("rate", pair, seconds_to_wait(answer));
  const bool vague = row ? row->verdict == Verdict::unclear : answer.status() >= 500 || error["is_transient"].boolean();
  // An unlisted error's own words may tell more; those about tokens are listed, so none gets into a log.
  const std::string text = std::string(row ? row->text : error["message"].text("unlisted error")) + " (" + pair + ")";
  if (vague && repeatable) return outcome.retry("transient", text);
  if (vague) return outcome.unclear(text);
  if (!row) return outcome.failed("invalid", pair, text);
  switch (row->verdict) {
    case Verdict::retry:
      return outcome.retry(row->kind, text, std::max(row->after, seconds_to_wait(answer)));
    case Verdict::pause:
      return outcome.pause(row->kind, pair, text);
    default:
      return outcome.failed(row->kind, pair, text);
  }
}

/// `wants_id`: the answer to a message names it; the answer to typing, reactions and hiding does not.
inline void interpret_sent(const postern::Answer& answer, bool wants_id, bool opens_thread, postern::Outcome& outcome) {
  const postern::Node body = answer.json();
  const std::string id = (body["message_id"] ? body["message_id"] : body["id"]).id_if_any();
  if (!body.is_object() || body["error"] || (wants_id && id.empty()))
    return outcome.unclear("HTTP " + std::to_string(answer.status()) + " without the id of what was sent");
  outcome.sent(id, opens_thread ? body["recipient_id"].id_if_any() : std::string());
}

}  // namespace meta
