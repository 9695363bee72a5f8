// SPDX-License-Identifier: Apache-2.0
// What TikTok's answers mean. HTTP says 200 to nearly everything: success is code 0 in the body, and nothing else.
#pragma once
#include <postern/outcome.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace tiktok {

enum class Verdict : std::uint8_t { retry, failed, pause };

struct Code {
  std::int64_t from, to;
  Verdict verdict;
  std::string_view kind;  // the outcome's class
  std::string_view text;
};

/// The first that fits decides. TikTok does not say which of its rules a 40064 is about: window, count, region, choice
/// of the person.
inline constexpr Code kCodes[] = {
    {40001, 40001, Verdict::failed, "permission", "the app or its token lacks a permission"},
    {40007, 40007, Verdict::failed, "gone", "the conversation or comment does not exist"},
    {40064, 40064, Verdict::failed, "window", "TikTok's rules for direct messages refuse it: the person has to write"},
    {40100, 40100, Verdict::retry, "rate", "too many requests"},
    {40102, 40102, Verdict::pause, "auth", "the access token has expired"},
    {40104, 40105, Verdict::pause, "auth", "the access token is not valid: authorise the account again"},
    {40000, 49999, Verdict::failed, "invalid", ""},
    {50000, 59999, Verdict::retry, "transient", "TikTok reports an error of its own"},
};

/// Anything but code 0. `repeatable`: a look-up, which does no harm twice.
inline void interpret_error(const postern::Answer& answer, bool repeatable, postern::Outcome& outcome) {
  const postern::Node body = answer.json();
  const std::int64_t code = body["code"].integer();
  const std::string number = std::to_string(code);
  const auto row = std::ranges::find_if(kCodes, [=](const Code& each) { return code >= each.from && code <= each.to; });
  if (row == std::end(kCodes)) {
    const std::string text = "HTTP " + std::to_string(answer.status()) + " without a code that is documented";
    if (answer.status() == 429) return outcome.retry("rate", text);
    if (repeatable) return outcome.retry("transient", text);
    return outcome.unclear(text);
  }
  // Unlisted errors' own words name the field; those about tokens are listed, so none gets into a log.
  const std::string text = std::string(row->text.empty() ? body["message"].text("unlisted error") : row->text) + " (" +
                           number + ", request " + std::string(body["request_id"].text("without id")) + ")";
  switch (row->verdict) {
    case Verdict::retry:
      return outcome.retry(row->kind, text);
    case Verdict::pause:
      return outcome.pause(row->kind, number, text);
    case Verdict::failed:
      return outcome.failed(row->kind, number, text);
  }
}

}  // namespace tiktok
