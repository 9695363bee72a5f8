// SPDX-License-Identifier: Apache-2.0
#include "backup/restore.hpp"

#include "backup/copied.hpp"
#include "ledger/check.hpp"
#include "ledger/files.hpp"
#include "ledger/signer.hpp"

namespace postern::backup {
namespace {

namespace fs = std::filesystem;

Result<void> copy_file(const fs::path& from, const fs::path& to, fs::perms mode) {
  std::error_code error;
  fs::copy_file(from, to, error);
  if (!error) fs::permissions(to, mode, error);
  if (error) return failure("cannot copy " + from.string() + " to " + to.string() + ": " + error.message());
  return ledger::sync(to);
}

Result<void> make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directory(folder, error);
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  if (error) return failure("cannot make " + folder.string() + ": " + error.message());
  return {};
}

constexpr fs::perms kOwner = fs::perms::owner_read | fs::perms::owner_write;

Result<void> copy_state(const Restoring& order, const fs::path& to) {
  const auto data = order.folder / "data";
  std::error_code error;
  if (auto done = make_folder(to); !done) return done;
  for (const char* name : {"ledger.db", "keys.db", "vkey"})
    if (auto done = copy_file(data / name, to / name, kOwner); !done) return done;
  const auto key = !order.sign_key.empty() ? order.sign_key : data / "sign.key";
  if (!order.sign_key.empty() || fs::exists(key, error))
    if (auto done = copy_file(key, to / "sign.key", fs::perms::owner_read); !done) return done;
  if (auto done = make_folder(to / "media"); !done) return done;
  for (fs::directory_iterator file(data / "media", error), end; !error && file != end; file.increment(error))
    if (auto done = copy_file(file->path(), to / "media" / file->path().filename(), kOwner); !done) return done;
  return ledger::sync(to);
}

/// Is the key in the folder the one that signs on from where the copy ends?
Result<void> check_key(ledger::View& copied, const fs::path& to) {
  const auto current = ledger::current_key(copied);
  if (!current) return tl::unexpected(current.error());
  if (auto seed = ledger::Signer::seed_of(to, *current); !seed)
    return failure("the signing key is not the one of this backup",
                   "give --sign-key the file sign.key of the time of the backup, or leave it out");
  return {};
}

}  // namespace

Result<Restored> restore(const Restoring& order) {
  std::error_code error;
  if (fs::exists(order.state, error) && !(fs::is_directory(order.state, error) && fs::is_empty(order.state, error)))
    return failure(order.state.string() + " is not empty, and a state is never overwritten",
                   "move what is there away, or name another folder");
  Restored done;
  auto verdict = verify(order.folder, order.vkey);
  if (!verdict) return tl::unexpected(verdict.error());
  done.verdict = std::move(*verdict);
  if (done.verdict.code() != ledger::Code::ok && done.verdict.code() != ledger::Code::erased) return done;

  fs::path partial = order.state;
  partial += ".partial";
  if (fs::exists(partial, error))
    return failure(partial.string() + " is there, of an attempt that did not end", "remove it");
  auto copied = Copied::open(order.folder);
  if (!copied) return tl::unexpected(copied.error());
  done.kek = (*copied)->kek();
  auto made = copy_state(order, partial);
  done.signing_key = fs::exists(partial / "sign.key", error);
  if (made && done.signing_key) made = check_key((*copied)->view(), partial);
  if (made) made = ledger::rename_file(partial, order.state);
  if (!made) {
    fs::remove_all(partial, error);
    return tl::unexpected(made.error());
  }
  return done;
}

}  // namespace postern::backup
