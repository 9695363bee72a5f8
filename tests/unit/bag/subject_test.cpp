// SPDX-License-Identifier: Apache-2.0
// What is written out for a contact, measured against who really said what to whom.
#include "bag/subject.hpp"

#include <chrono>
#include <random>
#include <regex>
#include <set>

#include "core/conversation.hpp"
#include "core/interned.hpp"
#include "fixture.hpp"
#include "judge.hpp"

using namespace postern;
using namespace postern::bag;
using namespace postern::ledger::test;
namespace fs = std::filesystem;

namespace {

/// People who write in private and in groups, and a brand that answers them; and what each of them may be shown.
class Town {
 public:
  Town(std::size_t people, std::size_t messages, unsigned seed) : store(must_open(folder.options())), dice_(seed) {
    Running running(*store);
    add("audit.start");
    for (std::size_t person = 0; person < people; ++person) begin(person, {person});
    for (std::size_t first = 0; first + 4 < people; first += 5) begin(first, {first, first + 1, first + 2, first + 3});
    for (std::size_t n = 0; n < messages; ++n) {
      speak(dice_() % places_.size());
      if (batch_.records.size() >= 200) REQUIRE(running.submit(std::exchange(batch_, {})));
    }
    REQUIRE(running.submit(std::exchange(batch_, {})));
    REQUIRE(running.settle(std::chrono::seconds(120)));
    REQUIRE(running.fatal() == "");
    auto opened = store->open_view();
    REQUIRE(opened);
    view = std::move(*opened);
  }

  const Id& contact(std::size_t person) const { return contacts_.at(person).id; }
  /// The canaries that must be in an export for this person; all others must not.
  const std::set<std::string>& may_see(std::size_t person) const { return contacts_.at(person).canaries; }

  /// It is on record that these are one person. Nothing is said after that.
  void link(std::size_t first, std::size_t second) {
    Running running(*store);
    const auto numbers = std::minmax(contacts_.at(first).number, contacts_.at(second).number);
    for (const auto number : {numbers.first, numbers.second})
      batch_.rows.emplace_back(core::LinkRow{number, numbers.first});
    add("identity.linked").contact = contacts_.at(first).id;
    REQUIRE(running.submit(std::exchange(batch_, {})));
    REQUIRE(running.settle());
  }

  Folder folder;
  std::unique_ptr<ledger::Store> store;
  std::unique_ptr<ledger::View> view;

 private:
  struct Person {
    Id id{};
    std::int64_t number = -1;
    std::set<std::string> canaries;
  };
  struct Place {
    std::vector<std::size_t> people;
    core::ConversationRow row;
    bool begun = false;
  };

  static core::Text text_of(std::string text) { return std::make_shared<const std::string>(std::move(text)); }
  static std::string name(std::size_t person) { return "canary-name-" + std::to_string(person) + "-"; }

  core::Record& add(std::string_view type) {
    core::Record made;
    made.index = next_++;
    made.wall = wall_ += 10'000;
    made.boot = boot_ += 10'000;
    made.boot_id = {'0', 'f', '3', 'c', '9', 'a', '7', '1'};
    made.type = type;
    batch_.records.push_back(std::move(made));
    return batch_.records.back();
  }
  core::Record& add(std::string_view type, const Place& place, const Id& contact) {
    auto& made = add(type);
    made.account = core::intern("acme");
    made.platform = core::intern("messenger");
    made.contact = contact;
    made.conversation = place.row.id;
    made.retention = "dm";
    return made;
  }

  void begin(std::size_t owner, std::vector<std::size_t> people) {
    Place place;
    place.people = std::move(people);
    place.row.id = crypto::random_id();
    place.row.account = core::intern("acme");
    if (place.people.size() > 1) place.row.flags = core::Conversation::kGroup;
    if (contacts_.size() <= owner) contacts_.resize(owner + 1);
    if (!contacts_[owner].id) contacts_[owner].id = crypto::random_id();
    place.row.contact = contacts_[owner].id;
    places_.push_back(std::move(place));
  }

  // As the core does: who speaks first in it is the conversation's contact, whoever is answered.
  void speak(std::size_t where) {
    auto& place = places_[where];
    const std::size_t who = place.people[dice_() % place.people.size()];
    auto& person = contacts_[who];
    const bool group = place.people.size() > 1;
    std::string others;
    for (const auto each : place.people) others += (others.empty() ? "\"" : ",\"") + name(each) + "\"";
    if (!place.begun) begin_rows(place, who);
    const auto said = canary("said"), told = canary("told");
    auto& in = add("msg.in", place, person.id);
    in.actor = core::intern("plugin:messenger@1.0.0");
    in.body = text_of(R"({"kind":"message","thread":"t","sender":{"id":"1","name":")" + name(who) + R"("},"text":")" +
                      said + R"(")" + (group ? R"(,"participants":[)" + others + "]" : "") + "}");
    const auto cause = in.index;
    auto& out = add("msg.out.intent", place, place.row.contact);
    out.actor = core::intern("plugin:echo@1.0.0");
    out.cause = cause;
    out.decision = "allow/msgr.window:59058ea978258e2f";
    out.count = 1;
    out.body = text_of(R"({"effect":"reply","author":"bot","parts":[{"text":")" + told + R"("}]})");
    const auto intent = out.index;
    add("msg.out.sent", place, place.row.contact).cause = intent;
    batch_.records.back().retention = {};
    person.canaries.insert({said, told, name(who)});
  }

  void begin_rows(Place& place, std::size_t who) {
    place.begun = true;
    auto& owner = place.people.size() == 1 ? contacts_[who] : *owner_of(place);
    place.row.number = next_;
    place.row.contact_number = owner.number < 0 ? next_ : owner.number;
    if (owner.number < 0) {
      owner.number = next_;
      batch_.rows.emplace_back(core::ContactRow{next_, owner.id, place.row.account, text_of("{}")});
    }
    place.row.doc = text_of(R"({"thread":"t"})");
    batch_.rows.emplace_back(
        core::IdentityRow{true, place.row.account, "t" + std::to_string(next_), place.row.id, next_});
    batch_.rows.emplace_back(place.row);
  }
  Person* owner_of(const Place& place) { return &contacts_[place.people.front()]; }

  std::string canary(const char* what) {
    return "canary-" + std::string(what) + "-" + std::to_string(++canaries_) + "-";
  }

  std::minstd_rand dice_;
  ledger::Batch batch_;
  std::vector<Person> contacts_;
  std::vector<Place> places_;
  std::int64_t next_ = 0, canaries_ = 0;
  Micros wall_ = 1'767'225'600'000'000, boot_ = 5'000'000;
};

