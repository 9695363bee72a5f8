// SPDX-License-Identifier: Apache-2.0
// Finds again what a crash has lost of the lots: look-up keys from the documents of the conversations and contacts that
// were made since, event keys from the bodies of the records, and whose records they are from their leaves.
#include <boost/json.hpp>
#include <unordered_map>

#include "core/interned.hpp"
#include "core/seen.hpp"
#include "ledger/image.hpp"

namespace postern::ledger {
namespace {

std::string field(const core::Text& doc, std::string_view name) {
  if (!doc) return {};
  boost::json::error_code error;
  const auto value = boost::json::parse(*doc, error);
  const auto* object = error ? nullptr : value.if_object();
  const auto* found = object != nullptr ? object->if_contains(name) : nullptr;
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

class Recovery {
 public:
  Recovery(View& view, const crypto::Key& seen_key, std::int64_t mark) : view_(view), seen_(seen_key, 0), mark_(mark) {
    lot_.through = mark;
  }

  void read_rows() {
    for (const auto& row : view_.rows().conversations_after(mark_)) {
      if (auto thread = field(row.doc, "thread"); !thread.empty())
        lot_.identities.push_back({true, row.account, std::move(thread), row.id, row.number});
      lot_.subjects.emplace_back(row.id, row.number);
      known_[row.id] = {row.number, row.contact};
    }
    for (const auto& row : view_.rows().contacts_after(mark_)) {
      if (auto sender = field(row.doc, "sender"); !sender.empty())
        lot_.identities.push_back({false, row.account, std::move(sender), row.id, row.number});
    }
  }

  Result<void> read_record(std::int64_t index) {
    const auto leaf = view_.records().read(index, bytes_);
    if (!leaf) return tl::unexpected(leaf.error());
    lot_.through = index;
    note_subjects(*leaf);
    // What we said ourselves has no key to be known by.
    if (leaf->h.empty() || leaf->w.empty() || leaf->k.starts_with("msg.out.")) return {};
    const auto body = view_.records().body(*leaf);
    if (!body) return tl::unexpected(body.error());
    if (*body) note_event(*leaf, **body);
    return {};
  }

  Lot take() { return std::move(lot_); }

 private:
  struct Known {
    std::int64_t number = core::kNone;
    Id contact{};
  };

  void note_subjects(const Leaf& leaf) {
    const auto index = static_cast<std::int64_t>(leaf.i);
    const auto subject = leaf.s.empty() ? std::nullopt : Id::from_hex(leaf.s);
    const auto conversation = leaf.c.empty() ? std::nullopt : Id::from_hex(leaf.c);
    if (subject && *subject != view_.shared().own_subject) lot_.subjects.emplace_back(*subject, index);
    if (conversation && subject != known(*conversation).contact) lot_.subjects.emplace_back(*conversation, index);
  }

  void note_event(const Leaf& leaf, const std::string& body) {
    const auto event = core::parse_event(body);
    if (!event) return;  // a body of another kind than an event
    const auto index = static_cast<std::int64_t>(leaf.i);
    const auto account = core::intern(leaf.w);
    if (!event->key.empty()) lot_.seen.push_back({seen_.digest(account, event->key).look, index, event->sent_at});
    const auto conversation = Id::from_hex(leaf.c);
    if (event->moved_to.empty() || !conversation) return;
    lot_.identities.push_back({true, account, event->moved_to, *conversation, known(*conversation).number});
  }

  const Known& known(const Id& conversation) {
    const auto [at, fresh] = known_.try_emplace(conversation);
    if (fresh) {
      at->second.number = view_.number_of(conversation).value_or(core::kNone);
      const auto row = view_.rows().conversation(at->second.number);
      if (row) at->second.contact = row->contact;
    }
    return at->second;
  }

  View& view_;
  const core::Seen seen_;
  const std::int64_t mark_;
  Lot lot_;
  std::string bytes_;
  std::unordered_map<Id, Known> known_;
};

}  // namespace

Result<Lot> recover_lot(View& view, const crypto::Key& seen_key) {
  const auto head = view.head();
  const auto mark = view.meta_integer("lots_through").value_or(core::kNone);
  Recovery recovery(view, seen_key, mark);
  recovery.read_rows();
  for (auto index = mark + 1; head && index < head->size; ++index)
    if (auto done = recovery.read_record(index); !done) return tl::unexpected(done.error());
  if (auto done = view.take_error(); !done) return tl::unexpected(done.error());
  return recovery.take();
}

}  // namespace postern::ledger
