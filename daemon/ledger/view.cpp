// SPDX-License-Identifier: Apache-2.0
#include "ledger/view.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "ledger/attempt_rows.hpp"

namespace postern::ledger {

View::View(Database log, Database keys, Shared& shared)
    : log_(std::move(log)),
      shared_(shared),
      keys_(std::move(keys), shared.keks, shared.keyring),
      documents_(keys_, shared.own_subject),
      rows_(log_, documents_),
      records_(log_, keys_, shared.origin),
      seen_(log_.prepare("SELECT i FROM seen WHERE look=?")),
      subjects_(log_.prepare("SELECT i FROM subject_at WHERE sid=? AND i<? ORDER BY i DESC LIMIT ?")),
      first_of_(log_.prepare("SELECT i FROM subject_at WHERE sid=? ORDER BY i LIMIT 1")),
      head_(log_.prepare("SELECT size, edge, note FROM head")),
      meta_(log_.prepare("SELECT value FROM meta WHERE name=?")) {}

std::optional<Identity> View::identity(std::string_view account, Lookup::Kind kind, std::string_view string) {
  if (auto waiting = shared_.pending.identity(account, kind, string)) return waiting;
  return keys_.identity(account, kind, string);
}

bool View::seen(std::int64_t look, std::string_view account, std::string_view key) {
  auto records = shared_.pending.seen(look);
  for (auto& at = seen_.query(look); at.next();) records.push_back(at.integer(0));
  return std::any_of(records.begin(), records.end(),
                     [&](std::int64_t record) { return is_event(record, account, key); });
}

bool View::is_event(std::int64_t record, std::string_view account, std::string_view key) {
  std::string bytes;
  const auto leaf = records_.read(record, bytes);
  if (!leaf || leaf->w != account) return false;
  const auto body = records_.body(*leaf);
  if (!body) return false;
  // An erased body can no longer contradict the look-up key, of which two are alike once in 2^64 times.
  if (!*body) return true;
  boost::json::error_code error;
  const auto event = boost::json::parse(**body, error);
  const auto* object = error ? nullptr : event.if_object();
  const auto* found = object != nullptr ? object->if_contains("key") : nullptr;
  return found != nullptr && found->is_string() && std::string_view(found->get_string()) == key;
}

std::vector<std::int64_t> View::records_of(const Id& subject, std::int64_t before, std::size_t limit) {
  auto records = shared_.pending.records_of(subject);
  std::erase_if(records, [&](std::int64_t record) { return record >= before; });
  for (auto& at = subjects_.query(subject, before, limit); at.next();) records.push_back(at.integer(0));
  std::sort(records.begin(), records.end(), std::greater<>());
  records.erase(std::unique(records.begin(), records.end()), records.end());
  if (records.size() > limit) records.resize(limit);
  return records;
}

std::optional<std::int64_t> View::number_of(const Id& id) {
  const auto waiting = shared_.pending.records_of(id);
  if (first_of_.query(id).next()) {
    const auto number = first_of_.integer(0);
    first_of_.reset();
    return number;
  }
  return waiting.empty() ? std::nullopt : std::optional(waiting.front());
}

std::vector<core::PastAttempt> View::attempts_since(Micros since) {
  return ledger::attempts_since(log_, documents_, since);
}

std::optional<View::Head> View::head() {
  if (!head_.query().next()) return std::nullopt;
  const auto edge = head_.blob(1);
  Head head{head_.integer(0), Bytes(edge.begin(), edge.end()), std::string(chars(head_.blob(2)))};
  head_.reset();
  return head;
}

std::optional<std::int64_t> View::meta_integer(std::string_view name) {
  if (!meta_.query(name).next()) return std::nullopt;
  const auto value = meta_.integer(0);
  meta_.reset();
  return value;
}

Result<void> View::take_error() {
  if (auto error = log_.take_error()) return tl::unexpected(error->error());
  if (auto error = keys_.database().take_error()) return tl::unexpected(error->error());
  return {};
}

}  // namespace postern::ledger
