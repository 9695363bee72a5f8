// SPDX-License-Identifier: Apache-2.0
// The verbs about what contacts may ask for and what has to be kept.
#include "verb_tree.hpp"
#include "verbs.hpp"

namespace postern::ctl {
namespace {

void add_contact(CLI::App* verb, Contact& target) {
  verb->add_option("CONTACT", target.name, "Their pseudonym; with --account what its platform calls them")->required();
  verb->add_option("--account", target.account, "The account that they write to")->type_name("NAME");
}

void add_contacts(VerbTree& tree) {
  CLI::App* contact = tree.group("contact", "People who write");
  auto [erase_verb, erasing] = tree.verb<ContactErase>(
      contact, "erase", "Forget one: destroy their keys, and all that was said with them", contact_erase);
  add_contact(erase_verb, erasing->contact);
  erase_verb->add_option("--reason", erasing->reason, "Why; it is sealed, and goes with the rest")->type_name("TEXT");
  erase_verb->add_option("--via", erasing->via, "The way the request came, as mail, web or meta")->type_name("WORD");
  erase_verb->add_option("--receipt", erasing->receipt, "Where to write the proof of it; none: it is printed")
      ->type_name("FILE");
  VerbTree::add_id(erase_verb, erasing->id);
  erase_verb->footer("Exit codes: 0 erased; 69 something forbids it for now, and it is carried out later.");

  auto [restrict_verb, restricting] = tree.verb<ContactRestrict>(
      contact, "restrict", "Keep what one writes, but have nobody handle it, and send nothing", contact_restrict);
  add_contact(restrict_verb, restricting->contact);
  restrict_verb->add_option("--as", restricting->as, "on (default) or off")->check(CLI::IsMember({"on", "off"}));
  VerbTree::add_id(restrict_verb, restricting->id);

  auto [rectify_verb, rectifying] =
      tree.verb<ContactRectify>(contact, "rectify", "Put a profile right", contact_rectify);
  add_contact(rectify_verb, rectifying->contact);
  rectify_verb->add_option("--name", rectifying->name, "What they are called")->type_name("TEXT");
  rectify_verb->add_option("--first-name", rectifying->first_name, "For short")->type_name("TEXT");
  rectify_verb->add_option("--handle", rectifying->handle, "On the platform")->type_name("TEXT");
  rectify_verb->add_option("--locale", rectifying->locale, "Their language, as pt_PT")->type_name("TEXT");
  VerbTree::add_id(rectify_verb, rectifying->id);
}

void add_keeping(VerbTree& tree) {
  CLI::App* hold = tree.group("hold", "What must be neither erased nor purged");
  auto [place_verb, placing] =
      tree.verb<HoldPlace>(hold, "place", "Hold a contact, a conversation, an account or all", hold_place);
  place_verb->add_option("CONTACT", placing->contact, "Their pseudonym; with --account what its platform calls them");
  place_verb->add_option("--account", placing->account, "An account; with CONTACT: theirs")->type_name("NAME");
  place_verb->add_option("--conversation", placing->conversation, "A conversation's id")->type_name("ID");
  place_verb->add_flag("--all", placing->all, "Everything");
  place_verb->add_option("--reason", placing->reason, "Why; it is sealed")->type_name("TEXT");
  VerbTree::add_id(place_verb, placing->id);
  struct Release {
    std::string hold, id;
  };
  auto [release_verb, releasing] =
      tree.verb<Release>(hold, "release", "End one; what it has put off is carried out",
                         [](Session& session, const Release& it) { return hold_release(session, it.hold, it.id); });
  release_verb->add_option("HOLD", releasing->hold, "Its id, as list shows it")->required();
  VerbTree::add_id(release_verb, releasing->id);
  tree.verb(hold, "list", "List those in force, and the erasures that are put off", hold_list);

  CLI::App* retention = tree.group("retention", "What has been kept long enough");
  struct Run {
    bool dry = false;
  };
  auto [run_verb, running] =
      tree.verb<Run>(retention, "run", "Shred what is past its time now, as happens daily",
                     [](Session& session, const Run& it) { return retention_run(session, it.dry); });
  run_verb->add_flag("--dry-run", running->dry, "Only say how much that is");
}

void add_second_person(VerbTree& tree) {
  struct Approve {
    std::int64_t number = 0;
    bool refuses = false;
    std::string id;
  };
  auto [verb, approving] = tree.verb<Approve>(
      &tree.app(), "approve", "Agree to what another user has asked for, where that takes two",
      [](Session& session, const Approve& it) { return approve(session, it.number, it.refuses, it.id); });
  verb->add_option("NUMBER", approving->number, "The request's, as approvals shows it")->required();
  verb->add_flag("--refuse", approving->refuses, "Say no: the request is over");
  VerbTree::add_id(verb, approving->id);
  tree.verb(&tree.app(), "approvals", "List what waits for a second person", approvals);
}

void add_log(VerbTree& tree) {
  CLI::App* audit = tree.group("audit", "The record of everything");
  auto [verb, asking] = tree.verb<Requests>(
      audit, "requests", "The log of what contacts have asked for, and what they got", audit_requests);
  verb->add_option("--since", asking->since, "Only what was asked from this time on")->type_name("TIME");
  verb->add_option("--until", asking->until, "Only what was asked before: 2026-01-31T00:00:00Z")->type_name("TIME");
  verb->add_flag("--csv", asking->csv, "As CSV");
  verb->footer("It is made of the record, so that it outlives an erasure, and names nobody.");
}

}  // namespace

void add_privacy_verbs(VerbTree& tree) {
  add_contacts(tree);
  add_keeping(tree);
  add_second_person(tree);
  add_log(tree);
}

}  // namespace postern::ctl
