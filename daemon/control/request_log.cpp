// SPDX-License-Identifier: Apache-2.0
#include "control/request_log.hpp"

#include <map>

#include "core/json_text.hpp"
#include "ledger/format/leaf.hpp"
#include "ledger/query.hpp"

namespace postern::control {
namespace {

using core::JsonObject;

constexpr std::int64_t kStride = 100'000;  // leaves in one short query
constexpr std::string_view kTypes = "subject.";

/// A request and what has become of it.
struct Asked {
  std::string contact, account, nature, via;
  Micros at = 0, answered = 0;  ///< answered: 0 as long as it is not
  std::string answer, basis;
  std::int64_t record = core::kNone;  ///< of the answer
};
using Log = std::map<std::int64_t, Asked>;  // by the request's record

/// "erase" of subject.erase.requested, "access" of subject.access.
std::string nature_of(const ledger::Leaf& leaf) {
  if (leaf.k == "subject.access") return "access";
  if (leaf.k == "subject.erase.requested") return "erase";
  if (leaf.k == "subject.erase.received" && leaf.q == 0) return "erase";  // else each contact has a request of its own
  if (leaf.k == "subject.restricted") return leaf.d == "off" ? "end of restriction" : "restrict";
  if (leaf.k == "subject.rectified") return "rectify";
  return {};
}

bool is_answer(const ledger::Leaf& leaf) {
  return leaf.r && (leaf.k == "subject.access" || leaf.k == "subject.erased" || leaf.k == "subject.erase.deferred" ||
                    leaf.k == "subject.erase.refused");
}

void answer(Asked& asked, const ledger::Leaf& leaf, std::string_view how, std::string_view basis) {
  asked.answered = leaf.t;
  asked.answer = how;
  asked.basis = basis;
  asked.record = static_cast<std::int64_t>(leaf.i);
}

void take_answer(Log& log, const ledger::Leaf& leaf) {
  const auto at = log.find(*leaf.r);
  if (at == log.end()) return;
  if (leaf.k == "subject.access") return answer(at->second, leaf, leaf.o == "ok" ? "given" : "failed", {});
  if (leaf.k == "subject.erase.deferred") return answer(at->second, leaf, "deferred", leaf.d);
  if (leaf.k == "subject.erase.refused") return answer(at->second, leaf, "denied", leaf.d);
  if (leaf.o == "ok") answer(at->second, leaf, "erased", {});  // of its lots the last one
}

void add(std::string& rows, std::int64_t request, const Asked& asked) {
  if (rows.size() > 1) rows += ',';
  JsonObject object(rows);
  object.add("request", request).add("requested_at", rfc3339(asked.at)).add("nature", asked.nature);
  object.add("via", asked.via).add("contact", asked.contact).add("account", asked.account);
  if (asked.answered > 0) {
    object.add("answered_at", rfc3339(asked.answered)).add("answer", asked.answer).add("record", asked.record);
    if (!asked.basis.empty()) object.add("basis", asked.basis);
  }
  object.end();
}

}  // namespace

Answered request_log(ledger::View& view, const Params& params) {
  const auto since = time_of(params, "since", 0), until = time_of(params, "until", INT64_MAX);
  if (!since) return tl::unexpected(since.error());
  if (!until) return tl::unexpected(until.error());
  const auto limit = params.number("limit", 1, static_cast<std::int64_t>(ledger::kPage), ledger::kPage);
  if (!limit) return wrong("limit", 1, ledger::kPage);
  const auto after = params.number("after", -1, INT64_MAX - 1, -1);
  if (!after) return wrong("after", -1, INT64_MAX);
  Log log;
  bool more = false;
  const std::int64_t size = ledger::record_count(view);
  for (std::int64_t first = *after + 1; first < size; first += kStride) {
    const auto leaves = ledger::leaves_of_kind(view, kTypes, first, std::min(first + kStride, size));
    if (!leaves) return broken(leaves.error());
    for (const auto& [index, text] : *leaves) {
      const auto leaf = ledger::check_leaf(text, static_cast<std::uint64_t>(index));
      if (!leaf) return broken(leaf.error());
      if (is_answer(*leaf)) {
        take_answer(log, *leaf);
        continue;
      }
      auto nature = nature_of(*leaf);
      if (nature.empty() || leaf->t < *since || leaf->t >= *until) continue;
      if (std::ssize(log) == *limit) {
        more = true;
        continue;
      }
      const bool says_via = nature == "access" || nature == "erase";
      const bool is_nobody = leaf->k == "subject.erase.received";
      Asked& asked = log[index];
      asked.contact = leaf->s;
      asked.account = leaf->w;
      asked.nature = std::move(nature);
      asked.via = says_via && !leaf->d.empty() ? leaf->d : "control";
      asked.at = leaf->t;
      if (!says_via) answer(asked, *leaf, "done", {});
      if (is_nobody) answer(asked, *leaf, "not found", {});
    }
  }
  std::string out, rows = "[";
  for (const auto& [request, asked] : log) add(rows, request, asked);
  JsonObject object(out);
  object.raw("requests", rows + "]");
  if (more) object.add("next", log.rbegin()->first);
  object.end();
  return out;
}

}  // namespace postern::control
