// SPDX-License-Identifier: Apache-2.0
// The thread that keeps what contacts sent beside their words: it seals files and writes them, hashes those of which
// only that is kept, finds what has to go, and drops files. All of it takes long, so it stands apart from the writer;
// what becomes of the record is the core's decision and the writer's commit.
#pragma once
#include <functional>
#include <memory>
#include <semaphore>
#include <thread>
#include <variant>

#include "base/mailbox.hpp"
#include "core/action.hpp"
#include "core/input.hpp"
#include "ledger/media_files.hpp"
#include "ledger/salts.hpp"
#include "ledger/view.hpp"

namespace postern::ledger {

/// A file that has been fetched.
struct Content {
  std::int64_t medium = core::kNone;
  bool keep = false;                 ///< else only its hash is wanted
  Id contact{};                      ///< whose key seals it,
  std::int64_t index = core::kNone;  ///< as that of this record
  Micros wall = 0;                   ///< and this record's month
  std::string mime;
  std::string bytes;
};

struct KeeperLimits {
  std::uint64_t room = 10ull << 30;     ///< bytes of all files together
  std::uint64_t reserve = 64ull << 20;  ///< free space on the disk that is left to the ledger
};

/// What the owner is told, on the keeper's thread; it must not wait.
struct KeeperEvents {
  std::function<void(core::FileFetched&&)> kept;
  std::function<void(core::Input&&)> found;  ///< BodiesFound, SubjectFound, RemainsFound, OldFound
  /// The ledger cannot be read: the process must exit with 74.
  std::function<void(Error)> fatal;
};

class Keeper {
 public:
  /// Drops the files that no row names, then starts the thread. Throws std::runtime_error if there is no folder.
  Keeper(std::unique_ptr<View> view, std::filesystem::path folder, KeeperLimits limits, std::size_t capacity,
         KeeperEvents events);
  ~Keeper() { stop(); }

  // Any thread. False if too much waits; the work is then untouched.
  [[nodiscard]] bool keep(Content&& content) { return box_.put(std::move(content)); }
  [[nodiscard]] bool find(core::FindBodies wanted) { return box_.put(wanted); }
  [[nodiscard]] bool find(core::FindSubject&& wanted) { return box_.put(std::move(wanted)); }
  [[nodiscard]] bool find(core::FindRemains wanted) { return box_.put(wanted); }
  [[nodiscard]] bool find(core::FindOld&& wanted) { return box_.put(std::move(wanted)); }
  [[nodiscard]] bool drop(core::DropFiles&& files) { return box_.put(std::move(files)); }
  /// Ends the thread; what still waits is not done: a start does it again.
  void stop();

 private:
  using Work =
      std::variant<Content, core::FindBodies, core::DropFiles, core::FindSubject, core::FindRemains, core::FindOld>;

  void run(std::stop_token stop);
  void do_one(Content&& content);
  void do_one(core::FindBodies&& wanted);
  void do_one(core::DropFiles&& files);
  void do_one(core::FindSubject&& wanted);
  void do_one(core::FindRemains&& wanted);
  void do_one(core::FindOld&& wanted);
  template <typename Found>
  void tell(Result<Found>&& found);
  Result<void> store(Content& content, core::FileFetched& kept);
  bool has_room(std::size_t bytes) const;

  std::unique_ptr<View> view_;
  MediaFiles files_;
  const std::filesystem::path folder_;
  const KeeperLimits limits_;
  const KeeperEvents events_;
  Salts salts_;
  std::counting_semaphore<> bell_{0};
  Mailbox<Work> box_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace postern::ledger
