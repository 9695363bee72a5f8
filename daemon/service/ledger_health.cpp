// SPDX-License-Identifier: Apache-2.0
#include "service/ledger_health.hpp"

#include "core/json_text.hpp"

namespace postern::service {

std::string trouble_of(const ledger::Writer& writer, const ledger::Scrubber& scrubber) {
  if (writer.degraded()) return "the disk is full";
  if (!writer.admit()) return "the ledger's reserve of free space is gone";
  if (const auto damage = scrubber.status().damage; !damage.empty()) return "the ledger is damaged: " + damage;
  return {};
}

std::string ledger_status(const ledger::Store& store, const ledger::Writer& writer, const ledger::Scrubber& scrubber,
                          const std::vector<publish::Mark>& published) {
  const auto scrub = scrubber.status();
  std::string out;
  core::JsonObject object(out);
  object.add("state", !scrub.damage.empty() ? "damaged"
                      : writer.degraded()   ? "degraded"
                      : writer.admit()      ? "ok"
                                            : "no room");
  object.add("origin", store.origin()).add("vkey", store.genesis().text());
  if (!scrub.damage.empty()) object.add("damage", scrub.damage);
  if (scrub.last_well > 0) object.add("scrubbed", rfc3339(scrub.last_well));
  std::string marks = "[";
  for (const auto& mark : published) {
    if (marks.size() > 1) marks += ',';
    core::JsonObject(marks).add("name", mark.name).add("size", mark.size).add_if("trouble", mark.trouble).end();
  }
  object.raw("published", marks + "]").end();
  return out;
}

}  // namespace postern::service
