// SPDX-License-Identifier: Apache-2.0
#include "verb_tree.hpp"
#include "verbs.hpp"

namespace postern::ctl {

void add_search_verb(VerbTree& tree) {
  auto [verb, searching] = tree.verb<Search>(&tree.app(), "search", "Find what was said by its words", search);
  verb->add_option("TEXT", searching->words, "Words, and \"phrases\"; of the last word the beginning is enough")
      ->required();
  verb->add_option("--account", searching->account, "Only of this account")->type_name("NAME");
  verb->add_option("--contact", searching->contact, "Only with this contact, 32 hex digits")->type_name("ID");
  verb->add_option("--since", searching->since, "From this time on, as 2026-01-31T00:00:00Z")->type_name("TIME");
  verb->add_option("--until", searching->until, "Before this time")->type_name("TIME");
  verb->add_option("--tag", searching->tag, "Only in conversations with this tag")->type_name("TAG");
  verb->add_option("-n,--limit", searching->limit, "About so many")
      ->check(CLI::Range(1, 200).description("1 to 200"))
      ->type_name("N");
  verb->add_option("--before", searching->before, "Go on from here, as the last page says")->type_name("RECORD");
  verb->footer("It takes `search = true` in [ledger]. Each search is put on record.");
}

}  // namespace postern::ctl
