// SPDX-License-Identifier: Apache-2.0
#include "backup/backup.hpp"

#include "backup/copied.hpp"
#include "bag/bag.hpp"
#include "ledger/check.hpp"
#include "ledger/copy.hpp"
#include "ledger/files.hpp"
#include "ledger/media_files.hpp"
#include "ledger/signer.hpp"

namespace postern::backup {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kSpare = 64u << 20;  ///< bytes that stay free where the backup goes
constexpr std::string_view kReadme =
    "A backup of a Postern daemon's state, as a bag (RFC 8493). bag-info.txt says of which ledger and when, and under\n"
    "which key encryption key (ledger.kek, Postern-Kek) its keys are wrapped: without that key nobody can read it.\n\n"
    "    posternctl backup verify FOLDER --vkey KEY      is it whole, and what the ledger signed?\n"
    "    posternctl restore FOLDER --to STATE            makes a state folder of it that a daemon can start on\n\n"
    "What was to be sent when it was made is not sent again by itself: the daemon shows it (posternctl outbox list).\n";

/// Where the daemon keeps what is beside the ledger.
fs::path state_of(ledger::View& view) {
  return fs::path(sqlite3_db_filename(view.log().handle(), "main")).parent_path();
}

/// The files of attachments that the ledger names, by name.
std::vector<std::string> files_of(ledger::View& copied) {
  const auto names = copied.rows().media_files();
  return {names.begin(), names.end()};
}

Result<void> check_room(const fs::path& state, const fs::path& folder) {
  std::error_code error;
  std::uint64_t bytes = kSpare;
  for (fs::recursive_directory_iterator entry(state, error), end; !error && entry != end; entry.increment(error))
    if (entry->is_regular_file(error)) bytes += entry->file_size(error);
  const auto space = fs::space(folder.parent_path(), error);
  if (error) return failure(folder.parent_path().string() + " is not there", "make it, or choose another folder");
  if (space.available >= bytes) return {};
  return failure("a backup may take " + std::to_string(bytes >> 20) + " MiB, and " + folder.parent_path().string() +
                     " has " + std::to_string(space.available >> 20),
                 "make room there, or choose another folder");
}

Result<void> put_databases(bag::Bag& bag, ledger::View& view, Micros now) {
  const auto ledger = bag.place("ledger.db"), keys = bag.place("keys.db");
  for (const auto* place : {&ledger, &keys})
    if (!*place) return tl::unexpected(place->error());
  // In this order: the keys of what the ledger holds are there before it is.
  if (auto done = ledger::copy_log(view, *ledger, now); !done) return done;
  if (auto done = ledger::copy_keys(view, *keys); !done) return done;
  if (auto done = bag.list("ledger.db"); !done) return done;
  if (auto done = bag.list("keys.db"); !done) return done;
  return bag.put("vkey", view.shared().genesis.text() + "\n");
}

/// A file that has gone since is one that had to go.
Result<std::uint64_t> put_files(bag::Bag& bag, ledger::View& copied, const fs::path& media) {
  std::uint64_t put = 0;
  for (const auto& name : files_of(copied)) {
    std::error_code error;
    const auto size = fs::file_size(media / name, error);
    if (error) continue;
    const auto content = ledger::MediaFiles::read(media, name, size);
    if (!content) continue;
    const auto place = bag.place("media/" + name);
    if (!place) return tl::unexpected(place.error());
    if (auto done = ledger::write_large_file(*place, *content, {}); !done) return tl::unexpected(done.error());
    if (auto done = bag.list("media/" + name); !done) return tl::unexpected(done.error());
    ++put;
  }
  return put;
}

/// The seed that signs what comes after the copy, for whoever is to continue it.
Result<void> put_signing_key(bag::Bag& bag, ledger::View& copied, const fs::path& state) {
  const auto current = ledger::current_key(copied);
  if (!current) return tl::unexpected(current.error());
  const auto seed = ledger::Signer::seed_of(state, *current);
  if (!seed) return tl::unexpected(seed.error());
  const auto place = bag.place("sign.key");
  if (!place) return tl::unexpected(place.error());
  if (auto done = ledger::write_file(*place, *seed, 0400); !done) return done;
  return bag.list("sign.key");
}

Result<void> check(const fs::path& folder, const std::string& vkey) {
  const auto verdict = verify(folder, vkey);
  if (!verdict) return tl::unexpected(verdict.error());
  if (verdict->code() == ledger::Code::ok || verdict->code() == ledger::Code::erased) return {};
  const auto& finding = verdict->findings.front();
  return failure("the backup was written and does not verify: " + finding.where + ": " + finding.what,
                 "look at the ledger (posternctl audit verify) and at the disk");
}

Result<void> give_name(const fs::path& partial, const fs::path& folder) {
  for (const char* name :
       {"bag-info.txt", "bagit.txt", "manifest-sha256.txt", "data/vkey", "data/README.txt", "data", ""})
    if (auto done = ledger::sync(partial / name); !done) return done;
  return ledger::rename_file(partial, folder);
}

}  // namespace

Result<Made> make(ledger::View& view, const Order& order) {
  const auto state = state_of(view);
  std::error_code error;
  if (fs::exists(order.folder, error))
    return failure(order.folder.string() + " is there already", "name a new folder: a backup is never overwritten");
  if (auto room = check_room(state, order.folder); !room) return tl::unexpected(room.error());
  fs::path partial = order.folder;
  partial += ".partial";
  auto bag = bag::Bag::create(partial);
  if (!bag) return tl::unexpected(bag.error());
  if (auto done = put_databases(*bag, view, order.now); !done) return tl::unexpected(done.error());

  Made made;
  std::string origin = view.shared().origin;
  {
    auto copied = Copied::open(partial);
    if (!copied) return tl::unexpected(copied.error());
    auto files = put_files(*bag, (*copied)->view(), state / "media");
    if (!files) return tl::unexpected(files.error());
    if (order.signing_key)
      if (auto done = put_signing_key(*bag, (*copied)->view(), state); !done) return tl::unexpected(done.error());
    const auto head = (*copied)->view().head();
    made = {head ? static_cast<std::uint64_t>(head->size) : 0, *files, (*copied)->kek()};
  }
  if (auto done = bag->put("README.txt", kReadme); !done) return tl::unexpected(done.error());
  const auto finished = bag->finish({{"Bagging-Date", rfc3339(order.now).substr(0, 10)},
                                     {"External-Identifier", origin + " " + std::to_string(made.records)},
                                     {"Postern-Backup", rfc3339(order.now)},
                                     {"Postern-Kek", std::to_string(made.kek)},
                                     {"Postern-Signing-Key", order.signing_key ? "inside" : "not here"}});
  if (!finished) return tl::unexpected(finished.error());
  if (auto done = check(partial, view.shared().genesis.text()); !done) return tl::unexpected(done.error());
  if (auto done = give_name(partial, order.folder); !done) return tl::unexpected(done.error());
  return made;
}

}  // namespace postern::backup
