// SPDX-License-Identifier: Apache-2.0
#include "control/searching.hpp"

#include <algorithm>

#include "bag/line.hpp"
#include "control/answer.hpp"
#include "core/conversation.hpp"
#include "core/json_text.hpp"
#include "core/policy/text.hpp"
#include "core/time_text.hpp"
#include "ledger/query.hpp"

namespace postern::control {
namespace {

using core::JsonObject;

constexpr std::int64_t kMost = static_cast<std::int64_t>(ledger::kPage);
constexpr std::size_t kPages = 20'000;                       ///< of the index, looked at for one answer
constexpr std::size_t kLongestWanted = 1'000, kShown = 400;  ///< bytes

/// What narrows a search beside what the index knows.
struct Filter {
  search::Scope scope;
  std::string account, tag;
};

tl::expected<Filter, Refused> filter_of(const Params& params) {
  Filter filter{{}, params.text("account"), params.text("tag")};
  if (const auto text = params.text("contact"); !text.empty()) {
    const auto id = Id::from_hex(text);
    if (!id) return refused(kInvalidParams, "contact: expected 32 hex digits");
    filter.scope.contact = *id;
  }
  const std::pair<const char*, Micros*> times[] = {{"since", &filter.scope.since}, {"until", &filter.scope.until}};
  for (const auto& [name, time] : times) {
    const auto text = params.text(name);
    if (text.empty()) continue;
    *time = core::parse_rfc3339(text);
    if (*time <= 0) return refused(kInvalidParams, std::string(name) + ": expected a time as 2026-01-31T00:00:00Z");
  }
  return filter;
}

/// The beginning of a text, whole characters.
std::string_view beginning(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size()) {
    const auto next = core::policy::cluster_end(text, end);
    if (next > kShown) break;
    end = next;
  }
  return text.substr(0, end);
}

class Finder {
 public:
  Finder(ledger::View& view, Filter filter) : view_(view), filter_(std::move(filter)) {}

  /// Adds the record to the answer if it is one that is wanted.
  Result<void> look_at(std::int64_t index) {
    const auto leaf = view_.records().read(index, bytes_);
    if (!leaf) return tl::unexpected(leaf.error());
    if (leaf->t < filter_.scope.since || leaf->t >= filter_.scope.until) return {};
    if (!filter_.account.empty() && leaf->w != filter_.account) return {};
    if (!filter_.tag.empty() && !has_tag(leaf->c)) return {};
    const auto body = view_.records().body(*leaf);
    if (!body) return tl::unexpected(body.error());
    if (!*body) return {};  // gone since
    const auto line = bag::line_of(*leaf, body->get(), {});
    if (found_++ > 0) rows_ += ',';
    JsonObject(rows_)
        .add("record", index)
        .add("at", rfc3339(line.at))
        .add("type", line.type)
        .add("account", line.account)
        .add_if("conversation", line.conversation)
        .add_if("contact", line.contact)
        .add("side", line.side == bag::Line::Side::contact ? "contact" : "brand")
        .add("text", beginning(line.text))
        .end();
    return {};
  }
  std::int64_t found() const { return found_; }
  const std::string& rows() const { return rows_; }

 private:
  bool has_tag(std::string_view name) {
    const auto id = Id::from_hex(name);
    const auto listed = id ? ledger::find_conversation(view_, *id) : std::nullopt;
    if (!listed || !*listed || !(*listed)->conversation.doc) return false;
    core::Conversation conversation;
    conversation.read_doc(*(*listed)->conversation.doc);
    return std::ranges::find(conversation.tags, filter_.tag) != conversation.tags.end();
  }

  ledger::View& view_;
  const Filter filter_;
  std::string bytes_, rows_;
  std::int64_t found_ = 0;
};

Answered search_records(ledger::View& view, search::Index& index, const Params& params) {
  const std::string text = params.text("text");
  const search::Wanted wanted(text);
  if (wanted.empty() || text.size() > kLongestWanted)
    return refused(kInvalidParams, "text: expected a word or more, at most 1000 bytes");
  const auto limit = params.number("limit", 1, kMost, 50);
  if (!limit) return wrong("limit", 1, kMost);
  const auto before = params.number("before", 0, INT64_MAX, INT64_MAX);
  if (!before) return wrong("before", 0, INT64_MAX);
  auto filter = filter_of(params);
  if (!filter) return tl::unexpected(filter.error());
  const auto scope = filter->scope;
  Finder finder(view, std::move(*filter));
  Result<void> read;
  const auto next = index.find(view, wanted, scope, *before, kPages, [&](std::vector<std::int64_t>&& records) {
    for (const auto record : records)
      if (read) read = finder.look_at(record);
    return read && finder.found() < *limit;
  });
  if (!next) return broken(next.error());
  if (!read) return broken(read.error());
  std::string out;
  JsonObject object(out);
  object.raw("found", "[" + finder.rows() + "]");
  object.add("behind", std::max<std::int64_t>(ledger::record_count(view) - index.next(), 0));
  if (*next) object.add("next", **next);
  object.end();
  return out;
}

}  // namespace

core::Reply search_answer(ledger::View& view, search::Index& index, const Query& query) {
  auto answer = search_records(view, index, Params(query.params));
  if (answer) return {query.reply_to, true, std::move(*answer)};
  return {query.reply_to, false, error_object(answer.error().code, answer.error().message)};
}

core::Reply search_is_off(const Query& query) {
  return {query.reply_to, false,
          error_object(kNotFound, "there is no index to search in; set `search = true` in [ledger] and start again")};
}

}  // namespace postern::control
