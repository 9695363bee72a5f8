// SPDX-License-Identifier: Apache-2.0
#include "control/queries.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <map>

#include "bag/export.hpp"
#include "base/log.hpp"
#include "control/query_json.hpp"
#include "control/request.hpp"
#include "control/verdict_json.hpp"
#include "core/conversation.hpp"
#include "core/time_text.hpp"
#include "ledger/live.hpp"

namespace postern::control {
namespace {

namespace json = boost::json;
using core::JsonObject;
using ledger::View;

constexpr std::int64_t kMost = static_cast<std::int64_t>(ledger::kPage);
constexpr std::int64_t kGapsAmong = 1'000'000;  // records
constexpr std::size_t kScanned = 5'000;         // conversations looked at for one page
constexpr std::size_t kRecordsAtOnce = 25;      // so that large bodies do not pile up in memory
constexpr std::size_t kLargeAnswer = 4 << 20;   // bytes; then the page ends early

/// Why there is no result.
struct Refused {
  int code;
  std::string message;
};
using Answered = tl::expected<std::string, Refused>;

tl::unexpected<Refused> refused(int code, std::string message) {
  return tl::unexpected<Refused>({code, std::move(message)});
}
tl::unexpected<Refused> broken(const Error& error) {
  log::error("query.failed", "a tool's question could not be answered from the ledger: " + text(error));
  return refused(kInternal, "the ledger cannot be read: " + text(error));
}

/// What the caller gave. A parameter of another type is one that cannot be meant.
class Params {
 public:
  explicit Params(const std::string& text) {
    json::error_code error;
    if (auto value = json::parse(text, error); !error && value.is_object()) object_ = std::move(value.get_object());
  }
  std::string text(std::string_view name) const {
    const auto* value = object_.if_contains(name);
    const auto* string = value ? value->if_string() : nullptr;
    return string ? std::string(string->data(), string->size()) : std::string();
  }
  bool flag(std::string_view name) const {
    const auto* value = object_.if_contains(name);
    return value && value->is_bool() && value->get_bool();
  }
  /// `otherwise` if it is absent; nothing if it is no integer from `least` to `most`.
  std::optional<std::int64_t> number(std::string_view name, std::int64_t least, std::int64_t most,
                                     std::int64_t otherwise) const {
    const auto* value = object_.if_contains(name);
    if (!value) return otherwise;
    const auto* integer = value->if_int64();
    return integer && *integer >= least && *integer <= most ? std::optional(*integer) : std::nullopt;
  }

