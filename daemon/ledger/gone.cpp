// SPDX-License-Identifier: Apache-2.0
#include "ledger/gone.hpp"

#include <algorithm>

#include "core/interned.hpp"
#include "ledger/query.hpp"

namespace postern::ledger {
namespace {

constexpr std::size_t kLookedAt = 20'000;  // records of a conversation; a second's work at most

class Search {
 public:
  Search(View& view, std::int64_t index) : view_(view) { found_.index = index; }

  Result<core::BodiesFound> run() {
    std::string bytes;
    const auto leaf = view_.records().read(found_.index, bytes);
    if (!leaf) return tl::unexpected(leaf.error());
    const auto body = view_.records().body(*leaf);
    if (!body) return tl::unexpected(body.error());
    const auto event = *body ? core::parse_event(**body) : Result<core::Event>(failure("erased"));
    found_.unsent = event && (event->kind == core::Kind::unsend || event->comment_verb == "remove");
    Result<void> done;
    if (!found_.unsent)
      done = take(*leaf, *body != nullptr);
    else if (const auto conversation = Id::from_hex(leaf->c); conversation && !event->platform_id.empty())
      done = look_through(*conversation, event->platform_id);
    if (!done) return tl::unexpected(done.error());
    std::sort(found_.bodies.begin(), found_.bodies.end(),
              [](const auto& a, const auto& b) { return a.index < b.index; });
    if (auto read = view_.take_error(); !read) return tl::unexpected(read.error());
    return std::move(found_);
  }

 private:
  Result<void> look_through(const Id& conversation, const std::string& platform_id) {
    std::int64_t before = INT64_MAX;  // what is taken back may come later than the event that says so
    for (std::size_t seen = 0; seen < kLookedAt;) {
      const auto page = conversation_records(view_, conversation, before, kPage);
      if (!page) return tl::unexpected(page.error());
      for (const auto& record : *page) {
        before = record.index;
        if (record.index == found_.index || !record.body || record.body->find(platform_id) == record.body->npos)
          continue;
        const auto leaf = check_leaf(record.leaf, static_cast<std::uint64_t>(record.index));
        if (!leaf) return tl::unexpected(leaf.error());
        if (leaf->k != "msg.in" && leaf->k != "msg.edit") continue;
        const auto event = core::parse_event(*record.body);
        if (!event || event->outgoing || event->platform_id != platform_id) continue;
        if (auto done = take(*leaf, true); !done) return done;
      }
      seen += page->size();
      if (page->size() < kPage) break;
    }
    return {};
  }

  // A record and what is kept of its files.
  Result<void> take(const Leaf& leaf, bool has_body) {
    if (has_body) found_.bodies.push_back(body_of(leaf));
    std::string bytes;
    for (auto& row : view_.rows().media_of(static_cast<std::int64_t>(leaf.i))) {
      if (row.record != core::kNone) {
        const auto description = view_.records().read(row.record, bytes);
        if (!description) return tl::unexpected(description.error());
        if (!view_.records().blob(row.record).empty()) found_.bodies.push_back(body_of(*description));
      }
      found_.media.push_back(std::move(row));
    }
    return {};
  }

  View& view_;
  core::BodiesFound found_;
};

}  // namespace

core::BodiesFound::Body body_of(const Leaf& leaf) {
  core::BodiesFound::Body body;
  body.index = static_cast<std::int64_t>(leaf.i);
  body.account = core::intern(leaf.w);
  body.platform = core::intern(leaf.p);
  body.retention = core::intern(leaf.f);
  body.contact = Id::from_hex(leaf.s).value_or(Id{});
  body.conversation = Id::from_hex(leaf.c).value_or(Id{});
  body.message = Id::from_hex(leaf.x).value_or(Id{});
  body.wall = leaf.t;
  return body;
}

Result<core::BodiesFound> find_bodies(View& view, std::int64_t index) {
  return Search(view, index).run();
}

}  // namespace postern::ledger
