// SPDX-License-Identifier: Apache-2.0
#include "ledger/fork.hpp"

#include <charconv>
#include <semaphore>

#include "ledger/check.hpp"
#include "ledger/writer.hpp"

namespace postern::ledger {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kPatience(30);

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

struct Name {
  std::string base;  ///< with the slash before the number
  std::uint64_t fork = 0;

  std::string text() const { return base + std::to_string(fork); }
};

Name name_of(const std::string& origin) {
  const auto slash = origin.rfind('/') + 1;
  Name name{origin.substr(0, slash), 0};
  std::from_chars(origin.data() + slash, origin.data() + origin.size(), name.fork);
  return name;
}

fs::path numbered(const fs::path& path, std::uint64_t fork) {
  auto out = path;
  out.replace_filename(path.stem().string() + "-" + std::to_string(fork) + path.extension().string());
  return out;
}

Result<VKey> read_vkey(const fs::path& path) {
  auto text = read_file(path);
  if (!text) return tl::unexpected(text.error());
  while (text->ends_with('\n')) text->pop_back();
  return VKey::parse_log_key(*text);
}

/// The larger one that is of this ledger. A damaged one is passed over: a fork is for ledgers that are.
void take_larger(std::optional<Note>& known, const std::string& text, const std::string& origin) {
  auto note = parse_note(text);
  if (note && note->origin == origin && (!known || note->size > known->size)) known = std::move(*note);
}

/// What is known of the old ledger, written down before anything moves: afterwards nobody could find it again.
Result<Note> note_plan(const Options& options, const fs::path& plan, const std::optional<Note>& seen,
                       const std::string& origin) {
  if (is_there(plan)) {
    const auto text = read_file(plan);
    if (!text) return tl::unexpected(text.error());
    return parse_note(*text);
  }
  auto known = seen;
  if (is_there(options.highwater))
    if (const auto text = read_file(options.highwater)) take_larger(known, *text, origin);
  if (!known) {
    auto log = Database::open((options.directory / "ledger.db").string(), Access::read, options.vfs);
    if (log) {
      auto head = log->prepare("SELECT note FROM head");
      if (head.query().next()) take_larger(known, std::string(chars(head.blob(0))), origin);
    }
  }
  if (!known)
    return failure("nothing is known of the ledger " + origin + ": no checkpoint is left",
                   "move everything out of " + options.directory.string() + " and begin a new ledger");
  if (auto done = write_file(plan, known->body + "\n", 0600); !done) return tl::unexpected(done.error());
  return *known;
}

Result<void> keep(const fs::path& path, std::uint64_t fork) {
  return is_there(path) ? rename_file(path, numbered(path, fork)) : Result<void>();
}

/// Out of the way, never to be written again. The vkey comes last: while it is there, this has to be done.
Result<void> put_away(const Options& options, std::uint64_t fork) {
  const auto& folder = options.directory;
  const auto log = folder / "ledger.db", kept = numbered(log, fork);
  if (is_there(log)) {
    auto database = Database::open(log.string(), Access::write_log, options.vfs);
    if (database) database->exec("PRAGMA journal_mode=DELETE");  // one file, that needs no other beside it
  }
  for (const auto* end : {"-wal", "-shm", ""}) {
    const fs::path from = log.string() + end, to = kept.string() + end;
    if (!is_there(from)) continue;
    if (auto done = rename_file(from, to); !done) return done;
  }
  for (const auto* name : {"sign.key", "sign.key.next"})
    if (is_there(folder / name))
      if (auto done = shred_file(folder / name); !done) return done;
  if (auto done = keep(options.highwater, fork); !done) return done;
  // By these a message would be taken for one of another contact: they name records of the ledger that is gone.
  auto keys = Database::open((folder / "keys.db").string(), Access::write_keys, options.vfs);
  if (!keys) return tl::unexpected(keys.error().error());
  keys->exec("DELETE FROM identity");
  if (auto error = keys->take_error()) return tl::unexpected(error->error());
  return keep(folder / "vkey", fork);
}

core::Record fork_record(const Note& old, const std::string& reason, const Now& now) {
  core::Record record;
  record.index = 0;
  record.wall = now.wall;
  record.boot = now.boot;
  record.boot_id = now.boot_id;
  record.type = "audit.fork";
  record.count = static_cast<std::int64_t>(old.size);
  record.extra = {{"old", old.origin}, {"root", base64(old.root)}};
  record.retention = "dm";
  record.body = std::make_shared<const std::string>(reason);
  return record;
}

Result<void> begin_anew(Store& store, const Note& old, const std::string& reason, const Clock& clock) {
  std::binary_semaphore done(0);
  std::optional<Error> broken;
  WriterEvents events;
  events.committed = [&](std::uint64_t, std::int64_t) { done.release(); };
  events.fatal = [&](Error error) {
    broken = std::move(error);
    done.release();
  };
  Writer writer(store, {}, std::move(events));
  Batch batch;
  batch.number = 1;
  batch.records.push_back(fork_record(old, reason, clock.now()));
  (void)writer.submit(std::move(batch));
  const bool in_time = done.try_acquire_for(kPatience);
  writer.stop();
  if (broken) return tl::unexpected(*broken);
  if (!in_time) return failure("the first record of the new ledger could not be written", "is the disk full?");
  return {};
}

}  // namespace

