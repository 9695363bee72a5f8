// SPDX-License-Identifier: Apache-2.0
#include "ledger/subject.hpp"

#include <algorithm>
#include <set>

#include "core/interned.hpp"
#include "ledger/query.hpp"

namespace postern::ledger {
namespace {

/// Calls `take(leaf)` for the contact's records below `before`, the newest first, while it says true.
template <typename Take>
Result<void> each_record(View& view, const Id& contact, std::int64_t before, Take&& take) {
  std::string bytes;
  while (true) {
    const auto page = view.records_of(contact, before, kPage);
    for (const auto index : page) {
      const auto leaf = view.records().read(index, bytes);
      if (!leaf) return tl::unexpected(leaf.error());
      if (!take(*leaf)) return {};
      before = index;
    }
    if (page.size() < kPage) return {};
  }
}

/// Those that the contact's records name and that are with the contact: in a group it may be one of many.
class Conversations {
 public:
  Conversations(View& view, const Id& contact) : view_(view), contact_(contact) {}

  void note(const Leaf& leaf) {
    const auto id = Id::from_hex(leaf.c);
    if (!id || !*id || !looked_at_.insert(*id).second) return;
    const auto number = view_.number_of(*id);
    const auto row = number ? view_.rows().conversation(*number) : std::nullopt;
    if (!row || row->id != *id || row->contact != contact_) return;
    ids.push_back(*id);
    numbers.push_back(*number);
  }

  std::vector<Id> ids;
  std::vector<std::int64_t> numbers;

 private:
  View& view_;
  const Id contact_;
  std::set<Id> looked_at_;
};

/// The newest body of each class that is still there. Records come with the newest first.
void note_kept(View& view, const Leaf& leaf, std::vector<core::SubjectFound::Kept>& kept) {
  if (leaf.h.empty()) return;
  for (const auto& each : kept)
    if (each.retention == leaf.f) return;
  if (view.records().has_blob(static_cast<std::int64_t>(leaf.i))) kept.push_back({core::intern(leaf.f), leaf.t});
}

/// Names that wait for their table, and those in it. In this order: a name leaves the one when it is in the other.
std::vector<core::IdentityKey> identities_of(View& view, const std::vector<Id>& ids) {
  std::vector<core::IdentityKey> keys;
  for (const auto& row : view.shared().pending.identities_of(ids)) keys.push_back(view.keys().key_of(row));
  const auto stored = view.keys().identities_of(ids);
  keys.insert(keys.end(), stored.begin(), stored.end());
  return keys;
}

}  // namespace

Result<core::SubjectFound> find_subject(View& view, const core::FindSubject& wanted) {
  core::SubjectFound found;
  found.search = wanted.search;
  std::optional<std::int64_t> number;
  if (!wanted.contact) {
    if (const auto known = view.identity(wanted.account, Lookup::Kind::contact, wanted.name)) number = known->number;
  } else {
    // The record that made a contact is the first that is about it.
    number = view.number_of(wanted.contact);
  }
  auto contact = number ? view.rows().contact(*number) : std::nullopt;
  if (wanted.contact && (!contact || contact->id != wanted.contact)) {
    // Or else it came to a group with a receipt, which is no record of its own: then every contact is looked at.
    auto every = view.log().prepare("SELECT number FROM contact WHERE id=?");
    if (every.query(wanted.contact).next()) number = every.integer(0);
    every.reset();
    contact = number ? view.rows().contact(*number) : std::nullopt;
  }
  if (contact && (!wanted.contact || contact->id == wanted.contact)) {
    Conversations conversations(view, contact->id);
    const auto read = each_record(view, contact->id, INT64_MAX, [&](const Leaf& leaf) {
      if (leaf.k == "subject.erased" && leaf.o == "ok" && found.erased == core::kNone)
        found.erased = static_cast<std::int64_t>(leaf.i);
      conversations.note(leaf);
      note_kept(view, leaf, found.kept);
      return true;
    });
    if (!read) return tl::unexpected(read.error());
    found.conversations = std::move(conversations.ids);
    found.contact = std::move(*contact);
  }
  if (auto read = view.take_error(); !read) return tl::unexpected(read.error());
  return found;
}

Result<core::RemainsFound> find_remains(View& view, const core::FindRemains& wanted) {
  core::RemainsFound found;
  found.request = wanted.request;
  found.first = wanted.before == core::kNone;
  Conversations conversations(view, wanted.contact);
  const auto read = each_record(view, wanted.contact, found.first ? INT64_MAX : wanted.before, [&](const Leaf& leaf) {
    const auto index = static_cast<std::int64_t>(leaf.i);
    if (found.first) conversations.note(leaf);
    if (leaf.h.empty() || !view.records().has_blob(index)) return true;
    if (found.bodies.size() < kLotOfBodies) {
      found.bodies.push_back(index);
      for (auto& row : view.rows().media_of(index)) found.media.push_back(std::move(row));
    } else if (found.before == core::kNone) {
      found.before = index + 1;
    }
    return found.first || found.before == core::kNone;
  });
  if (!read) return tl::unexpected(read.error());
  if (found.first) {
    found.names = std::move(conversations.ids);
    found.names.push_back(wanted.contact);
    found.conversations = std::move(conversations.numbers);
    found.identities = identities_of(view, found.names);
  }
  if (auto failed = view.take_error(); !failed) return tl::unexpected(failed.error());
  return found;
}

}  // namespace postern::ledger
