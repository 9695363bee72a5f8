// SPDX-License-Identifier: Apache-2.0
#include "bag/selection.hpp"

#include <algorithm>

#include "core/conversation.hpp"
#include "ledger/query.hpp"

namespace postern::bag {
namespace {

constexpr std::int64_t kScanned = 256;     // records in one short query
constexpr std::int64_t kSearched = 4'096;  // leaves in one, where few are wanted

bool is_cover(const ledger::Leaf& leaf) {
  return leaf.k == "subject.erased" || leaf.k == "retention.purged";
}

bool is_private_of(const core::ConversationRow& row, const Id& contact) {
  return row.contact == contact && (row.flags & core::Conversation::kGroup) == 0;
}

}  // namespace

Result<Selection> Selection::open(ledger::View& view, Scope scope, std::int64_t size,
                                  const std::vector<std::uint64_t>* ends) {
  Selection selection(view, std::move(scope), size, ends != nullptr);
  const Scope& of = selection.scope_;
  if (!of.contact && !of.conversation && !of.record) return selection;
  selection.listed_.emplace();
  if (ends) {
    selection.listed_->push_back(0);
    for (const auto end : *ends) selection.listed_->push_back(static_cast<std::int64_t>(end) - 1);
  }
  if (auto done = selection.list(); !done) return tl::unexpected(done.error());
  return selection;
}

Result<void> Selection::list() {
  if (scope_.record) {
    if (*scope_.record >= size_) return failure("there is no record " + std::to_string(*scope_.record));
    listed_->push_back(*scope_.record);
  }
  if (scope_.conversation) {
    const auto found = ledger::find_conversation(*view_, scope_.conversation);
    if (!found) return tl::unexpected(found.error());
    if (!*found) return failure("no such conversation", "`posternctl conversations` lists them");
    if (auto done = add_records_of((*found)->conversation.contact); !done) return done;
    if (auto done = add_records_of(scope_.conversation); !done) return done;
  }
  if (scope_.contact) {
    if (auto done = add_records_of(scope_.contact); !done) return done;
    if (auto done = add_own_conversations(); !done) return done;
  }
  sort_listed();
  return verified_ ? add_covers() : Result<void>();
}

Result<void> Selection::add_records_of(const Id& subject) {
  for (std::int64_t before = INT64_MAX; subject;) {
    const auto page = view_->records_of(subject, before, ledger::kPage);
    if (auto read = view_->take_error(); !read) return read;
    listed_->insert(listed_->end(), page.begin(), page.end());
    if (page.size() < ledger::kPage) break;
    before = page.back();
  }
  return {};
}

// What stands in a private conversation under no subject, such as that somebody read it.
Result<void> Selection::add_own_conversations() {
  std::string bytes;
  bool known = false;  // that somebody has asked about a stranger is on record, too
  for (const auto index : std::vector(*listed_)) {
    const auto leaf = view_->records().read(index, bytes);
    if (!leaf) return tl::unexpected(leaf.error());
    const auto id = Id::from_hex(leaf->c);
    if (leaf->s != scope_.contact.hex()) continue;
    known = known || !leaf->k.starts_with("subject.");
    if (!id || conversations_.contains(leaf->c)) continue;
    const auto found = ledger::find_conversation(*view_, *id);
    if (!found) return tl::unexpected(found.error());
    if (!*found || !is_private_of((*found)->conversation, scope_.contact)) continue;
    conversations_.insert(std::string(leaf->c));
    if (auto done = add_records_of(*id); !done) return done;
  }
  return known ? Result<void>() : failure("no such contact", "`posternctl conversations` names them");
}

// What covers a body may name a range or a subject, and no conversation; so it is looked for, but only where a body is
// missing.
Result<void> Selection::add_covers() {
  std::vector<std::int64_t> gone;
  std::set<std::string, std::less<>> subjects;
  std::string bytes;
  for (const auto index : *listed_) {
    const auto leaf = view_->records().read(index, bytes);
    if (!leaf) return tl::unexpected(leaf.error());
    if (leaf->h.empty() || !selects(*leaf) || !view_->records().blob(index).empty()) continue;
    gone.push_back(index);
    subjects.emplace(leaf->s);
  }
  if (gone.empty()) return {};
  auto covers = view_->log().prepare(
      R"(SELECT i, leaf FROM event WHERE i>=? AND i<? AND (instr(leaf, CAST('"k":"retention.purged"' AS BLOB)) > 0)"
      R"( OR instr(leaf, CAST('"k":"subject.erased"' AS BLOB)) > 0))");
  for (auto first = gone.front(); first < size_; first += kSearched) {
    for (covers.query(first, std::min(first + kSearched, size_)); covers.next();) {
      const auto leaf = ledger::check_leaf(chars(covers.blob(1)), static_cast<std::uint64_t>(covers.integer(0)));
      if (!leaf) return tl::unexpected(leaf.error());
      const auto at = std::lower_bound(gone.begin(), gone.end(), leaf->number("from").value_or(size_));
      if (subjects.contains(leaf->s) || (at != gone.end() && *at < leaf->number("to").value_or(0)))
        covers_.insert(covers.integer(0));
    }
    if (auto read = view_->take_error(); !read) return read;
  }
  listed_->insert(listed_->end(), covers_.begin(), covers_.end());
  sort_listed();
  return {};
}

void Selection::sort_listed() {
  std::sort(listed_->begin(), listed_->end());
  listed_->erase(std::unique(listed_->begin(), listed_->end()), listed_->end());
  std::erase_if(*listed_, [this](std::int64_t index) { return index >= size_; });
}

Result<const ledger::Leaf*> Selection::next() {
  while (true) {
    const auto read = read_next();
    if (!read) return tl::unexpected(read.error());
    if (!*read) return nullptr;
    if (selects(leaf_) || (verified_ && is_needed(leaf_))) return &leaf_;
  }
}

// The next candidate becomes leaf_; false after the last.
Result<bool> Selection::read_next() {
  std::int64_t index = 0;
  if (listed_) {
    if (at_ == listed_->size()) return false;
    index = (*listed_)[at_++];
    auto leaf = view_->records().read(index, bytes_);
    if (!leaf) return tl::unexpected(leaf.error());
    leaf_ = *leaf;
    return true;
  }
  if (page_.empty())
    view_->records().each(next_, std::min(kScanned, size_ - next_),
                          [this](std::int64_t, std::string_view leaf, auto) { page_.emplace_back(leaf); });
  if (auto read = view_->take_error(); !read) return tl::unexpected(read.error());
  if (page_.empty()) return false;
  bytes_ = std::move(page_.front());
  page_.pop_front();
  auto leaf = ledger::check_leaf(bytes_, static_cast<std::uint64_t>(next_++));
  if (!leaf) return tl::unexpected(leaf.error());
  leaf_ = *leaf;
  return true;
}

bool Selection::selects(const ledger::Leaf& leaf) const {
  if (scope_.record && static_cast<std::int64_t>(leaf.i) != *scope_.record) return false;
  if (!scope_.account.empty() && leaf.w != scope_.account) return false;
  if (scope_.conversation && leaf.c != scope_.conversation.hex()) return false;
  if (scope_.contact && leaf.s != scope_.contact.hex() && !conversations_.contains(leaf.c)) return false;
  return scope_.in_time(leaf.t) || is_cover(leaf);  // what covers a body comes later than that
}

bool Selection::is_needed(const ledger::Leaf& leaf) const {
  if (leaf.i == 0 || leaf.k == "key.rotate") return true;
  return listed_ ? covers_.contains(static_cast<std::int64_t>(leaf.i)) : is_cover(leaf) && leaf.w.empty();
}

Result<std::vector<std::uint64_t>> epoch_ends(ledger::View& view, std::int64_t size) {
  std::vector<std::uint64_t> ends;
  std::vector<std::int64_t> signed_twice;
  auto notes = view.log().prepare("SELECT size, note FROM checkpoint WHERE size>? AND size<=? ORDER BY size LIMIT ?");
  for (std::int64_t after = 0, read = kSearched; read == kSearched;) {
    read = 0;
    for (notes.query(after, size, kSearched); notes.next(); ++read) {
      after = notes.integer(0);
      const auto note = chars(notes.blob(1));
      if (note.find("\n\u2014 ") != note.rfind("\n\u2014 ")) signed_twice.push_back(after);
    }
    if (auto done = view.take_error(); !done) return tl::unexpected(done.error());
  }
  std::string bytes;
  for (const auto end : signed_twice) {
    const auto leaf = view.records().read(end - 1, bytes);
    if (!leaf) return tl::unexpected(leaf.error());
    if (leaf->k == "key.rotate") ends.push_back(static_cast<std::uint64_t>(end));
  }
  return ends;
}

}  // namespace postern::bag
