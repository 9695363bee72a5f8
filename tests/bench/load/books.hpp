// SPDX-License-Identifier: Apache-2.0
// What became of every message.
#pragma once
#include <cstdint>
#include <vector>

#include "load/people.hpp"
#include "load/poller.hpp"

namespace postern::load {

struct Percentiles {
  double p50 = 0, p90 = 0, p99 = 0, p999 = 0, most = 0;  ///< milliseconds
};

struct Figures {
  std::int64_t measured = 0;    ///< messages after the warm-up that were answered
  double seconds = 0;           ///< from when the first of them was due to the last answer
  Percentiles answer;           ///< from when a message was due to its answer
  Percentiles acknowledge;      ///< from when a message was due to the webhook's 200
  std::int64_t lost = 0;        ///< acknowledged, never answered
  std::int64_t refused = 0;     ///< not acknowledged: the platform would come again
  std::int64_t duplicated = 0;  ///< answers to what had been answered
  std::int64_t misrouted = 0;   ///< answers that went to somebody else
  std::int64_t reordered = 0;  ///< answers after one to what the same person wrote later, in webhooks one after another
  std::int64_t strange = 0;    ///< answers to nothing that was written
};

class Books {
 public:
  /// The first `warmup` messages count for everything but time.
  Books(const People& people, std::int64_t warmup) : people_(people), warmup_(warmup) {}

  std::int64_t begun() const { return static_cast<std::int64_t>(pages_.size()); }
  std::int64_t unanswered() const { return begun() - answered_ - refused_; }
  /// When anything happened last.
  Seconds last_progress() const { return last_progress_; }

  /// One more message, which should leave at `due`; its number.
  std::int64_t begin(Seconds due);
  void posted(std::int64_t message);
  void acknowledged(std::int64_t message);
  void refused(std::int64_t message);
  /// A send arrived that repeats the text of `message` and went to `person`.
  void answered(std::int64_t message, std::uint64_t person);

  Figures figures() const;

 private:
  struct Page {
    Seconds due = 0, posted = 0, acknowledged = 0, answered = 0;
  };
  Page& page(std::int64_t message) { return pages_[static_cast<std::size_t>(message)]; }
  void compare_with_later(std::int64_t message);

  const People& people_;
  const std::int64_t warmup_;
  std::vector<Page> pages_;
  std::vector<std::int64_t> newest_answered_;  // by writer; a message's number and one
  std::int64_t answered_ = 0, refused_ = 0, duplicated_ = 0, misrouted_ = 0, reordered_ = 0, strange_ = 0;
  Seconds last_progress_ = now(), last_answer_ = 0;
};

}  // namespace postern::load
