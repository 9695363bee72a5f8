// SPDX-License-Identifier: Apache-2.0
// Finds personal data in a text, in one pass for each kind and without a pattern.
#pragma once
#include <cstddef>
#include <string_view>
#include <vector>

namespace postern::core::policy {

enum : unsigned { kEmail = 1, kPhone = 2, kCard = 4, kIban = 8 };
/// 0 for a word that is none of email, phone, card, iban.
unsigned data_kind(std::string_view word);

struct Found {
  std::size_t at = 0, size = 0;
  std::string_view what;  ///< "an e-mail address"
};

/// Cards: 13 to 19 digits with the right check digit (Luhn). IBANs: by their check digits (ISO 7064, mod 97).
/// Telephone numbers: 9 to 15 digits of which the first is after a + or is a 0. Groups may be parted by spaces,
/// dashes, dots and brackets. What is found does not overlap.
std::vector<Found> find_personal_data(std::string_view text, unsigned kinds);

}  // namespace postern::core::policy
