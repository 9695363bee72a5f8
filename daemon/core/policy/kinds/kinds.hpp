// SPDX-License-Identifier: Apache-2.0
// The kinds of rules, each defined in the file of its name, and what they share. Used by core/policy alone.
#pragma once
#include <array>

#include "core/policy/rule.hpp"

namespace postern::core::policy {

extern const RuleKind kBoundaries, kStop, kConsent, kOpens, kFirstContact, kWindow, kPrivateReply, kRequest, kGroup,
    kPublicTurns, kPromotion, kAttachments, kQuickReplies, kPhrases, kPersonalData, kPrivateWords, kLint, kDisclosure,
    kText, kComment, kSameness, kRate, kQuietHours, kUndo, kApproval, kBadge;

template <typename Kind>
std::unique_ptr<Evaluator> make(std::span<const Rule> rules, std::vector<Complaint>& complaints) {
  return std::make_unique<Kind>(rules, complaints);
}

constexpr Parameter author_parameter(std::string_view help, bool required = false,
                                     std::string_view standard = "human|bot|campaign") {
  return {"author", Parameter::Type::list, required ? "" : standard, required, help, "human|bot|campaign"};
}

/// Which authors a rule names, by their number.
inline std::array<bool, 3> authors_of(const Rule& rule) {
  std::array<bool, 3> authors{};
  for (const std::string& who : rule.list("author"))
    if (const auto author = parse_author(who)) authors[static_cast<std::size_t>(*author)] = true;
  return authors;
}
inline bool names(const std::array<bool, 3>& authors, const Question& question) {
  return authors[static_cast<std::size_t>(question.author)];
}

/// Where a rule holds: in private, in public, or in both.
enum class Sphere : std::uint8_t { both, private_, public_ };
inline Sphere sphere_of(const Rule& rule) {
  return rule.text("where") == "public"    ? Sphere::public_
         : rule.text("where") == "private" ? Sphere::private_
                                           : Sphere::both;
}
inline bool within(Sphere sphere, const Question& question) {
  return sphere == Sphere::both || (sphere == Sphere::public_) == is_public(question);
}
/// Under which promotion is counted, whatever the rule's name, so that linked contacts share a cap across platforms.
inline constexpr std::string_view kPromotions = "promotion";
/// The key of whom promotion is counted for.
std::int64_t person_of(const Question& question);
/// The key of a text, as `sameness` counts it.
std::int64_t text_hash(std::string_view text);

constexpr Parameter where_parameter(std::string_view standard = "both") {
  return {"where", Parameter::Type::text, standard, false, "Where it holds.", "both|private|public"};
}

}  // namespace postern::core::policy
