// SPDX-License-Identifier: Apache-2.0
#include "bag/dispute.hpp"

#include <algorithm>
#include <map>

#include "bag/html.hpp"
#include "bag/selection.hpp"
#include "bag/texts.hpp"
#include "core/json_text.hpp"
#include "core/policy/content.hpp"

namespace postern::bag {
namespace {

using core::policy::PackData;

/// "allow/msgr.window:59058ea978258e2f"
struct Decision {
  std::string outcome, rule, hash;
};
std::optional<Decision> parse(std::string_view d) {
  const auto slash = d.find('/'), colon = d.rfind(':');
  if (slash == d.npos || colon == d.npos || colon < slash) return std::nullopt;
  return Decision{std::string(d.substr(0, slash)), std::string(d.substr(slash + 1, colon - slash - 1)),
                  std::string(d.substr(colon + 1))};
}

const PackData* pack_of(const core::Settings* settings, std::string_view hash) {
  if (!settings) return nullptr;
  for (const auto& account : settings->accounts)
    if (account.pack && account.pack->data().hash == hash) return &account.pack->data();
  return nullptr;
}

/// What is known of one verdict.
struct Explained {
  std::string pack, says, source, date;
};
Explained explain(const PackData* pack, const Decision& decision) {
  Explained out;
  if (!pack) {
    out.says = "the rule set is loaded no longer; whoever keeps the policies has it by its hash";
    return out;
  }
  out.pack = std::string(pack->platform) + " " + std::string(pack->version);
  const auto rule =
      std::ranges::find_if(pack->rules, [&](const core::policy::Rule& each) { return each.id == decision.rule; });
  if (rule == pack->rules.end()) {
    out.says = "no rule of the set objected";
    out.source = pack->source;
    return out;
  }
  out.says = rule->says;
  out.source = rule->source.empty() ? pack->source : rule->source;
  out.date = rule->date;
  return out;
}

std::string json_of(const ledger::Leaf& leaf, const Decision& decision, const Explained& explained) {
  std::string out;
  core::JsonObject object(out);
  object.add("i", static_cast<std::int64_t>(leaf.i)).add("at", rfc3339(leaf.t)).add("type", leaf.k);
  if (leaf.r) object.add("cause", *leaf.r);
  object.add("outcome", decision.outcome).add("rule", decision.rule).add("policy", decision.hash);
  object.add_if("pack", explained.pack).add_if("says", explained.says).add_if("source", explained.source);
  object.add_if("date", explained.date).end();
  return out + "\n";
}

std::string html_of(const ledger::Leaf& leaf, const Decision& decision, const Explained& explained) {
  return "<div class=\"brand\">\n<div class=\"who\"><time>" + rfc3339(leaf.t) + "</time> \u00b7 #" +
         std::to_string(leaf.i) + " " + html_text(leaf.k) + "</div>\n<div class=\"said\">" +
         html_text(decision.outcome) + " by " + html_text(decision.rule) + ": " + html_text(explained.says) +
         "</div>\n<div class=\"who\">" + html_text(explained.pack) + " " + html_text(explained.date) + " " +
         html_text(explained.source) + " \u00b7 policies/" + html_text(decision.hash) + ".txt</div>\n</div>\n";
}

Result<void> put_policies(Bag& bag, const std::map<std::string, const PackData*>& packs) {
  for (const auto& [hash, pack] : packs)
    if (pack)
      if (auto done = bag.put("policies/" + hash + ".txt", core::policy::content_text(*pack)); !done) return done;
  return {};
}

std::string certificate(std::string_view checkpoint, const Scope& scope) {
  std::string out(kCertificate);
  const std::pair<std::string_view, std::string> places[] = {{"{checkpoint}", std::string(checkpoint)},
                                                             {"{scope}", scope.text()}};
  for (const auto& [place, text] : places)
    if (const auto at = out.find(place); at != out.npos) out.replace(at, place.size(), text);
  return out;
}

}  // namespace

Result<void> put_dispute(Bag& bag, ledger::View& view, const Scope& scope, const core::Settings* settings,
                         std::string_view checkpoint, std::int64_t size) {
  auto list = bag.open("verdicts.jsonl");
  if (!list) return tl::unexpected(list.error());
  auto page = bag.open("verdicts.html");
  if (!page) return tl::unexpected(page.error());
  page->write(
      html_head("Why what was sent could be sent", "Each verdict on record, with what its rule says. " + scope.text()));
  auto selection = Selection::open(view, scope, size, nullptr);
  if (!selection) return tl::unexpected(selection.error());
  std::map<std::string, const PackData*> packs;
  while (true) {
    const auto leaf = selection->next();
    if (!leaf) return tl::unexpected(leaf.error());
    if (!*leaf) break;
    const auto decision = parse((*leaf)->d);
    if (!decision) continue;
    const auto* pack = packs.try_emplace(decision->hash, pack_of(settings, decision->hash)).first->second;
    const auto explained = explain(pack, *decision);
    list->write(json_of(**leaf, *decision, explained));
    page->write(html_of(**leaf, *decision, explained));
  }
  page->write(html_tail());
  if (auto done = list->close(); !done) return done;
  if (auto done = page->close(); !done) return done;
  if (auto done = put_policies(bag, packs); !done) return done;
  return bag.put("certificate.txt", certificate(checkpoint, scope));
}

}  // namespace postern::bag
