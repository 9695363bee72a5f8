// SPDX-License-Identifier: Apache-2.0
#include "verb_tree.hpp"
#include "verbs.hpp"

namespace postern::ctl {

void add_timestamp_verb(VerbTree& tree) {
  CLI::App* audit = tree.group("audit", "The record of everything");
  auto [verb, stamping] = tree.verb<Timestamp>(
      audit, "timestamp", "Have a time-stamp authority (RFC 3161) vouch for an export's time", audit_timestamp);
  verb->add_option("BAG", stamping->bag, "An export")->required();
  verb->add_option("--request", stamping->request, "Write what the authority is asked")->type_name("FILE");
  verb->add_option("--response", stamping->response, "Put its answer into the bag")->type_name("FILE");
  verb->footer("No daemon is needed. The bag's README says how anybody verifies the answer with openssl.");
}

}  // namespace postern::ctl
