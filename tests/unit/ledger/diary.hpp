// SPDX-License-Identifier: Apache-2.0
// One contact's conversation, written record by record, and a keeper for the files that come with it.
#pragma once
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "core/interned.hpp"
#include "fixture.hpp"
#include "ledger/keeper.hpp"

namespace postern::ledger::test {

/// One contact's conversation, written record by record.
class Diary {
 public:
  explicit Diary(Store& store) : running_(store) {
    auto& start = add("audit.start");
    (void)start;
    commit();
    contact_ = crypto::random_id();
    conversation_ = crypto::random_id();
  }

  core::Record& add(std::string_view type) {
    core::Record made;
    made.index = next_++;
    made.wall = wall_ += 1'000;
    made.boot = boot_ += 1'000;
    made.boot_id = {'0', 'f', '3', 'c', '9', 'a', '7', '1'};
    made.type = type;
    batch_.records.push_back(std::move(made));
    return batch_.records.back();
  }
  /// A record of the conversation with a body.
  std::int64_t say(std::string_view type, const std::string& body, std::int64_t cause = core::kNone) {
    if (!begun_) begin();
    auto& made = add(type);
    made.account = account_;
    made.platform = core::intern("messenger");
    made.contact = contact_;
    made.conversation = conversation_;
    made.message = crypto::random_id();
    made.retention = "dm";
    made.cause = cause;
    made.body = std::make_shared<const std::string>(body);
    return made.index;
  }
  std::int64_t message(const std::string& id, const std::string& text, std::string_view kind = "message") {
    return say(kind == "message" ? "msg.in"
               : kind == "edit"  ? "msg.edit"
                                 : "msg.unsend",
               R"({"kind":")" + std::string(kind) + R"(","thread":"t","platform_id":")" + id + R"(","text":")" + text +
                   R"("})");
  }
  /// The body of record `index` goes, and a record says so.
  void shred(std::int64_t index, std::int64_t cause) {
    auto& made = add("retention.purged");
    made.retention = "dm";
    made.count = 1;
    made.cause = cause;
    made.range = std::pair(index, index + 1);
    batch_.rows.emplace_back(core::BodyGone{index});
  }
  void add_row(core::Row row) { batch_.rows.push_back(std::move(row)); }
  void commit() {
    REQUIRE(running_.submit(std::exchange(batch_, {})));
    REQUIRE(running_.settle());
    REQUIRE(running_.fatal() == "");
  }
  void wait(Micros time) {
    wall_ += time;
    boot_ += time;
  }
  const Id& contact() const { return contact_; }
  Micros wall() const { return wall_; }
  Running& running() { return running_; }

 private:
  void begin() {
    begun_ = true;
    core::ConversationRow row;
    row.number = row.contact_number = next_;
    row.id = conversation_;
    row.contact = contact_;
    row.account = account_;
    row.doc = std::make_shared<const std::string>(R"({"thread":"t"})");
    batch_.rows.emplace_back(core::ContactRow{next_, contact_, account_, row.doc});
    batch_.rows.emplace_back(core::IdentityRow{true, account_, "t", conversation_, next_});
    batch_.rows.emplace_back(std::move(row));
  }

  const std::string_view account_ = core::intern("acme");
  Running running_;
  Batch batch_;
  bool begun_ = false;
  std::int64_t next_ = 0;
  Micros wall_ = 1'767'225'600'000'000, boot_ = 5'000'000;
  Id contact_{}, conversation_{};
};

/// A keeper whose answers can be waited for.
class Shop {
 public:
  Shop(Store& store, const std::filesystem::path& folder, KeeperLimits limits = {}) {
    auto view = store.open_view();
    REQUIRE(view);
    keeper_ =
        std::make_unique<Keeper>(std::move(*view), folder, limits, 100,
                                 KeeperEvents{[this](core::FileFetched&& file) { tell(files_, std::move(file)); },
                                              [this](core::Input&& found) { tell(found_, std::move(std::get<core::BodiesFound>(found))); },
                                              [this](Error error) { fatal_ = text(error); }});
  }
  core::FileFetched keep(Content&& content) {
    REQUIRE(keeper_->keep(std::move(content)));
    return wait(files_);
  }
  core::BodiesFound find(std::int64_t index) {
    REQUIRE(keeper_->find(core::FindBodies{index}));
    return wait(found_);
  }
  void drop(const std::string& name, std::int64_t any_record) {
    REQUIRE(keeper_->drop(core::DropFiles{{name}}));
    find(any_record);  // what is done in order is done when this is answered
  }

 private:
  template <typename T>
  void tell(std::vector<T>& to, T&& what) {
    std::lock_guard lock(mutex_);
    to.push_back(std::move(what));
    changed_.notify_all();
  }
  template <typename T>
  T wait(std::vector<T>& from) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, std::chrono::seconds(20), [&] { return !from.empty(); }));
    T first = std::move(from.front());
    from.erase(from.begin());
    return first;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<core::FileFetched> files_;
  std::vector<core::BodiesFound> found_;
  std::string fatal_;
  std::unique_ptr<Keeper> keeper_;
};

inline Content picture(const Diary& diary, std::int64_t index, std::string bytes) {
  Content content;
  content.medium = index * core::kMostFiles;
  content.keep = true;
  content.contact = diary.contact();
  content.index = index;
  content.wall = diary.wall();
  content.mime = "image/gif";
  content.bytes = std::move(bytes);
  return content;
}

}  // namespace postern::ledger::test
