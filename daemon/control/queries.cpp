// SPDX-License-Identifier: Apache-2.0
#include "control/queries.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include "control/answer.hpp"
#include "control/backups.hpp"
#include "control/exports.hpp"
#include "control/keys_json.hpp"
#include "control/query_json.hpp"
#include "control/request.hpp"
#include "control/request_log.hpp"
#include "control/searching.hpp"
#include "control/verdict_json.hpp"
#include "core/conversation.hpp"
#include "ledger/live.hpp"
#include "ledger/receipt.hpp"

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

Answered proof(View& view, const Params& params) {
  const auto record = params.number("record", 0, INT64_MAX, -1);
  if (!record || *record < 0) return wrong("record", 0, INT64_MAX);
  const auto made = ledger::prove_record(view, *record);
  if (!made) return refused(kNotFound, text(made.error()));
  std::string out;
  JsonObject(out).add("record", *record).add("leaf", made->leaf).add("proof", made->proof).end();
  return out;
}

struct Method {
  std::string_view name;
  Answered (*answer)(View&, const Params&);
};
constexpr Method kMethods[] = {{"conversations", conversations},
                               {"show", show},
                               {"gaps", gaps},
                               {"audit.tail", tail},
                               {"audit.verify", verify},
                               {"audit.export", export_records},
                               {"audit.proof", proof},
                               {"audit.requests", request_log},
                               {"audit.disclose", disclose},
                               {"contact.export", export_contact},
                               {"backup", back_up},
                               {"keys.rotate", keys_rotated},
                               {"keys.status", keys_status}};

/// What reads a whole table, or writes it out.
constexpr std::string_view kLong[] = {"audit.verify", "audit.export", "audit.disclose", "audit.requests",
                                      "contact.export", "backup", "keys.status"};

}  // namespace

bool Queries::knows(std::string_view method) {
  return method == "media.more" || method == "policy.replay" || method == "search" ||
         std::ranges::find(kMethods, method, &Method::name) != std::end(kMethods);
}

bool Queries::submit(Query&& query) {
  if (query.method == "search" && indexer_)
    return indexer_->submit([this, query = std::move(query)](View& view, search::Index& index) {
      answer_(search_answer(view, index, query));
    });
  if (std::ranges::find(kLong, query.method) != std::end(kLong))
    return clerk_.submit(
        [this, query = std::move(query)](View& view) { answer_(answer_query(view, query, settings_.load().get())); });
  return reader_.submit([this, query = std::move(query)](View& view) {
    if (query.method == "search") return answer_(search_is_off(query));
    if (query.method != "policy.replay")
      return answer_(query.method.starts_with("media.") ? desk_.answer(view, query)
                                                        : answer_query(view, query, settings_.load().get()));
    core::Reply refusal{query.reply_to, false, error_object(kBusy, "another replay is under way; try again")};
    auto run = replays_ ? nullptr : Replaying::begin(view, query, facts_, refusal);
    if (!run) return answer_(std::move(refusal));
    replays_ = true;
    replay(view, std::move(run));
  });
}

// Goes to the end of the queue after each stride; where that is full, others are being refused already.
void Queries::replay(View& view, std::shared_ptr<Replaying> run) {
  while (!run->stride(view))
    if (reader_.submit([this, run](View& again) { replay(again, run); })) return;
  replays_ = false;
  answer_(run->answer());
}

core::Reply answer_query(View& view, const Query& query, const core::Settings* settings) {
  const auto* method = std::ranges::find(kMethods, query.method, &Method::name);
  if (method == std::end(kMethods))
    return {query.reply_to, false, error_object(kNoMethod, "no such method: " + query.method)};
  auto answer = method->answer(view, Params(query.params, settings));
  if (answer) return {query.reply_to, true, std::move(*answer)};
  const auto& [code, message, request] = answer.error();
  auto error = error_object(code, message);
  if (request >= 0) error.insert(error.size() - 1, ",\"data\":{\"request\":" + std::to_string(request) + "}");
  return {query.reply_to, false, std::move(error)};
}

}  // namespace postern::control
