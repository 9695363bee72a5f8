// SPDX-License-Identifier: Apache-2.0
#include "search/index.hpp"

#include <algorithm>
#include <charconv>

#include "bag/line.hpp"
#include "base/log.hpp"
#include "ledger/files.hpp"

namespace postern::search {
namespace {

constexpr std::int64_t kLot = 500;      ///< records
constexpr std::size_t kFull = 4'096;    ///< bytes of a page's lines; then another page begins
constexpr std::int64_t kVersion = 1;    ///< of the file; with another one it is made anew
constexpr std::size_t kPagesRead = 64;  ///< in one query

/// A page's key is its last record, which no other page has.
constexpr const char* kSchema =
    "CREATE TABLE page(last INTEGER PRIMARY KEY, first INTEGER NOT NULL, sid BLOB NOT NULL, month INTEGER NOT NULL,"
    " sealed BLOB NOT NULL) STRICT;"
    "CREATE INDEX page_of ON page(sid, month, last);"
    "CREATE TABLE mark(one INTEGER PRIMARY KEY CHECK(one = 1), next INTEGER NOT NULL) STRICT;"
    "INSERT INTO mark VALUES(1, 0);"
    "PRAGMA user_version=1;";

/// Calls `take(record, words)` for each line "RECORD\tWORDS\n" of a page.
template <typename Take>
void each_line(std::string_view lines, Take&& take) {
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size() - 1);
    const auto line = lines.substr(0, end + 1);
    std::int64_t record = 0;
    const auto [after, error] = std::from_chars(line.data(), line.data() + line.size(), record);
    if (error == std::errc()) take(record, line, line.substr(static_cast<std::size_t>(after - line.data()) + 1));
    lines.remove_prefix(end + 1);
  }
}

std::pair<std::int64_t, std::int64_t> ends_of(std::string_view lines) {
  std::int64_t first = -1, last = -1;
  each_line(lines, [&](std::int64_t record, std::string_view, std::string_view) {
    if (first < 0) first = record;
    last = record;
  });
  return {first, last};
}

}  // namespace

Result<std::unique_ptr<Index>> Index::open(const std::filesystem::path& path) {
  for (const bool again : {false, true}) {
    if (auto made = ledger::create_private(path); !made) return tl::unexpected(made.error());
    auto database = ledger::Database::open(path, ledger::Access::write_keys);
    if (database && database->integer("PRAGMA user_version") == 0) database->exec(kSchema);
    if (database && database->integer("PRAGMA user_version") == kVersion) {
      std::unique_ptr<Index> index(new Index(std::move(*database)));
      if (auto done = index->take_error(); done) return index;
    }
    if (again) break;
    log::warning("search.anew", "the index is not whole, or of another version; it is made anew");
    std::error_code error;
    std::filesystem::remove(path, error);
  }
  return failure("cannot make the index " + path.string());
}

Index::Index(ledger::Database database)
    : database_(std::move(database)),
      sealer_("postern/search"),
      next_(database_.integer("SELECT next FROM mark").value_or(0)),
      insert_(database_.prepare("INSERT OR REPLACE INTO page VALUES(?,?,?,?,?)")),
      remove_(database_.prepare("DELETE FROM page WHERE last=?")),
      newest_of_(database_.prepare("SELECT last, sealed FROM page WHERE sid=? AND month=? ORDER BY last DESC LIMIT 1")),
      erase_(database_.prepare("DELETE FROM page WHERE sid=?")),
      touched_(database_.prepare("SELECT last, sid, month, sealed FROM page WHERE last>=? AND first<? AND last>?"
                                 " ORDER BY last LIMIT ?")),
      mark_(database_.prepare("UPDATE mark SET next=?")),
      pages_(database_.prepare("SELECT last, sid, month, sealed FROM page WHERE last<? ORDER BY last DESC LIMIT ?")),
      pages_of_(database_.prepare("SELECT last, sid, month, sealed FROM page WHERE last<? AND sid=?"
                                  " ORDER BY last DESC LIMIT ?")) {}

Result<void> Index::take_error() {
  if (auto error = database_.take_error()) return tl::unexpected(error->error());
  return {};
}

// ---- filling

Result<bool> Index::take_lot(ledger::View& view) {
  const auto head = view.head();
  const std::int64_t size = head ? head->size : 0;
  // A ledger that is shorter than what was taken in is another one, or an older copy.
  if (size < next_) {
    ledger::Transaction transaction(database_);
    database_.exec("DELETE FROM page; UPDATE mark SET next=0");
    if (auto done = transaction.commit(); !done) return tl::unexpected(done.error().error());
    next_ = 0;
  }
  const std::int64_t end = std::min(size, next_ + kLot);
  if (end == next_) return false;
  Lot lot;
  for (auto index = next_; index < end; ++index)
    if (auto done = read(view, index, lot); !done) return tl::unexpected(done.error());
  {
    ledger::Transaction transaction(database_);
    for (const auto& contact : lot.erased) erase_.run(contact);
    for (const auto& [owner, lines] : lot.said) add(view, owner, lines);
    for (const auto& [from, to] : lot.purged) purge(view, from, to);
    mark_.run(end);
    if (auto done = transaction.commit(); !done) return tl::unexpected(done.error().error());
  }
  if (auto done = view.take_error(); !done) return tl::unexpected(done.error());
  next_ = end;
  return end < size;
}

