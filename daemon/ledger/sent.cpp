// SPDX-License-Identifier: Apache-2.0
#include "ledger/sent.hpp"

#include <algorithm>
#include <ranges>
#include <unordered_map>
#include <utility>

#include "base/log.hpp"
#include "core/attempts.hpp"
#include "core/conversation.hpp"
#include "core/intent.hpp"
#include "core/interned.hpp"

namespace postern::ledger {
namespace {

constexpr std::int64_t kStride = 1'000;  // records that are read at a time, going back

/// The beginning of an attempt, as its leaf tells.
struct Began {
  Micros at = 0;
  std::int64_t index = core::kNone, part = core::kNone;  ///< Part::key
  std::string_view account;
  Id conversation{};
};

std::unordered_set<std::int64_t> on_their_way(View& view) {
  std::unordered_set<std::int64_t> keys;
  for (const core::OutboxRow& row : view.rows().outbox())
    if (static_cast<core::PartState>(row.state) == core::PartState::sending) keys.insert(row.key);
  return keys;
}

/// Reads the log backwards, a stride at a time.
class Tail {
 public:
  Tail(View& view, Micros since) : view_(view), since_(since), attempts_(on_their_way(view)) {}

  Result<std::vector<Began>> read(std::int64_t size) {
    std::int64_t first = size;
    while (first > 0 && !reached_ && size - first < kSentRecords) {
      const std::int64_t end = std::exchange(first, std::max<std::int64_t>(0, first - kStride));
      if (auto done = stride(first, end); !done) return tl::unexpected(done.error());
    }
    if (first > 0 && !reached_)
      log::warning("rates.partial",
                   "what was sent longer ago than the last 50,000 records is not counted by rate limits");
    std::ranges::reverse(began_);
    return std::move(began_);
  }

 private:
  struct Step {
    core::AttemptStep step;
    std::int64_t index, cause, part;
    Began began;
  };

  Result<void> stride(std::int64_t first, std::int64_t end) {
    std::vector<Step> steps;  // the oldest first
    Result<void> done;
    view_.records().each(first, end - first, [&](std::int64_t index, std::string_view bytes, ByteView) {
      const auto leaf = check_leaf(bytes, static_cast<std::uint64_t>(index));
      if (!leaf) {
        done = tl::unexpected(leaf.error());
      } else if (leaf->t <= since_) {
        reached_ = true;
        steps.clear();
      } else if (const auto step = core::attempt_step(leaf->k, leaf->d, !leaf->h.empty());
                 step != core::AttemptStep::none && !leaf->w.empty()) {
        steps.push_back({step,
                         index,
                         leaf->r.value_or(core::kNone),
                         leaf->q.value_or(1),
                         {leaf->t, index, core::kNone, core::intern(leaf->w), Id::from_hex(leaf->c).value_or(Id{})}});
      }
    });
    for (auto& step : std::views::reverse(steps))
      if (const auto part = attempts_.take(step.step, step.index, step.cause, step.part)) {
        step.began.part = *part;
        began_.push_back(step.began);
      }
    return done;
  }

  View& view_;
  const Micros since_;
  core::AttemptsBackwards attempts_;
  bool reached_ = false;
  std::vector<Began> began_;  // newest first
};

/// What kind of part it was and whom it was for.
class Describer {
 public:
  explicit Describer(View& view) : view_(view) {}

  Result<core::PastAttempt> describe(const Began& began) {
    core::PastAttempt sent;
    sent.index = began.index;
    sent.account = began.account;
    sent.at = began.at;
    sent.message = began.part / 256;
    const Whom& whom = find(began.conversation);
    sent.contact_number = whom.contact;
    const auto body = view_.records().body(began.part / 256);
    if (!body) return tl::unexpected(body.error());
    // Of somebody who was erased it counts as a plain message.
    const auto intent = *body ? core::parse_intent(**body) : std::nullopt;
    if (intent) core::describe(sent, *intent, began.part % 256, whom.public_);
    return sent;
  }

 private:
  struct Whom {
    std::int64_t contact = core::kNone;
    bool public_ = false;
  };
  const Whom& find(const Id& conversation) {
    const auto [at, fresh] = known_.try_emplace(conversation);
    if (!fresh) return at->second;
    if (const auto number = view_.number_of(conversation))
      if (const auto row = view_.rows().conversation(*number))
        at->second = {row->contact_number, (row->flags & core::Conversation::kPublic) != 0};
    return at->second;
  }

  View& view_;
  std::unordered_map<Id, Whom> known_;
};

}  // namespace

Result<std::vector<core::PastAttempt>> recently_sent(View& view, Micros since) {
  const auto head = view.head();
  if (!head) return std::vector<core::PastAttempt>();
  auto began = Tail(view, since).read(head->size);
  if (!began) return tl::unexpected(began.error());
  Describer describer(view);
  std::vector<core::PastAttempt> sent;
  sent.reserve(began->size());
  for (const Began& each : *began) {
    auto described = describer.describe(each);
    if (!described) return tl::unexpected(described.error());
    sent.push_back(*described);
  }
  return sent;
}

}  // namespace postern::ledger
