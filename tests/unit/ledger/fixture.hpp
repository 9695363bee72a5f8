// SPDX-License-Identifier: Apache-2.0
// A ledger in a directory of its own, and batches that look like those of a busy broker.
#pragma once
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>

#include "base/clock.hpp"
#include "catch.hpp"
#include "ledger/store.hpp"
#include "ledger/writer.hpp"
#include "traffic.hpp"

namespace postern::ledger::test {

/// A fresh directory below the system's temporary one, removed at the end.
class Folder {
 public:
  explicit Folder(const std::filesystem::path& below = std::filesystem::temp_directory_path()) {
    std::string name = (below / "postern-ledger-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  Options options() const {
    Options options;
    options.directory = path_ / "state";
    options.name = "test.example";
    return options;
  }

 private:
  std::filesystem::path path_;
};

class FixedClock final : public Clock {
 public:
  Now now() const override { return now_; }
  Now now_{1'767'225'600'000'000, 5'000'000, {'0', 'f', '3', 'c', '9', 'a', '7', '1'}};
};

inline std::unique_ptr<Store> must_open(const Options& options) {
  auto store = Store::open(options, FixedClock());
  INFO((store ? "" : text(store.error().error)));
  REQUIRE(store);
  return std::move(*store);
}

inline std::unique_ptr<View> must_view(Store& store) {
  auto view = store.open_view();
  REQUIRE(view);
  return std::move(*view);
}

/// A writer whose commits can be waited for.
class Running {
 public:
  explicit Running(Store& store, WriterOptions options = {}) : writer_(store, std::move(options), events()) {}

  /// Submits when there is room; false if that takes more than ten seconds.
  bool submit(Batch&& batch) {
    batch.number = ++submitted_;
    for (int tries = 0; tries < 10'000; ++tries) {
      if (writer_.submit(std::move(batch))) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
  }
  /// Waits until all that was submitted is durable, or the writer has failed.
  bool settle(std::chrono::seconds most = std::chrono::seconds(20)) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, most, [&] { return committed_ == submitted_ || !fatal_.empty(); });
  }
  std::int64_t last_index() {
    std::lock_guard lock(mutex_);
    return last_index_;
  }
  std::string fatal() {
    std::lock_guard lock(mutex_);
    return fatal_;
  }
  std::vector<Id> take_spares() {
    std::lock_guard lock(mutex_);
    return std::exchange(spares_, {});
  }
  bool was_degraded() {
    std::lock_guard lock(mutex_);
    return was_degraded_;
  }
  Writer& writer() { return writer_; }

 private:
  WriterEvents events() {
    return {[this](std::uint64_t number, std::int64_t last) {
              std::lock_guard lock(mutex_);
              committed_ = number;
              last_index_ = last;
              changed_.notify_all();
            },
            [this](std::vector<Id> ids) {
              std::lock_guard lock(mutex_);
              spares_.insert(spares_.end(), ids.begin(), ids.end());
            },
            [this](bool degraded) {
              std::lock_guard lock(mutex_);
              was_degraded_ |= degraded;
            },
            [this](Error error) {
              std::lock_guard lock(mutex_);
              fatal_ = text(error);
              changed_.notify_all();
            }};
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t submitted_ = 0, committed_ = 0;
  std::int64_t last_index_ = -1;
  bool was_degraded_ = false;
  std::string fatal_;
  std::vector<Id> spares_;
  Writer writer_;
};

}  // namespace postern::ledger::test