// Whose body is gone by now says nothing; the record that took it comes later, and finds nothing to take.
Result<void> Index::read(ledger::View& view, std::int64_t index, Lot& lot) {
  std::string bytes;
  const auto leaf = view.records().read(index, bytes);
  if (!leaf) return tl::unexpected(leaf.error());
  const auto contact = Id::from_hex(leaf->s);
  if (leaf->k == "subject.erased" && contact) {
    lot.erased.push_back(*contact);
    std::erase_if(lot.said, [&](const auto& each) { return each.first.first == *contact; });
  }
  if (leaf->k == "retention.purged")
    lot.purged.emplace_back(leaf->number("from").value_or(0), leaf->number("to").value_or(INT64_MAX));
  if (leaf->h.empty() || !contact) return {};
  const auto body = view.records().body(*leaf);
  if (!body) return tl::unexpected(body.error());
  const auto line = bag::line_of(*leaf, body->get(), {});
  if (line.side == bag::Line::Side::note) return {};
  const auto words = words_of(line.text);
  if (words.empty()) return {};
  lot.said[{*contact, month_of(leaf->t)}].append(std::to_string(index)).append("\t").append(words).append("\n");
  return {};
}

// The newest page of a contact's month grows until it is full.
void Index::add(ledger::View& view, const Owner& owner, const std::string& lines) {
  std::string page;
  if (newest_of_.query(owner.first, owner.second).next()) {
    const auto last = newest_of_.integer(0);
    auto before = opened(view, owner, last, newest_of_.blob(1));
    newest_of_.reset();
    if (before && before->size() < kFull) {
      page = std::move(*before);
      remove_.run(last);
    }
  }
  each_line(lines, [&](std::int64_t, std::string_view line, std::string_view) {
    if (page.size() >= kFull) {
      put(view, owner, page);
      page.clear();
    }
    page += line;
  });
  put(view, owner, page);
}

void Index::put(ledger::View& view, const Owner& owner, std::string_view lines) {
  const auto key = view.keys().subject_key(owner.first, owner.second);
  if (lines.empty() || !key) return;  // the key has just gone: so does this
  const auto [first, last] = ends_of(lines);
  Bytes sealed;
  sealer_.seal(*key, salts_.next(), static_cast<std::uint64_t>(last), lines, sealed);
  insert_.run(last, first, owner.first, owner.second, sealed);
}

std::optional<std::string> Index::opened(ledger::View& view, const Owner& owner, std::int64_t last, ByteView sealed) {
  const auto key = view.keys().subject_key(owner.first, owner.second);
  if (!key) return std::nullopt;
  const auto lines = sealer_.open(*key, static_cast<std::uint64_t>(last), sealed);
  if (!lines) return std::nullopt;
  return std::string(chars(*lines));
}

// Of the pages that have records of the range what has no body any more goes, and a page whose key has gone as a whole.
void Index::purge(ledger::View& view, std::int64_t from, std::int64_t to) {
  struct Page {
    std::int64_t last;
    Owner owner;
    Bytes sealed;
  };
  for (std::int64_t after = -1;;) {
    std::vector<Page> pages;
    for (touched_.query(from, to, after, kPagesRead); touched_.next();) {
      const auto sealed = touched_.blob(3);
      pages.push_back({touched_.integer(0),
                       {touched_.id(1), static_cast<int>(touched_.integer(2))},
                       Bytes(sealed.begin(), sealed.end())});
    }
    for (const auto& page : pages) {
      after = page.last;
      const auto lines = opened(view, page.owner, page.last, page.sealed);
      std::string kept;
      if (lines)
        each_line(*lines, [&](std::int64_t record, std::string_view line, std::string_view) {
          if (record < from || record >= to || view.records().has_blob(record)) kept += line;
        });
      if (lines && kept.size() == lines->size()) continue;
      remove_.run(page.last);
      put(view, page.owner, kept);
    }
    if (pages.size() < kPagesRead) return;
  }
}

// ---- finding

Result<std::optional<std::int64_t>> Index::find(ledger::View& view, const Wanted& wanted, const Scope& scope,
                                                std::int64_t before, std::size_t most, const Take& take) {
  const int least = month_of(scope.since), newest = scope.until == INT64_MAX ? INT32_MAX : month_of(scope.until);
  std::size_t looked_at = 0;
  auto& page = scope.contact ? pages_of_.query(before, scope.contact, most) : pages_.query(before, most);
  while (page.next()) {
    ++looked_at;
    before = page.integer(0);
    const int month = static_cast<int>(page.integer(2));
    if (month < least || month > newest) continue;
    const auto lines = opened(view, {page.id(1), month}, before, page.blob(3));
    if (!lines) continue;
    std::vector<std::int64_t> found;
    each_line(*lines, [&](std::int64_t record, std::string_view, std::string_view words) {
      if (wanted.in(words)) found.push_back(record);
    });
    std::reverse(found.begin(), found.end());
    if (found.empty() || take(std::move(found))) continue;
    page.reset();
    return before;
  }
  if (auto done = take_error(); !done) return tl::unexpected(done.error());
  return looked_at == most ? std::optional(before) : std::nullopt;
}

}  // namespace postern::search
