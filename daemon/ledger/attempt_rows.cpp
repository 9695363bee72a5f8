// SPDX-License-Identifier: Apache-2.0
#include "ledger/attempt_rows.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "core/interned.hpp"

namespace postern::ledger {
namespace {

constexpr Micros kLongestLimit = 2 * 31 * kDay;  // a pack's `per` is at most 31 days, and a burst's lasts longer

}  // namespace

AttemptWriter::AttemptWriter(Database& database, Documents& documents)
    : documents_(documents),
      insert_(database.prepare("INSERT OR REPLACE INTO attempt VALUES(?,?,?,?,?,?,?,?,?,?,?)")),
      trim_(database.prepare("DELETE FROM attempt WHERE i IN (SELECT i FROM attempt ORDER BY i LIMIT 2) AND at<?")),
      forget_(database.prepare("UPDATE attempt SET text=NULL WHERE contact=?")) {}

void AttemptWriter::write(const core::PastAttempt& row) {
  std::optional<std::string> hash;
  if (row.text_hash != 0) hash = std::to_string(row.text_hash);
  const auto text = documents_.seal(Document::attempt, row.index, {}, hash ? &*hash : nullptr, salts_);
  insert_.run(row.index, row.at, row.account, row.contact_number, static_cast<std::int64_t>(row.effect),
              static_cast<std::int64_t>(row.author), std::int64_t{row.media}, row.purpose, text,
              std::int64_t{row.public_}, row.message);
  trim_.run(row.at - kLongestLimit);
}

void AttemptWriter::forget_texts(std::int64_t contact_number) {
  forget_.run(contact_number);
}

std::vector<core::PastAttempt> attempts_since(Database& database, Documents& documents, Micros since) {
  std::vector<core::PastAttempt> rows;
  // From the newest on: their order is that of time, so the first that is too old ends it.
  auto select = database.prepare("SELECT * FROM attempt ORDER BY i DESC");
  for (auto& at = select.query(); at.next() && at.integer(1) > since;) {
    core::PastAttempt& row = rows.emplace_back();
    row.index = at.integer(0);
    row.at = at.integer(1);
    row.account = core::intern(at.text(2));
    row.contact_number = at.integer(3);
    row.effect = static_cast<core::EffectKind>(at.integer(4));
    row.author = static_cast<core::policy::Author>(at.integer(5));
    row.media = at.integer(6) != 0;
    row.purpose = core::intern(at.text(7));
    if (const auto text = documents.open(Document::attempt, row.index, {}, at.blob(8)))
      std::from_chars(text->data(), text->data() + text->size(), row.text_hash);
    row.public_ = at.integer(9) != 0;
    row.message = at.integer(10);
  }
  std::reverse(rows.begin(), rows.end());
  return rows;
}

}  // namespace postern::ledger