 private:
  json::object object_;
};

tl::unexpected<Refused> wrong(std::string_view name, std::int64_t least, std::int64_t most) {
  return refused(kInvalidParams, std::string(name) + ": expected a whole number from " + std::to_string(least) +
                                     (most == INT64_MAX ? " on" : " to " + std::to_string(most)));
}

// ---- conversations

/// How many messages wait for an answer, by the number of their conversation, the newest conversation first.
using Waiting = std::map<std::int64_t, std::int64_t, std::greater<>>;

Waiting waiting_turns(View& view) {
  Waiting waiting;
  for (const auto& turn : view.rows().open_turns())
    if (turn.stage > 0 && turn.deadline > 0) ++waiting[turn.conversation];
  return waiting;
}

/// The page of those where somebody waits: there are few, so they are looked up one by one.
Result<std::vector<ledger::ListedConversation>> waiting_page(View& view, const Waiting& waiting, std::int64_t before) {
  std::vector<ledger::ListedConversation> page;
  for (auto at = waiting.upper_bound(before); at != waiting.end() && page.size() < ledger::kPage; ++at) {
    auto row = view.rows().conversation(at->first);
    if (!row) continue;
    auto contact = row->contact_number == core::kNone ? std::nullopt : view.rows().contact(row->contact_number);
    page.push_back({std::move(*row), std::move(contact)});
  }
  if (auto read = view.take_error(); !read) return tl::unexpected(read.error());
  return page;
}

Answered conversations(View& view, const Params& params) {
  const auto limit = params.number("limit", 1, kMost, 50);
  if (!limit) return wrong("limit", 1, kMost);
  const auto first = params.number("before", 0, INT64_MAX, INT64_MAX);
  if (!first) return wrong("before", 0, INT64_MAX);
  const std::string account = params.text("account");
  const bool only_waiting = params.flag("waiting");
  const Waiting waiting = waiting_turns(view);
  std::int64_t before = *first, found = 0;
  bool more = true;
  std::string rows = "[";
  for (std::size_t scanned = 0; more && found < *limit && scanned < kScanned;) {
    const auto page =
        only_waiting ? waiting_page(view, waiting, before) : ledger::list_conversations(view, before, ledger::kPage);
    if (!page) return broken(page.error());
    more = page->size() == ledger::kPage;
    scanned += page->size();
    for (const auto& listed : *page) {
      if (found == *limit) {
        more = true;
        break;
      }
      before = listed.conversation.number;
      if (!account.empty() && listed.conversation.account != account) continue;
      if (++found > 1) rows += ',';
      JsonObject object(rows);
      const auto at = waiting.find(before);
      add_conversation(object, listed, at == waiting.end() ? 0 : at->second);
      object.end();
    }
  }
  std::string out;
  JsonObject object(out);
  object.raw("conversations", rows + "]");
  if (more) object.add("next", before);
  object.end();
  return out;
}

/// Those who are known to be in a group.
Result<std::vector<core::ContactRow>> participants(View& view, const core::ConversationRow& row) {
  std::vector<core::ContactRow> people;
  core::Conversation conversation;
  if (row.doc) conversation.read_doc(*row.doc);
  for (const std::int64_t number : conversation.participants)
    if (auto contact = view.rows().contact(number)) people.push_back(std::move(*contact));
  if (auto read = view.take_error(); !read) return tl::unexpected(read.error());
  return people;
}

Answered show(View& view, const Params& params) {
  const auto id = Id::from_hex(params.text("conversation"));
  if (!id) return refused(kInvalidParams, "conversation: expected 32 hex digits");
  const auto limit = params.number("limit", 1, kMost, 100);
  if (!limit) return wrong("limit", 1, kMost);
  const auto first = params.number("before", 0, INT64_MAX, INT64_MAX);
  if (!first) return wrong("before", 0, INT64_MAX);
  const auto listed = ledger::find_conversation(view, *id);
  if (!listed) return broken(listed.error());
  if (!*listed) return refused(kNotFound, "no such conversation; `posternctl conversations` lists them");

  std::vector<std::string> records;  // the newest first
  std::int64_t before = *first;
  std::size_t bytes = 0;
  bool more = true;
  while (more && static_cast<std::int64_t>(records.size()) < *limit && bytes < kLargeAnswer) {
    const auto wanted = std::min(kRecordsAtOnce, static_cast<std::size_t>(*limit) - records.size());
    const auto page = ledger::conversation_records(view, *id, before, wanted);
    if (!page) return broken(page.error());
    for (const auto& record : *page) {
      auto made = record_json(record);
      if (!made) return broken(made.error());
      before = record.index;
      bytes += made->size();
      records.push_back(std::move(*made));
    }
    more = page->size() == wanted;
  }
  const Waiting waiting = waiting_turns(view);
  const auto at = waiting.find((*listed)->conversation.number);
  std::string out, rows = "[";
  for (auto record = records.rbegin(); record != records.rend(); ++record)
    rows.append(rows.size() > 1 ? "," : "").append(*record);
  JsonObject object(out);
  add_conversation(object, **listed, at == waiting.end() ? 0 : at->second);
  if ((*listed)->conversation.flags & core::Conversation::kGroup) {
    const auto people = participants(view, (*listed)->conversation);
    if (!people) return broken(people.error());
    object.raw("participants", participants_json(*people));
  }
  object.raw("records", rows + "]");
  if (more) object.add("next", before);
  object.end();
  return out;
}

// ---- the record

Answered tail(View& view, const Params& params) {
  const auto count = params.number("count", 1, kMost, 20);
  if (!count) return wrong("count", 1, kMost);
  const std::int64_t size = ledger::record_count(view);
  const auto after = params.number("after", -1, INT64_MAX - 1, std::max<std::int64_t>(size - *count, 0) - 1);
  if (!after) return wrong("after", -1, INT64_MAX);
  const auto found = ledger::leaves(view, *after + 1, static_cast<std::size_t>(*count));
  if (!found) return broken(found.error());
  std::string out, rows = "[";
  for (const auto& leaf : *found) rows.append(rows.size() > 1 ? "," : "").append(leaf);
  JsonObject(out)
      .add("size", size)
      .add("last", *after + static_cast<std::int64_t>(found->size()))
      .raw("leaves", rows + "]")
      .end();
  return out;
}

Answered gaps(View& view, const Params& params) {
  const auto limit = params.number("limit", 1, kMost, 50);
  if (!limit) return wrong("limit", 1, kMost);
  const auto found = ledger::newest_leaves(view, "webhook.missed", static_cast<std::size_t>(*limit), kGapsAmong);
  if (!found) return broken(found.error());
  std::string rows = "[";
  for (const auto& text : *found) {
    const json::object leaf = json::parse(text).as_object();
    const auto word = [&](std::string_view name) {
      const auto* value = leaf.if_contains(name);
      return value && value->is_string() ? std::string(value->get_string()) : std::string();
    };
    const auto whole = [&](std::string_view name) {
      const auto* value = leaf.if_contains(name);
      return value && value->is_int64() ? value->get_int64() : 0;
    };
    if (rows.size() > 1) rows += ',';
    JsonObject(rows)
        .add("index", whole("i"))
        .add("at", rfc3339(whole("t")))
        .add("account", word("w"))
        .add("platform", word("p"))
        .add("conversation", word("c"))
        .add("record", whole("r"))
        .add("late", whole("q"))
        .end();
  }
  std::string out;
  JsonObject(out).raw("gaps", rows + "]").end();
  return out;
}

Answered verify(View& view, const Params& params) {
  // Without a key from outside the ledger vouches for itself: that finds damage, and nothing that an owner of the
  // machine has done.
  const std::string told = params.text("vkey");
  const std::string vkey = told.empty() ? view.shared().genesis.text() : told;
  const auto pins = ledger::make_pins(vkey);
  if (!pins) return refused(kInvalidParams, "vkey: " + text(pins.error()));
  auto log = ledger::open_live(view);
  if (!log) return broken(log.error());
  return verdict_json(ledger::verify(**log, *pins));
}

/// Narrows `scope` as the caller says; why not, where a parameter cannot be meant.
tl::expected<bag::Scope, Refused> scope_of(const Params& params) {
  bag::Scope scope;
  scope.account = params.text("account");
  const std::pair<const char*, Id*> ids[] = {{"contact", &scope.contact}, {"conversation", &scope.conversation}};
  for (const auto& [name, id] : ids) {
    const auto text = params.text(name);
    if (text.empty()) continue;
    const auto found = Id::from_hex(text);
    if (!found) return refused(kInvalidParams, std::string(name) + ": expected 32 hex digits");
    *id = *found;
  }
  const std::pair<const char*, Micros*> times[] = {{"since", &scope.since}, {"until", &scope.until}};
  for (const auto& [name, time] : times) {
    const auto text = params.text(name);
    if (text.empty()) continue;
    *time = core::parse_rfc3339(text);
    if (*time <= 0) return refused(kInvalidParams, std::string(name) + ": expected a time as 2026-01-31T00:00:00Z");
  }
  return scope;
}

Answered export_records(View& view, const Params& params) {
  const std::filesystem::path folder = params.text("directory");
  if (!folder.is_absolute()) return refused(kInvalidParams, "directory: expected an absolute path");
  const auto scope = scope_of(params);
  if (!scope) return tl::unexpected(scope.error());
  const auto done = bag::export_records(view, folder, *scope);
  if (!done) return refused(kNotDone, text(done.error()));
  std::string out;
  JsonObject(out)
      .add("directory", folder.string())
      .add("records", static_cast<std::int64_t>(done->records))
      .add("size", static_cast<std::int64_t>(done->size))
      .add("vkey", view.shared().genesis.text())
      .end();
  return out;
}

struct Method {
  std::string_view name;
  Answered (*answer)(View&, const Params&);
};
constexpr Method kMethods[] = {
    {"conversations", conversations}, {"show", show}, {"gaps", gaps}, {"audit.tail", tail}, {"audit.verify", verify},
    {"audit.export", export_records}};

}  // namespace

bool Queries::knows(std::string_view method) {
  return method == "media.more" || std::ranges::find(kMethods, method, &Method::name) != std::end(kMethods);
}

bool Queries::submit(Query&& query) {
  return reader_.submit([this, query = std::move(query)](View& view) {
    answer_(query.method.starts_with("media.") ? desk_.answer(view, query) : answer_query(view, query));
  });
}

core::Reply answer_query(View& view, const Query& query) {
  const auto* method = std::ranges::find(kMethods, query.method, &Method::name);
  if (method == std::end(kMethods))
    return {query.reply_to, false, error_object(kNoMethod, "no such method: " + query.method)};
  auto answer = method->answer(view, Params(query.params));
  if (answer) return {query.reply_to, true, std::move(*answer)};
  return {query.reply_to, false, error_object(answer.error().code, answer.error().message)};
}

}  // namespace postern::control
