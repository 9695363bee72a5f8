// SPDX-License-Identifier: Apache-2.0
#include "ledger/old.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "ledger/gone.hpp"
#include "ledger/subject.hpp"

namespace postern::ledger {
namespace {

constexpr std::int64_t kLookedAt = 50'000;  // records; a second's work at most

class Search {
 public:
  Search(View& view, const core::FindOld& wanted)
      : view_(view),
        wanted_(wanted),
        records_(view.log().prepare("SELECT i, leaf, blob IS NOT NULL FROM event WHERE i>=? ORDER BY i LIMIT ?")),
        others_(view.log().prepare("SELECT s.i FROM subject_at s JOIN event e ON e.i=s.i "
                                   "WHERE s.sid=? AND s.i>=? AND s.i<? AND e.blob IS NOT NULL")) {
    found_.run = wanted.run;
    Micros shortest = 0;
    for (const auto& rule : wanted.settings->retention)
      if (rule.most > 0 && (shortest == 0 || rule.most < shortest)) shortest = rule.most;
    newest_ = shortest == 0 ? INT64_MIN : wanted.now - shortest;
  }

  Result<core::OldFound> run() {
    std::int64_t seen = 0;
    for (records_.query(wanted_.from, kLookedAt); records_.next(); ++seen) {
      const auto index = records_.integer(0);
      const auto leaf = check_leaf(chars(records_.blob(1)), static_cast<std::uint64_t>(index));
      if (!leaf) return tl::unexpected(leaf.error());
      if (leaf->t > newest_) break;  // all that comes now is younger
      if (records_.integer(2) == 0 || !is_old(*leaf)) continue;
      if (found_.bodies.size() == kLotOfBodies) {
        found_.next = index;
        break;
      }
      found_.bodies.push_back(body_of(*leaf));
    }
    records_.reset();
    if (seen == kLookedAt) found_.next = wanted_.from + kLookedAt;
    for (const auto& body : found_.bodies)
      for (auto& row : view_.rows().media_of(body.index)) found_.media.push_back(std::move(row));
    find_months();
    if (auto read = view_.take_error(); !read) return tl::unexpected(read.error());
    return std::move(found_);
  }

 private:
  bool is_old(const Leaf& leaf) const {
    const auto* rule = wanted_.settings->retained(leaf.f, leaf.p, leaf.w);
    return rule != nullptr && rule->most > 0 && leaf.t <= wanted_.now - rule->most;
  }

  void find_months() {
    std::set<std::pair<Id, int>> months;
    std::set<std::int64_t> going;
    for (const auto& body : found_.bodies) {
      if (body.contact) months.emplace(body.contact, month_of(body.wall));
      going.insert(body.index);
    }
    for (const auto& [contact, month] : months) {
      const auto stays = [&](std::int64_t index) { return !going.contains(index); };
      bool last = true;
      const auto from = first_of(month), to = first_of(month + 1);
      for (others_.query(contact, from, to); last && others_.next();) last = !stays(others_.integer(0));
      others_.reset();
      for (const auto index : view_.shared().pending.records_of(contact))
        last = last && (index < from || index >= to || !stays(index) || !view_.records().has_blob(index));
      if (last) found_.months.push_back({contact, month});
    }
  }

  /// The first record of that month or a later one, in the order of the log.
  std::int64_t first_of(int month) {
    const auto known = first_.find(month);
    if (known != first_.end()) return known->second;
    const auto head = view_.head();
    std::int64_t low = 0, high = head ? head->size : 0;
    std::string bytes;
    while (low < high) {
      const auto middle = low + (high - low) / 2;
      const auto leaf = view_.records().read(middle, bytes);
      if (leaf && month_of(leaf->t) < month)
        low = middle + 1;
      else
        high = middle;
    }
    return first_[month] = low;
  }

  View& view_;
  const core::FindOld& wanted_;
  Statement records_, others_;
  Micros newest_;
  std::map<int, std::int64_t> first_;
  core::OldFound found_;
};

}  // namespace

Result<core::OldFound> find_old(View& view, const core::FindOld& wanted) {
  return Search(view, wanted).run();
}

}  // namespace postern::ledger