std::set<std::string> canaries_in(const fs::path& folder) {
  static const std::regex kCanary("canary-[a-z]+-[0-9]+-");
  std::set<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const auto bytes = test::content(entry.path());
    for (std::sregex_iterator at(bytes.begin(), bytes.end(), kCanary), end; at != end; ++at) found.insert(at->str());
  }
  return found;
}

std::set<std::string> exported(Town& town, std::size_t person, const char* where) {
  const auto out = town.folder.path() / where;
  fs::remove_all(out);
  const auto done = export_subject(*town.view, out, town.contact(person));
  INFO((done ? "" : done.error().what));
  REQUIRE(done);
  return canaries_in(out);
}

/// Those of `count` people whose export is not complete, exclusive and the same a second time.
std::size_t wrong(Town& town, std::size_t people, std::size_t count, unsigned seed) {
  std::minstd_rand dice(seed);
  std::size_t found = 0;
  for (std::size_t n = 0; n < count; ++n) {
    const auto person = dice() % people;
    if (town.may_see(person).empty()) continue;  // has said nothing
    const bool right = exported(town, person, "first") == town.may_see(person);
    exported(town, person, "second");
    const bool same = test::content(town.folder.path() / "first/manifest-sha256.txt") ==
                          test::content(town.folder.path() / "second/manifest-sha256.txt") &&
                      test::content(town.folder.path() / "first/bag-info.txt") ==
                          test::content(town.folder.path() / "second/bag-info.txt");
    found += !right || !same;
  }
  return found;
}

}  // namespace

TEST_CASE("a contact gets all that is theirs, nothing of anybody else's, and the same again") {
  Town town(60, 1'500, 1);
  CHECK(wrong(town, 60, 50, 2) == 0);
  CHECK(test::sha256sum(town.folder.path() / "first").code == 0);
  CHECK_FALSE(export_subject(*town.view, town.folder.path() / "none", crypto::random_id()));
  CHECK_FALSE(fs::exists(town.folder.path() / "none"));
}

TEST_CASE("a contact who is on record as somebody else as well is told so, and gets both when both are asked for") {
  Town town(4, 40, 6);
  town.link(2, 3);
  const auto apart = exported(town, 2, "apart");
  for (const auto& theirs : town.may_see(3)) CHECK(apart.contains(theirs) == town.may_see(2).contains(theirs));
  const auto profile = test::content(town.folder.path() / "apart/data/profile.json");
  CHECK(profile.find("\"linked\":[\"" + town.contact(3).hex() + "\"]") != std::string::npos);

  for (const auto who : {2u, 3u}) {
    const auto out = town.folder.path() / ("both" + std::to_string(who));
    const auto done = export_subject(*town.view, out, town.contact(who), true);
    REQUIRE(done);
    CHECK(done->linked == std::vector<Id>{town.contact(5 - who)});
    auto all = town.may_see(2);
    all.insert(town.may_see(3).begin(), town.may_see(3).end());
    CHECK(canaries_in(out) == all);
    CHECK(fs::exists(out / "data" / ("profile-" + town.contact(5 - who).hex() + ".json")));
    CHECK(test::sha256sum(out).code == 0);
  }
  const auto alone = export_subject(*town.view, town.folder.path() / "alone", town.contact(0), true);
  REQUIRE(alone);
  CHECK(alone->linked.empty());
  CHECK(canaries_in(town.folder.path() / "alone") == town.may_see(0));
}

// test_bag "[figures]": the full figures of the specification, which take a minute.
TEST_CASE("a thousand contacts get theirs, and ten thousand messages are written in ten seconds", "[.][figures]") {
  Town town(2'000, 60'000, 3);
  CHECK(wrong(town, 2'000, 1'000, 4) == 0);
  Town one(1, 10'000, 5);
  const auto before = std::chrono::steady_clock::now();
  CHECK(exported(one, 0, "first").size() == 20'001);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - before;
  WARN("10,000 messages and their answers, written out and read back: " << took.count() << " s");
  CHECK(took.count() < 10);
}
