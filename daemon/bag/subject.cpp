// SPDX-License-Identifier: Apache-2.0
#include "bag/subject.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "bag/content.hpp"
#include "bag/media.hpp"
#include "bag/opened.hpp"
#include "bag/selection.hpp"
#include "bag/texts.hpp"
#include "core/conversation.hpp"
#include "core/json_text.hpp"
#include "ledger/query.hpp"

namespace postern::bag {
namespace {

namespace json = boost::json;
using core::JsonObject;

/// Asking for one's data must not change what one gets.
bool is_about_reading(std::string_view type) {
  return type == "access.read" || type == "export.created" || type == "subject.access";
}

/// What somebody does in a group, as against what is said to it.
bool is_own_act(std::string_view type) {
  static constexpr std::string_view kActs[] = {"msg.in",    "msg.edit",  "msg.unsend",      "msg.reaction",
                                               "msg.media", "msg.other", "consent.granted", "consent.revoked"};
  return std::ranges::find(kActs, type) != std::end(kActs);
}

/// Of a group's event what is about its author; who else is there, and what was quoted, is left out.
std::string own_part(const std::string& body) {
  static constexpr std::string_view kOwn[] = {
      "kind",     "sent_at", "text",   "attachments", "sender", "platform_id", "direction", "quick_reply", "postback",
      "reaction", "change",  "locale", "language",    "type",   "mime",        "size",      "sha256",      "file"};
  json::error_code error;
  const auto value = json::parse(body, error);
  const auto* object = error ? nullptr : value.if_object();
  if (!object) return "{}";
  json::object out;
  for (const auto name : kOwn)
    if (const auto* found = object->if_contains(name)) out[name] = *found;
  return json::serialize(out);
}

class Disclosure {
 public:
  /// `linked`: their other contacts, of which the profile tells; `first`: the one that was asked for.
  Disclosure(ledger::View& view, Bag& bag, Content& content, const Id& contact, std::vector<Id> linked, bool first,
             std::int64_t size)
      : view_(view),
        bag_(bag),
        content_(content),
        contact_(contact),
        linked_(std::move(linked)),
        first_(first),
        hex_(contact.hex()),
        size_(size) {}

  Result<void> run() {
    if (auto done = find_conversations(); !done) return done;
    for (const auto& id : conversations_)
      if (auto done = conversation(id); !done) return done;
    for (const auto index : elsewhere_)
      if (auto done = put(index, false); !done) return done;
    return put_profile();
  }
  Micros newest() const { return newest_; }

 private:
  // The conversations in which the contact has a record, in the order of the first one; and the records in none.
  Result<void> find_conversations() {
    Scope scope;
    scope.contact = contact_;
    auto selection = Selection::open(view_, scope, size_, nullptr);
    if (!selection) return tl::unexpected(selection.error());
    std::set<Id> seen;
    while (true) {
      const auto leaf = selection->next();
      if (!leaf) return tl::unexpected(leaf.error());
      if (!*leaf) return {};
      const auto id = Id::from_hex((*leaf)->c);
      if (!id)
        elsewhere_.push_back(static_cast<std::int64_t>((*leaf)->i));
      else if (seen.insert(*id).second)
        conversations_.push_back(*id);
    }
  }

  Result<void> conversation(const Id& id) {
    const auto listed = ledger::find_conversation(view_, id);
    if (!listed) return tl::unexpected(listed.error());
    if (!*listed) return {};
    const auto& row = (*listed)->conversation;
    group_ = (row.flags & core::Conversation::kGroup) != 0 || row.contact != contact_;
    content_.begin(id.hex(), (group_ ? "In a group of " : "With ") + std::string(row.account));
    add_to_profile(row);
    Scope scope;
    scope.conversation = id;
    auto selection = Selection::open(view_, scope, size_, nullptr);
    if (!selection) return tl::unexpected(selection.error());
    while (true) {
      const auto leaf = selection->next();
      if (!leaf) return tl::unexpected(leaf.error());
      if (!*leaf) break;
      if (is_about_reading((*leaf)->k) || (group_ && !concerns(**leaf))) continue;
      if (auto done = put(**leaf, group_ && (*leaf)->s == hex_ && is_own_act((*leaf)->k)); !done) return done;
    }
    return content_.end();
  }

  // In a group: what the contact did, and what followed from that.
  bool concerns(const ledger::Leaf& leaf) {
    const bool followed = leaf.r && own_.contains(*leaf.r);
    if (!followed && (leaf.s != hex_ || !is_own_act(leaf.k))) return false;
    own_.insert(static_cast<std::int64_t>(leaf.i));
    return true;
  }

