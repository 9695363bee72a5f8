// SPDX-License-Identifier: Apache-2.0
#include "ledger/store.hpp"

#include <sysexits.h>

#include "base/log.hpp"
#include "ledger/check.hpp"
#include "ledger/gathering_vfs.hpp"
#include "ledger/image.hpp"
#include "ledger/schema.hpp"

namespace postern::ledger {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Refusal> refuse(Error error, int exit_code) {
  return tl::unexpected(Refusal{std::move(error), exit_code, false});
}

/// A random (version 4) UUID, lower case.
std::string new_uuid() {
  auto bytes = crypto::random_id().bytes;
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
  const auto digits = hex(bytes);
  return digits.substr(0, 8) + "-" + digits.substr(8, 4) + "-" + digits.substr(12, 4) + "-" + digits.substr(16, 4) +
         "-" + digits.substr(20);
}

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

}  // namespace

tl::expected<std::unique_ptr<Store>, Refusal> Store::open(const Options& options, const Clock& clock) {
  std::unique_ptr<Store> store(new Store(options));
  if (store->options_.kek_directory.empty()) store->options_.kek_directory = options.directory;
  if (store->options_.highwater.empty()) store->options_.highwater = options.directory / "highwater";
  store->shared_.key_age = options.key_age;
  if (auto started = store->start(clock); !started) return tl::unexpected(started.error());
  return store;
}

tl::expected<void, Refusal> Store::start(const Clock& clock) {
  if (auto done = take_directory(); !done) return done;
  if (auto done = open_files(); !done) return done;
  if (auto done = begin_or_read(); !done) return done;
  if (auto done = prove(clock.now().wall); !done) return done;
  drop_copies();
  guard(*log_);
  recorded_kek_ = log_->integer("SELECT value FROM meta WHERE name='kek'").value_or(recorded_kek_);
  if (auto done = prepare(clock); !done) return refuse(done.error(), EX_IOERR);
  log::info("ledger.opened", "the ledger is open and proven",
            {{"RECORDS", image_.next_index}, {"ORIGIN", shared_.origin}, {"SQLITE", sqlite3_libversion()}});
  return {};
}

/// What a migration copied has served: the migrated files are proven. Nothing of an erasure may be left in one, so that
/// it goes at once; keys are overwritten first.
void Store::drop_copies() {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(options_.directory, error)) {
    const auto name = entry.path().filename().string();
    if (!name.ends_with(kCopySuffix)) continue;
    if (name.starts_with("keys.db.")) {
      if (auto gone = shred_file(entry.path()); !gone) log::warning("ledger.copy", text(gone.error()));
    } else if (name.starts_with("ledger.db.")) {
      fs::remove(entry.path(), error);
    }
  }
}

tl::expected<void, Refusal> Store::take_directory() {
  std::error_code error;
  if (!is_there(options_.directory)) {
    fs::create_directories(options_.directory, error);
    if (!error) fs::permissions(options_.directory, fs::perms::owner_all, error);
    if (error)
      return refuse({"cannot create " + options_.directory.string() + ": " + error.message(), ""}, EX_CANTCREAT);
  }
  if (auto checked = check_mode(options_.directory, 0077); !checked) return refuse(checked.error(), EX_NOPERM);
  auto lock = FileLock::take(options_.directory / "lock");
  if (!lock) return refuse(lock.error(), EX_UNAVAILABLE);
  lock_ = std::move(*lock);
  for (const auto* name : {"ledger.db", "ledger.db-wal", "ledger.db-shm", "keys.db", "keys.db-journal", "sign.key",
                           "sign.key.next", "lock"}) {
    if (!is_there(path(name))) continue;
    if (auto checked = check_mode(path(name), 0077); !checked) return refuse(checked.error(), EX_NOPERM);
  }
  return {};
}

tl::expected<void, Refusal> Store::open_files() {
  const bool was_begun = is_there(path("vkey"));
  for (const auto* name : {"ledger.db", "keys.db"}) {
    if (was_begun && !is_there(path(name)))
      return refuse({path(name) + " is gone, though a ledger was begun here",
                     "restore it from a backup; to begin a new ledger, move everything out of the directory"},
                    EX_NOINPUT);
  }
  for (const auto& [number, kek] : options_.keks) shared_.keks.add(number, kek);
  if (options_.keks.empty()) {
    auto keks = Keks::load(options_.kek_directory, options_.create_kek && !was_begun);
    if (!keks) return refuse(keks.error(), EX_NOINPUT);
    shared_.keks = std::move(*keks);
  }

  struct File {
    const char* name;
    Access access;
    const std::vector<std::string_view>& schema;
  };
  for (const auto& file :
       {File{"ledger.db", Access::write_log, kLedgerSchema}, File{"keys.db", Access::write_keys, kKeysSchema}}) {
    // SQLite gives its journals the mode of the file, so the file is made first, for its owner alone.
    if (auto made = create_private(path(file.name)); !made) return refuse(made.error(), EX_CANTCREAT);
    const char* vfs = file.access == Access::write_log ? gathering_vfs(options_.vfs) : options_.vfs;
    auto database = Database::open(path(file.name), file.access, vfs);
    if (!database) return refuse(database.error().error(), EX_IOERR);
    if (auto migrated = migrate(*database, path(file.name), file.schema); !migrated)
      return refuse(migrated.error(), EX_CONFIG);
    if (file.access == Access::write_log)
      log_ = std::move(*database);
    else
      keys_.emplace(std::move(*database), shared_.keks, shared_.keyring);
  }
  return {};
}

