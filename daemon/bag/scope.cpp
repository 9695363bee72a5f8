// SPDX-License-Identifier: Apache-2.0
#include "bag/scope.hpp"

namespace postern::bag {

std::string Scope::text() const {
  std::string out;
  const auto add = [&](const char* what, const std::string& which) {
    out.append(out.empty() ? "" : ", ").append(what).append(" ").append(which);
  };
  if (!account.empty()) add("account", account);
  if (contact) add("contact", contact.hex());
  if (conversation) add("conversation", conversation.hex());
  if (record) add("record", std::to_string(*record));
  if (since > 0) add("since", rfc3339(since));
  if (until != Scope().until) add("until", rfc3339(until));
  return out.empty() ? "everything" : out;
}

}  // namespace postern::bag
