// SPDX-License-Identifier: Apache-2.0
// All kinds of rules, in the order in which they are asked: may we write to this person now, is the form right, is the
// content, does it come too often, and last what only delays it. Who may not write gets no word on the form; what is
// said of a text's length is said of the text as it will go out.
#include "core/policy/kinds/kinds.hpp"

namespace postern::core::policy {

std::span<const RuleKind> rule_kinds() {
  static const std::array kKinds = {
      // May we write to this person now?
      kOpens,
      kBoundaries,
      kStop,
      kFirstContact,
      kWindow,
      kPrivateReply,
      kRequest,
      kGroup,
      kPublicTurns,
      kConsent,
      kPromotion,
      // Are form and content right?
      kAttachments,
      kQuickReplies,
      kPhrases,
      kPersonalData,
      kPrivateWords,
      kLint,
      kDisclosure,
      kText,
      kComment,
      // Does it come too often, and what delays it?
      kSameness,
      kRate,
      kQuietHours,
      kUndo,
      kApproval,
      // Of no message: what reports measure by.
      kBadge,
  };
  return kKinds;
}

}  // namespace postern::core::policy