tl::expected<void, Refusal> Store::begin_or_read() {
  image_is_new_ = !is_there(path("vkey"));
  if (image_is_new_ && log_->integer("SELECT count(*) FROM head").value_or(1) != 0)
    return refuse({path("vkey") + " is gone, though the ledger has records",
                   "put the genesis key that was printed at the first start there"},
                  EX_NOINPUT);
  if (auto done = image_is_new_ ? begin() : read_identity(); !done) return refuse(done.error(), EX_NOINPUT);
  return {};
}

/// The file vkey comes last: until it is there, a start begins anew.
Result<void> Store::begin() {
  shared_.origin = options_.origin.empty() ? options_.name + "/postern/" + new_uuid() + "/0" : options_.origin;
  if (!is_origin(shared_.origin))
    return failure("\"" + options_.name + "\" cannot be a ledger's name", "use letters, digits, dots and dashes");
  shared_.own_subject = crypto::random_id();
  {
    Transaction transaction(*log_);
    auto meta = log_->prepare("INSERT OR REPLACE INTO meta VALUES(?,?)");
    meta.run("origin", shared_.origin);
    meta.run("own_subject", shared_.own_subject);
    meta.run("kek", shared_.keks.newest());
    if (auto done = transaction.commit(); !done) return tl::unexpected(done.error().error());
  }
  if (auto known = keys_->secret("seen"); known) {
    seen_key_ = *known;
  } else {
    const auto made = keys_->make_secret("seen");
    if (!made) return tl::unexpected(made.error().error());
    seen_key_ = *made;
  }
  auto signer = Signer::create(options_.directory, shared_.origin);
  if (!signer) return tl::unexpected(signer.error());
  signer_ = std::move(*signer);
  shared_.genesis = signer_->vkey();
  return write_file(path("vkey"), shared_.genesis.text() + "\n", 0600);
}

Result<void> Store::read_identity() {
  auto meta = log_->prepare("SELECT value FROM meta WHERE name=?");
  if (meta.query("origin").next()) shared_.origin = meta.text(0);
  if (meta.query("own_subject").next()) shared_.own_subject = meta.id(0);
  meta.reset();
  const auto seen = keys_->secret("seen");
  if (!is_origin(shared_.origin) || !shared_.own_subject)
    return failure(path("ledger.db") + " is not the ledger that was begun here", "restore it from a backup");
  if (!seen)
    return failure("the keys in keys.db do not open with the key encryption keys in " + options_.kek_directory.string(),
                   "put the kek.<N> of this ledger there");
  seen_key_ = *seen;
  auto text = read_file(path("vkey"));
  if (!text) return tl::unexpected(text.error());
  while (text->ends_with('\n')) text->pop_back();
  auto genesis = VKey::parse_log_key(*text);
  if (!genesis) return tl::unexpected(genesis.error());
  if (genesis->name != shared_.origin)
    return failure(path("vkey") + " is the key of another ledger, " + genesis->name,
                   "put this ledger's genesis key there");
  shared_.genesis = std::move(*genesis);
  return {};
}

Result<std::unique_ptr<View>> Store::open_view() {
  auto log = Database::open(path("ledger.db"), Access::read, options_.vfs);
  if (!log) return tl::unexpected(log.error().error());
  auto keys = Database::open(path("keys.db"), Access::read, options_.vfs);
  if (!keys) return tl::unexpected(keys.error().error());
  auto view = std::make_unique<View>(std::move(*log), std::move(*keys), shared_);
  if (auto done = view->take_error(); !done) return tl::unexpected(done.error());
  return view;
}

tl::expected<void, Refusal> Store::prove(Micros now) {
  auto view = open_view();
  if (!view) return refuse(view.error(), EX_NOINPUT);
  const auto current = current_key(**view);
  if (!current) return refuse(current.error(), EX_NOINPUT);
  if (!signer_) {
    auto signer = Signer::open(options_.directory, *current);
    if (!signer) return refuse(signer.error(), EX_NOINPUT);
    signer_ = std::move(*signer);
  }
  auto tree = check_log(**view, *current);
  if (!tree) return refuse(tree.error(), EX_NOINPUT);
  tree_ = std::move(*tree);
  if (const auto same = check_published(**view, tree_.size(), options_.highwater); !same)
    return tl::unexpected(Refusal{same.error(), EX_NOINPUT, true});
  if (auto done = read_state(**view, now); !done) return refuse(done.error(), EX_NOINPUT);
  return {};
}

Result<void> Store::read_state(View& view, Micros now) {
  const auto since = ledger::key_since(view);
  if (!since) return tl::unexpected(since.error());
  key_since_ = *since;
  const auto well = ledger::ended_well(view);
  if (!well) return tl::unexpected(well.error());
  ended_well_ = *well;
  auto lot = recover_lot(view, seen_key_);
  if (!lot) return tl::unexpected(lot.error());
  shared_.pending.add(std::move(*lot));
  auto image = build_image(view, options_.sent_within, now);
  if (!image) return tl::unexpected(image.error());
  image_ = std::move(*image);
  return {};
}

Result<void> Store::prepare(const Clock& clock) {
  const int month = month_of(clock.now().wall);
  const auto made = keys_->ensure({{shared_.own_subject, kProfileMonth}, {shared_.own_subject, month}});
  if (!made) return tl::unexpected(made.error().error());
  auto spares = keys_->spares(kSpares, month);
  if (!spares) return tl::unexpected(spares.error().error());
  spares_ = std::move(*spares);
  image_.spares = spares_;
  return {};
}

}  // namespace postern::ledger
