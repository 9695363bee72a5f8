// SPDX-License-Identifier: Apache-2.0
#include "backup/copied.hpp"

#include "ledger/files.hpp"
#include "ledger/format/manifest.hpp"
#include "ledger/live.hpp"

namespace postern::backup {
namespace {

using ledger::Code;

constexpr std::string_view kWhole = "ok";

/// SQLite's own look at a file: every page, every order. (The records have a verifier of their own.)
void check_pages(ledger::Database& database, const char* name, ledger::Verdict& verdict) {
  auto check = database.prepare("PRAGMA quick_check(1)");
  const bool answered = check.query().next();
  if (answered && check.text(0) == kWhole) return check.reset();
  verdict.add(Code::tampered, name, answered ? std::string(check.text(0)) : "cannot be read");
  check.reset();
}

}  // namespace

Result<std::unique_ptr<Copied>> Copied::open(const std::filesystem::path& folder) {
  auto copied = std::make_unique<Copied>();
  auto log = ledger::Database::open(folder / "data" / "ledger.db", ledger::Access::read);
  if (!log) return tl::unexpected(log.error().error());
  auto keys = ledger::Database::open(folder / "data" / "keys.db", ledger::Access::read);
  if (!keys) return tl::unexpected(keys.error().error());
  auto text = ledger::read_file(folder / "data" / "vkey");
  if (!text) return tl::unexpected(text.error());
  while (text->ends_with('\n')) text->pop_back();
  auto genesis = ledger::VKey::parse_log_key(*text);
  if (!genesis) return tl::unexpected(genesis.error());
  copied->shared_.origin = genesis->name;
  copied->shared_.genesis = std::move(*genesis);
  copied->shared_.keks.add(0, {});  // stands for one that is elsewhere: it opens nothing
  copied->view_.emplace(std::move(*log), std::move(*keys), copied->shared_);
  if (auto read = copied->view_->take_error(); !read) return tl::unexpected(read.error());
  return copied;
}

std::int64_t Copied::kek() {
  return view_->keys().database().integer("SELECT max(kek) FROM subject").value_or(0);
}

Result<ledger::Verdict> verify(const std::filesystem::path& folder, const std::string& vkey) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(folder / "bagit.txt", error))
    return failure(folder.string() + " is not a backup that was finished",
                   "name the folder that posternctl backup made");
  ledger::Verdict verdict;
  // First: a file that is not the one that was written need not be read as a database.
  ledger::check_manifest(folder, verdict);
  if (verdict.code() != Code::ok) return verdict;
  auto copied = Copied::open(folder);
  if (!copied) return tl::unexpected(copied.error());
  auto& view = (*copied)->view();
  const auto pins = ledger::make_pins(vkey.empty() ? view.shared().genesis.text() : vkey);
  if (!pins) return tl::unexpected(pins.error());
  auto log = ledger::open_live(view);
  if (!log) return tl::unexpected(log.error());
  verdict = ledger::verify(**log, *pins);
  check_pages(view.log(), "data/ledger.db", verdict);
  check_pages(view.keys().database(), "data/keys.db", verdict);
  return verdict;
}

}  // namespace postern::backup
