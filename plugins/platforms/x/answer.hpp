// SPDX-License-Identifier: Apache-2.0
// What X's refusals mean: by HTTP status, by the problem's type, and by the older numeric codes that still come with
// some.
#pragma once
#include <postern/outcome.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace x {

enum class Verdict : std::uint8_t { retry, failed, pause };

/// One row: the first that fits decides. `words` are looked for in the problem's type, title, reason and detail; the
/// codes are those of API 1.1.
struct Refusal {
  std::uint32_t status;
  std::int64_t code;
  std::string_view words;
  Verdict verdict;
  std::string_view kind;  ///< the outcome's class
  std::string_view text;  ///< empty: X's own words say it best
};

inline constexpr Refusal kRefusals[] = {
    {0, 88, "", Verdict::retry, "rate", "the rate limit is reached"},
    {429, 0, "usage-capped", Verdict::pause, "configuration",
     "the App's quota is used up: raise it or wait for the next period"},
    {429, 0, "", Verdict::retry, "rate", "the rate limit is reached"},
    {402, 0, "", Verdict::pause, "configuration", "the App has no credits left: buy some in the developer console"},
    {0, 326, "", Verdict::pause, "restricted", "the account is locked: log in to X and unlock it"},
    {0, 64, "", Verdict::pause, "restricted", "the account is suspended"},
    {0, 226, "", Verdict::pause, "restricted", "X takes the account's messages for automated ones"},
    {0, 32, "", Verdict::pause, "auth", "the credentials do not fit together: issue new ones"},
    {0, 89, "", Verdict::pause, "auth",
     "the token is not valid or has expired: let the account's owner authorise again"},
    {401, 0, "", Verdict::pause, "auth",
     "the token is not valid or has expired: let the account's owner authorise again"},
    {0, 93, "", Verdict::pause, "configuration",
     "the App may not read or send direct messages: give it that permission"},
    {0, 150, "", Verdict::failed, "permission", "this person takes no messages from those whom they do not follow"},
    {0, 151, "", Verdict::failed, "permission", "this person cannot be messaged"},
    {0, 349, "", Verdict::failed, "permission", "this person cannot be messaged"},
    {403, 0, "client-forbidden", Verdict::pause, "configuration", "the App's access level does not include this"},
    {403, 0, "client-not-enrolled", Verdict::pause, "configuration",
     "the App belongs to no project with access to API v2"},
    {403, 0, "unsupported-authentication", Verdict::pause, "configuration",
     "X wants the token of a user, not of the App"},
    {403, 0, "oauth1-permissions", Verdict::pause, "configuration",
     "the App may not read or send direct messages: give it that permission"},
    {403, 0, "This operation is not permitted", Verdict::pause, "restricted",
     "X does not let the account send for now"},
    {403, 0, "permission to DM", Verdict::failed, "permission",
     "this person cannot be messaged: they do not follow the account, or have blocked it"},
    {403, 0, "duplicate content", Verdict::failed, "invalid", "the same text has been posted just now"},
    {403, 0, "mentioned or otherwise engaged", Verdict::failed, "permission",
     "a post can be answered only if its author has mentioned or quoted the account"},
    {403, 0, "", Verdict::failed, "permission", ""},
    {404, 0, "", Verdict::failed, "gone", ""},
    {410, 0, "", Verdict::failed, "gone", ""},
};

inline std::int64_t number_of(const postern::Answer& answer, const std::string& header) {
  std::int64_t value = -1;
  const auto text = answer.header(header);
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Seconds until the limit that was hit is lifted; 0 if X does not say. The limits of a day have headers of their own.
inline std::int64_t seconds_to_wait(const postern::Answer& answer, postern::Timestamp now) {
  std::int64_t reset = 0;
  for (const std::string limit : {"x-user-limit-24hour", "x-app-limit-24hour"})
    if (number_of(answer, limit + "-remaining") == 0) reset = std::max(reset, number_of(answer, limit + "-reset"));
  if (reset <= 0) reset = number_of(answer, "x-rate-limit-reset");
  if (reset > 0) return std::max<std::int64_t>(reset - now / 1'000'000, 1);
  return answer.retry_after();
}

/// Seconds to rest after a poll, so that those that X still allows are spread over the time until it allows more. A
/// minute if it does not say: that is the limit of those who pay by use.
inline std::int64_t seconds_between(const postern::Answer& answer, postern::Timestamp now) {
  const std::int64_t left = number_of(answer, "x-rate-limit-remaining");
  const std::int64_t time = number_of(answer, "x-rate-limit-reset") - now / 1'000'000;
  if (left < 0 || time <= 0) return 60;
  return std::clamp<std::int64_t>((time + left) / (left + 1), 1, 900);
}

inline bool says(postern::Node problem, std::string_view words) {
  for (const auto member : {"type", "title", "reason", "detail", "message"})
    if (problem[member].text().find(words) != std::string_view::npos) return true;
  return false;
}

/// `repeatable`: it changed nothing, so that whatever is vague may be asked again.
inline void interpret_error(const postern::Answer& answer, bool repeatable, postern::Timestamp now,
                            postern::Outcome& outcome) {
  const postern::Node body = answer.json(), first = body["errors"].at(0);
  const std::int64_t code = first["code"].integer();
  const std::uint32_t status = answer.status();
  std::string number = std::to_string(status);
  if (code != 0) number += "/" + std::to_string(code);
  const auto* row = std::ranges::find_if(kRefusals, [&](const Refusal& each) {
    return (each.status == 0 || each.status == status) && (each.code == 0 || each.code == code) &&
           (each.status != 0 || each.code != 0) &&
           (each.words.empty() || says(body, each.words) || says(first, each.words));
  });
  const std::string_view own = body["detail"].text(first["detail"].text(first["message"].text("no reason given")));
  if (row == std::end(kRefusals)) {
    // 503 is documented as overload, which takes nothing on; the others may come after the message has gone out.
    if (status == 503 || (status >= 500 && repeatable)) return outcome.retry("transient", "HTTP " + number);
    if (status >= 500 || status < 400) return outcome.unclear("HTTP " + number + " without what was asked for");
    return outcome.failed("invalid", number, std::string(own) + " (" + number + ")");
  }
  const std::string text = std::string(row->text.empty() ? own : row->text) + " (" + number + ")";
  if (row->verdict == Verdict::retry) return outcome.retry(row->kind, text, seconds_to_wait(answer, now));
  if (row->verdict == Verdict::pause) return outcome.pause(row->kind, number, text);
  outcome.failed(row->kind, number, text);
}

}  // namespace x