Result<Forked> fork_ledger(const Options& given, const std::optional<Note>& seen, const std::string& reason,
                           const Clock& clock) {
  auto options = given;
  if (options.highwater.empty()) options.highwater = options.directory / "highwater";
  const auto plan = options.directory / "fork";
  Forked forked;
  std::optional<Note> old;
  {
    const auto lock = FileLock::take(options.directory / "lock");
    if (!lock) return tl::unexpected(lock.error());
    if (is_there(options.directory / "vkey")) {
      const auto genesis = read_vkey(options.directory / "vkey");
      if (!genesis) return tl::unexpected(genesis.error());
      auto known = note_plan(options, plan, seen, genesis->name);
      if (!known) return tl::unexpected(known.error());
      // An interruption after the new ledger began: its own vkey is there already.
      if (known->origin == genesis->name)
        if (auto done = put_away(options, name_of(known->origin).fork); !done) return tl::unexpected(done.error());
      old = std::move(*known);
    } else {
      if (!is_there(plan)) return failure("there is no ledger in " + options.directory.string());
      auto known = note_plan(options, plan, seen, {});
      if (!known) return tl::unexpected(known.error());
      old = std::move(*known);
    }
  }
  const auto name = name_of(old->origin);
  options.origin = Name{name.base, name.fork + 1}.text();
  options.create_kek = false;
  auto store = Store::open(options, clock);
  if (!store) return tl::unexpected(store.error().error);
  if ((*store)->tree().size() == 0)
    if (auto done = begin_anew(**store, *old, reason, clock); !done) return tl::unexpected(done.error());
  forked = {old->origin, old->size, (*store)->genesis(), numbered(options.directory / "ledger.db", name.fork)};
  std::error_code error;
  fs::permissions(forked.kept, fs::perms::owner_read, error);
  fs::remove(options.directory / kAlarmFile, error);
  fs::remove(plan, error);
  return forked;
}

Result<std::unique_ptr<Closed>> Closed::open(const Options& options, std::optional<std::uint64_t> fork) {
  auto closed = std::make_unique<Closed>();
  auto lock = FileLock::take(options.directory / "lock");
  if (!lock) return tl::unexpected(lock.error());
  closed->lock_ = std::move(*lock);
  const auto place = [&](const char* name) {
    return fork ? numbered(options.directory / name, *fork) : options.directory / name;
  };
  auto genesis = read_vkey(place("vkey"));
  if (!genesis) return tl::unexpected(genesis.error());
  closed->shared_.origin = genesis->name;
  closed->shared_.genesis = std::move(*genesis);
  for (const auto& [number, kek] : options.keks) closed->shared_.keks.add(number, kek);
  auto log = Database::open(place("ledger.db").string(), Access::read, options.vfs);
  if (!log) return tl::unexpected(log.error().error());
  auto keys = Database::open((options.directory / "keys.db").string(), Access::read, options.vfs);
  if (!keys) return tl::unexpected(keys.error().error());
  auto meta = log->prepare("SELECT value FROM meta WHERE name='own_subject'");
  if (meta.query().next()) closed->shared_.own_subject = meta.id(0);
  meta.reset();
  closed->view_ = std::make_unique<View>(std::move(*log), std::move(*keys), closed->shared_);
  if (auto read = closed->view_->take_error(); !read) return tl::unexpected(read.error());
  return closed;
}

}  // namespace postern::ledger
