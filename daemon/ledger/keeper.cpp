// SPDX-License-Identifier: Apache-2.0
#include "ledger/keeper.hpp"

#include <openssl/crypto.h>
#include <sys/statvfs.h>

#include "base/log.hpp"
#include "base/thread.hpp"
#include "ledger/gone.hpp"
#include "ledger/old.hpp"
#include "ledger/subject.hpp"

namespace postern::ledger {

Keeper::Keeper(std::unique_ptr<View> view, std::filesystem::path folder, KeeperLimits limits, std::size_t capacity,
               KeeperEvents events)
    : view_(std::move(view)),
      files_(folder),
      folder_(std::move(folder)),
      limits_(limits),
      events_(std::move(events)),
      box_(capacity, [this] { bell_.release(); }) {
  files_.sweep(view_->rows().media_files());
  thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
}

void Keeper::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  bell_.release();
  thread_.join();
}

void Keeper::run(std::stop_token stop) {
  name_thread("keeper");
  yield_to_wakers();
  std::vector<Work> work;
  while (!stop.stop_requested()) {
    if (!box_.drain(work)) {
      bell_.acquire();
      continue;
    }
    for (auto& one : work) {
      if (stop.stop_requested()) return;
      std::visit([this](auto&& it) { do_one(std::move(it)); }, std::move(one));
    }
    work.clear();
  }
}

void Keeper::do_one(Content&& content) {
  core::FileFetched kept;
  kept.medium = content.medium;
  kept.outcome = core::FileFetched::Outcome::done;
  kept.mime = std::move(content.mime);
  kept.size = static_cast<std::int64_t>(content.bytes.size());
  kept.sha256 = hex(crypto::sha256(view(content.bytes)));
  if (content.keep) {
    if (!has_room(content.bytes.size())) {
      kept.outcome = core::FileFetched::Outcome::failed;
      kept.reason = "no-room";
      log::warning("media.no_room", "a file was not kept: limits.media_room is used up, or the disk is nearly full");
    } else if (auto stored = store(content, kept); !stored) {
      kept.outcome = core::FileFetched::Outcome::retry;
      kept.reason = "not-written";
      log::error("media.not_written", text(stored.error()));
    }
  }
  OPENSSL_cleanse(content.bytes.data(), content.bytes.size());
  events_.kept(std::move(kept));
}

// The content becomes ciphertext in its own memory, so that a large file is there once.
Result<void> Keeper::store(Content& content, core::FileFetched& kept) {
  const auto key = view_->keys().subject_key(content.contact, month_of(content.wall));
  if (!key) return failure("the contact of record " + std::to_string(content.index) + " has no key any more");
  const auto sealed =
      seal_file(view_->shared().origin, *key, salts_.next(), static_cast<std::uint64_t>(content.index), content.bytes);
  auto name = files_.put(chars(sealed.head), content.bytes);
  if (!name) return tl::unexpected(name.error());
  kept.file = std::move(*name);
  kept.sealed = hex(sealed.body.h);
  kept.length = static_cast<std::int64_t>(sealed.body.n);
  return {};
}

bool Keeper::has_room(std::size_t bytes) const {
  if (files_.bytes() + bytes > limits_.room) return false;
  struct statvfs space {};
  if (statvfs(folder_.c_str(), &space) != 0) return true;
  // Twice the reserve: what the ledger itself needs is never taken from it by a picture.
  return static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize >= 2 * limits_.reserve + bytes;
}

template <typename Found>
void Keeper::tell(Result<Found>&& found) {
  if (!found) return events_.fatal(found.error());
  events_.found(std::move(*found));
}

void Keeper::do_one(core::FindBodies&& wanted) {
  tell(find_bodies(*view_, wanted.index));
}

void Keeper::do_one(core::FindSubject&& wanted) {
  tell(find_subject(*view_, wanted));
}

void Keeper::do_one(core::FindOld&& wanted) {
  tell(find_old(*view_, wanted));
}

void Keeper::do_one(core::FindRemains&& wanted) {
  tell(find_remains(*view_, wanted));
}

void Keeper::do_one(core::DropFiles&& files) {
  for (const auto& name : files.files)
    if (auto gone = files_.drop(name); !gone)
      log::error("media.not_dropped", "a file that has to go is tried again at the next start: " + text(gone.error()));
}

}  // namespace postern::ledger
