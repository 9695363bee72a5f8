// SPDX-License-Identifier: Apache-2.0
#include "ledger/format/submission.hpp"

#include <charconv>

namespace postern::ledger {

std::string format_submission(std::string_view word, const Submission& submission) {
  std::string out = std::string(word) + " " + std::to_string(submission.number) + "\n";
  append_path(out, submission.path);
  return out + submission.rest;
}

Result<Submission> parse_submission(std::string_view word, std::string_view text) {
  const auto refuse = [](const char* why) { return failure(std::string("the request ") + why); };
  Submission submission;
  const auto end = text.find('\n');
  const auto begin = std::string(word) + " ";
  if (end == text.npos || !text.starts_with(begin)) return refuse("does not begin with its word and a number");
  const auto digits = text.substr(begin.size(), end - begin.size());
  std::from_chars(digits.data(), digits.data() + digits.size(), submission.number);
  if (digits != std::to_string(submission.number)) return refuse("has no plain number in its first line");
  text.remove_prefix(end + 1);
  if (!take_path(text, submission.path)) return refuse("has a line that is no hash");
  submission.rest = text;
  return submission;
}

std::string log_name(std::string_view origin) {
  return hex(crypto::sha256(view(origin)));
}

}  // namespace postern::ledger