  Result<void> put(std::int64_t index, bool cut) {
    std::string bytes;
    const auto leaf = view_.records().read(index, bytes);
    if (!leaf) return tl::unexpected(leaf.error());
    return is_about_reading(leaf->k) ? Result<void>() : put(*leaf, cut);
  }
  Result<void> put(const ledger::Leaf& leaf, bool cut) {
    const auto body = view_.records().body(leaf);
    if (!body) return tl::unexpected(body.error());
    newest_ = std::max(newest_, leaf.t);
    if (*body)
      if (auto done = put_media(bag_, view_, leaf); !done) return done;
    const std::string own = *body && cut ? own_part(**body) : "";
    return content_.put(line_of(leaf, *body ? (cut ? &own : body->get()) : nullptr, name_));
  }

  void add_to_profile(const core::ConversationRow& row) {
    conversation_json_ += conversation_json_.empty() ? "" : ",";
    JsonObject object(conversation_json_);
    object.add("conversation", row.id.hex()).add("account", row.account).add("group", group_);
    if (row.doc && !group_) object.raw("known", *row.doc);
    object.end();
  }

  Result<void> put_profile() {
    std::string out, states;
    const auto number = view_.number_of(contact_);
    const auto row = number ? view_.rows().contact(*number) : std::nullopt;
    for (const auto& state : view_.rows().states(contact_)) {
      states += states.empty() ? "" : ",";
      JsonObject object(states);
      object.add("handler", state.handler);
      if (state.doc) object.raw("state", *state.doc);
      object.end();
    }
    if (auto read = view_.take_error(); !read) return read;
    JsonObject object(out);
    object.add("contact", hex_);
    if (row && row->id == contact_) {
      object.add("account", row->account);
      if (row->doc) object.raw("profile", *row->doc);
    }
    object.raw("conversations", "[" + conversation_json_ + "]").raw("states", "[" + states + "]");
    object.raw("linked", linked_json()).end();
    return bag_.put(first_ ? "profile.json" : "profile-" + hex_ + ".json", out + "\n");
  }

  std::string linked_json() const {
    std::string out = "[";
    for (const auto& id : linked_) out.append(out.size() > 1 ? ",\"" : "\"").append(id.hex()).append("\"");
    return out + "]";
  }

  ledger::View& view_;
  Bag& bag_;
  Content& content_;
  const Id contact_;
  const std::vector<Id> linked_;
  const bool first_;
  const std::string hex_, name_ = "you";
  const std::int64_t size_;
  bool group_ = false;
  std::vector<Id> conversations_;
  std::vector<std::int64_t> elsewhere_;
  std::set<std::int64_t> own_;  ///< records of groups that concern the contact
  std::string conversation_json_;
  Micros newest_ = 0;
};

/// The contacts that are on record as the same person, this one included.
std::vector<Id> person_of(ledger::View& view, const Id& contact) {
  std::vector<Id> people{contact};
  const auto own = view.number_of(contact);
  const auto links = view.rows().links();
  const auto mine = std::ranges::find_if(links, [&](const auto& link) { return own && link.contact == *own; });
  const std::int64_t person = mine != links.end() ? mine->person : own.value_or(core::kNone);
  for (const auto& link : links)
    for (const auto number : {link.contact, link.person}) {
      if (link.person != person) continue;
      const auto row = view.rows().contact(number);
      if (row && std::ranges::find(people, row->id) == people.end()) people.push_back(row->id);
    }
  return people;
}

}  // namespace

Result<SubjectExport> export_subject(ledger::View& view, const std::filesystem::path& folder, const Id& contact,
                                     bool with_linked) {
  Scope scope;
  scope.contact = contact;
  const auto size = ledger::record_count(view);
  if (auto known = Selection::open(view, scope, size, nullptr); !known) return tl::unexpected(known.error());
  auto bag = Bag::create(folder);
  if (!bag) return tl::unexpected(bag.error());
  const std::string& origin = view.shared().origin;
  auto content = Content::open(*bag, origin, Content::Forms::reading);
  if (!content) return tl::unexpected(content.error());
  const auto people = person_of(view, contact);
  std::vector<Id> others(people.begin() + 1, people.end());
  Micros newest = 0;
  for (const auto& each : with_linked ? people : std::vector<Id>{contact}) {
    std::vector<Id> linked = people;
    std::erase(linked, each);
    Disclosure disclosure(view, *bag, *content, each, std::move(linked), each == contact, size);
    if (auto done = disclosure.run(); !done) return tl::unexpected(done.error());
    newest = std::max(newest, disclosure.newest());
  }
  if (auto done = content->finish(); !done) return tl::unexpected(done.error());
  if (auto done = bag->put("README.txt", kSubjectReadme); !done) return tl::unexpected(done.error());
  // Nothing here may depend on when it is asked for.
  const auto done = bag->finish({{"Bagging-Date", rfc3339(newest).substr(0, 10)},
                                 {"External-Identifier", origin + " contact " + contact.hex()},
                                 {"Postern-Records", std::to_string(content->lines())}});
  if (!done) return tl::unexpected(done.error());
  return SubjectExport{content->lines(), std::move(others)};
}

}  // namespace postern::bag
