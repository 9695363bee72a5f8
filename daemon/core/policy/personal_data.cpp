// SPDX-License-Identifier: Apache-2.0
#include "core/policy/personal_data.hpp"

#include <algorithm>
#include <string>

namespace postern::core::policy {
namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_word(char c) {
  return is_digit(c) || is_alpha(c);
}
constexpr bool is_gap(char c) {
  return c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' || c == '/';
}

bool luhn(std::string_view digits) {
  int sum = 0;
  bool doubled = false;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, doubled = !doubled) {
    int value = *digit - '0';
    if (doubled && (value *= 2) > 9) value -= 9;
    sum += value;
  }
  return sum % 10 == 0;
}

/// Of letters and digits without gaps: the first four go to the end, letters count from 10, and the rest is 1.
bool iban_holds(std::string_view iban) {
  int rest = 0;
  for (std::size_t i = 0; i < iban.size(); ++i) {
    const char c = iban[(i + 4) % iban.size()];
    rest = is_digit(c) ? (rest * 10 + (c - '0')) % 97 : (rest * 100 + ((c | 0x20) - 'a' + 10)) % 97;
  }
  return rest == 1;
}

/// The number that begins at `at`: its digits, and where it ends. At most two gaps stand between two digits.
std::size_t digits_from(std::string_view text, std::size_t at, std::string& digits) {
  std::size_t end = at;
  for (std::size_t gaps = 0; at < text.size() && digits.size() < 20; ++at) {
    if (is_digit(text[at])) {
      digits += text[at];
      end = at + 1;
      gaps = 0;
    } else if (!is_gap(text[at]) || ++gaps > 2) {
      break;
    }
  }
  return end;
}

std::size_t iban_from(std::string_view text, std::size_t at) {
  if (at + 15 > text.size() || !is_alpha(text[at]) || !is_alpha(text[at + 1]) || !is_digit(text[at + 2]) ||
      !is_digit(text[at + 3]) || (at > 0 && is_word(text[at - 1])))
    return 0;
  std::string iban;
  std::size_t longest = 0;
  for (std::size_t end = at; end < text.size() && iban.size() < 34; ++end) {
    if (is_word(text[end]))
      iban += text[end];
    else if (text[end] != ' ')
      break;
    const bool ends = end + 1 == text.size() || !is_word(text[end + 1]);
    if (ends && iban.size() >= 15 && iban_holds(iban)) longest = end + 1 - at;
  }
  return longest;
}

/// Around an @: the local part before, a host with a dot after. `from` is how far the text has been used.
bool email_at(std::string_view text, std::size_t sign, std::size_t from, Found& found) {
  std::size_t begin = sign, end = sign + 1;
  while (begin > from &&
         (is_word(text[begin - 1]) || std::string_view("._%+-").find(text[begin - 1]) != std::string_view::npos))
    --begin;
  bool dot = false;
  while (end < text.size() && (is_word(text[end]) || text[end] == '-' || text[end] == '.')) {
    dot = dot || (text[end] == '.' && end + 1 < text.size() && is_alpha(text[end + 1]));
    ++end;
  }
  while (end > sign + 1 && (text[end - 1] == '.' || text[end - 1] == '-')) --end;
  if (begin == sign || !dot) return false;
  found = {begin, end - begin, "an e-mail address"};
  return true;
}

/// The number that begins at `at`, if it is one of those that are looked for.
bool number_at(std::string_view text, std::size_t at, unsigned kinds, Found& found) {
  const bool plus = text[at] == '+';
  std::string digits;
  const std::size_t end = digits_from(text, at + (plus ? 1 : 0), digits);
  const std::size_t size = end - at;
  if ((kinds & kCard) != 0 && !plus && digits.size() >= 13 && digits.size() <= 19 && luhn(digits))
    found = {at, size, "a card number"};
  else if ((kinds & kPhone) != 0 && (plus || digits[0] == '0') && digits.size() >= 9 && digits.size() <= 15)
    found = {at, size, "a telephone number"};
  else
    return false;
  return true;
}

}  // namespace

unsigned data_kind(std::string_view word) {
  return word == "email" ? kEmail : word == "phone" ? kPhone : word == "card" ? kCard : word == "iban" ? kIban : 0U;
}

std::vector<Found> find_personal_data(std::string_view text, unsigned kinds) {
  std::vector<Found> all;
  std::size_t from = 0;  // up to where something was found
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool begins = at == from || !is_word(text[at - 1]);
    Found found;
    if (c == '@' && (kinds & kEmail) != 0) {
      if (!email_at(text, at, from, found)) continue;
    } else if (begins && is_alpha(c) && (kinds & kIban) != 0) {
      const std::size_t size = iban_from(text, at);
      if (size == 0) continue;
      found = {at, size, "an IBAN"};
    } else if (begins && (is_digit(c) || (c == '+' && at + 1 < text.size() && is_digit(text[at + 1])))) {
      if (!number_at(text, at, kinds, found)) {
        std::string skipped;
        at = std::max(at, digits_from(text, at + (c == '+' ? 1 : 0), skipped) - 1);
        continue;
      }
    } else {
      continue;
    }
    all.push_back(found);
    from = found.at + found.size;
    at = from - 1;
  }
  return all;
}

}  // namespace postern::core::policy
