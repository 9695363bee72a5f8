// SPDX-License-Identifier: Apache-2.0
#include "control/replaying.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "base/log.hpp"
#include "control/pack_json.hpp"
#include "control/request.hpp"
#include "core/json_text.hpp"
#include "core/time_text.hpp"

namespace postern::control {
namespace {

namespace json = boost::json;
using core::JsonObject;
using core::Replay;
using ledger::View;

constexpr std::int64_t kStride = 2'000;  // records; some tens of milliseconds
constexpr std::size_t kPage = 500;       // of a conversation's earlier records
constexpr std::int64_t kMostListed = 10'000;

std::string text_of(const json::object& params, std::string_view name) {
  const auto* value = params.if_contains(name);
  const auto* text = value != nullptr ? value->if_string() : nullptr;
  return text != nullptr ? std::string(*text) : std::string();
}

/// The first record after `since`. Times go up but for steps of the clock, which move it by as much.
std::int64_t first_after(View& view, Micros since, std::int64_t size) {
  std::int64_t low = 0, high = size;
  std::string bytes;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    const auto leaf = view.records().read(middle, bytes);
    if (leaf && leaf->t <= since)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/// What handlers have noted of a contact.
core::policy::Words attributes_of(View& view, const Id& contact) {
  const auto number = view.number_of(contact);
  const auto row = number ? view.rows().contact(*number) : std::nullopt;
  return row ? core::Contact::from(*row)->attributes : core::policy::Words();
}

void add_decision(JsonObject& object, std::string_view name, const Replay::Decision& decision) {
  std::string inner;
  JsonObject(inner).add("outcome", core::policy::name(decision.outcome)).add("rule", decision.rule).end();
  object.raw(name, inner);
}

std::string kinds_json(const Replay::Report& report) {
  std::vector<std::pair<std::int64_t, const Replay::Kind*>> sorted;
  for (const auto& [kind, count] : report.kinds) sorted.emplace_back(count, &kind);
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string out = "[";
  for (const auto& [count, kind] : sorted) {
    if (out.size() > 1) out += ',';
    JsonObject object(out);
    add_decision(object, "was", kind->was);
    add_decision(object, "would_be", kind->would_be);
    if (kind->form) object.add("form", true);
    object.add("count", count).end();
  }
  return out + "]";
}

std::string differences_json(const Replay::Report& report) {
  std::string out = "[";
  for (const Replay::Difference& each : report.differences) {
    if (out.size() > 1) out += ',';
    JsonObject object(out);
    object.add("record", each.record).add("at", rfc3339(each.at)).add("account", each.account);
    object.add("conversation", each.conversation.hex()).add("author", core::policy::name(each.author));
    add_decision(object, "was", each.was);
    add_decision(object, "would_be", each.would_be);
    if (each.form) object.add("form", true);
    object.add_if("reason", each.reason).end();
  }
  return out + "]";
}

}  // namespace

std::shared_ptr<Replaying> Replaying::begin(View& view, const Query& query, const ReplayFacts& facts,
                                            core::Reply& answer) {
  const auto refuse = [&](int code, const std::string& why) {
    answer = {query.reply_to, false, error_object(code, why)};
    return nullptr;
  };
  json::error_code code;
  const auto value = json::parse(query.params, code);
  if (code || !value.is_object()) return refuse(kInvalidParams, "expected an object of parameters");
  const json::object& params = value.get_object();
  const auto* given = params.if_contains("pack");
  const auto pack = given != nullptr ? read_pack(*given) : failure("expected a pack with its rules");
  if (!pack) return refuse(kInvalidParams, "pack: " + text(pack.error()));
  Replay::Plan plan;
  plan.pack = *pack;
  plan.key = facts.key;
  if (const std::string since = text_of(params, "since"); !since.empty()) {
    plan.since = core::parse_rfc3339(since);
    if (plan.since == 0) return refuse(kInvalidParams, "since: expected a time like 2026-11-24T00:00:00Z");
  }
  if (const auto* limit = params.if_contains("limit")) {
    if (!limit->is_int64() || limit->get_int64() < 1 || limit->get_int64() > kMostListed)
      return refuse(kInvalidParams, "limit: expected a whole number from 1 to " + std::to_string(kMostListed));
    plan.most = static_cast<std::size_t>(limit->get_int64());
  }
  if ((*pack)->has("quiet_hours") && facts.zones) plan.zones = facts.zones();
  if ((*pack)->has("quiet_hours") || (*pack)->has("promotion") || (*pack)->has("boundaries"))
    plan.attributes = [&view](const Id& contact) { return attributes_of(view, contact); };
  // Rates and caps look back: what was sent before has to be counted, though it is not judged.
  const Micros from = plan.since - std::min(plan.since, (*pack)->rates_look_back());
  std::shared_ptr<Replaying> run(new Replaying(std::move(plan), query.reply_to, text_of(params, "account")));
  const auto head = view.head();
  run->end_ = head ? head->size : 0;
  run->first_ = run->next_ = from == 0 ? 0 : first_after(view, from, run->end_);
  return run;
}

bool Replaying::stride(View& view) {
  const std::int64_t most = std::min(kStride, end_ - next_);
  Result<void> done;
  view.records().each(next_, most, [&](std::int64_t index, std::string_view leaf, ByteView blob) {
    if (done) done = take(view, index, leaf, blob, false);
  });
  next_ += most;
  if (done) done = view.take_error();
  if (!done) error_ = text(done.error());
  return !error_.empty() || next_ >= end_;
}

Result<void> Replaying::take(View& view, std::int64_t index, std::string_view bytes, ByteView blob, bool earlier) {
  const auto leaf = ledger::check_leaf(bytes, static_cast<std::uint64_t>(index));
  if (!leaf) return tl::unexpected(leaf.error());
  if (!concerns(leaf->p, leaf->w)) return {};
  core::PastRecord record;
  record.index = index;
  record.at = leaf->t;
  record.type = leaf->k, record.outcome = leaf->o, record.account = leaf->w;
  record.decision = leaf->d, record.retention = leaf->f;
  record.contact = Id::from_hex(leaf->s).value_or(Id{});
  record.conversation = Id::from_hex(leaf->c).value_or(Id{});
  record.message = Id::from_hex(leaf->x).value_or(Id{});
  record.cause = leaf->r.value_or(core::kNone);
  record.count = leaf->q;
  record.sealed = !leaf->h.empty();
  if (record.type == "identity.linked") record.with = Id::from_hex(leaf->text("with").value_or("")).value_or(Id{});
  if (!earlier && first_ > 0 && record.conversation && !replay_.knows(record.conversation))
    if (auto done = read_before(view, record.conversation, record.contact); !done) return done;
  if (record.sealed && core::replay_opens(record.type)) {
    auto body = view.records().body(*leaf, blob);
    if (!body) return tl::unexpected(body.error());
    record.body = std::move(*body);
  }
  replay_.take(record, earlier);
  return {};
}

// How things stood with a conversation when it was first met again, and with the contact elsewhere.
Result<void> Replaying::read_before(View& view, const Id& conversation, const Id& contact) {
  std::vector<std::int64_t> records;
  const auto add = [&](const Id& subject) {
    for (std::int64_t before = first_;;) {
      const auto page = view.records_of(subject, before, kPage);
      records.insert(records.end(), page.begin(), page.end());
      if (page.size() < kPage) return;
      before = page.back();
    }
  };
  add(conversation);
  if (contact && !replay_.knows_contact(contact)) add(contact);
  std::sort(records.begin(), records.end());
  records.erase(std::unique(records.begin(), records.end()), records.end());
  std::vector<Id> others;
  for (const std::int64_t index : records) {
    const auto leaf = view.records().leaf(index);
    if (!leaf) return failure("the ledger has no record " + std::to_string(index));
    const Bytes blob = view.records().blob(index);
    const auto read = ledger::check_leaf(*leaf, static_cast<std::uint64_t>(index));
    const auto in = read ? Id::from_hex(read->c) : std::nullopt;
    if (in && *in != conversation) {
      if (std::find(others.begin(), others.end(), *in) == others.end()) {
        if (replay_.knows(*in)) continue;  // it was read as a whole
        others.push_back(*in);
      }
    }
    if (auto done = take(view, index, *leaf, blob, true); !done) return done;
  }
  for (const Id& other : others)
    if (replay_.is_group(other)) replay_.forget(other);  // others have spoken there, too
  return {};
}

core::Reply Replaying::answer() const {
  if (!error_.empty()) {
    log::error("query.failed", "the record could not be replayed: " + error_);
    return {reply_to_, false, error_object(kInternal, "the ledger cannot be read: " + error_)};
  }
  const Replay::Report& report = replay_.report();
  std::string out;
  JsonObject object(out);
  object.add("platform", platform_).add("version", version_).add("policy_hash", hash_);
  object.add("records", end_ - first_).add("decisions", report.decisions).add("differ", report.differ);
  object.add("unreadable", report.unreadable).add("moot", report.moot);
  object.raw("kinds", kinds_json(report)).raw("differences", differences_json(report));
  object.add("left_out", report.differ - static_cast<std::int64_t>(report.differences.size())).end();
  return {reply_to_, true, std::move(out)};
}

}  // namespace postern::control
