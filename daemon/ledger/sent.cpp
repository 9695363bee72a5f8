// SPDX-License-Identifier: Apache-2.0
#include "ledger/sent.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/log.hpp"
#include "core/intent.hpp"
#include "core/interned.hpp"

namespace postern::ledger {
namespace {

constexpr std::int64_t kStride = 1'000;  // records that are read at a time, going back

/// The end of an attempt, as its leaf tells.
struct Ended {
  Micros at = 0;
  std::int64_t intent = core::kNone, part = 1;
  std::string_view account;
  Id conversation{};
};

// Each attempt has one such record. A part that was given up was not attempted; one that was reconciled was, before.
bool ends_attempt(const Leaf& leaf) {
  return leaf.k == "msg.out.sent" || leaf.k == "msg.out.unknown" ||
         (leaf.k == "msg.out.failed" && !leaf.d.ends_with(":given-up"));
}

/// Reads the log backwards, a stride at a time.
class Tail {
 public:
  Tail(View& view, Micros since) : view_(view), since_(since) {}

  Result<std::vector<Ended>> read(std::int64_t size) {
    std::int64_t first = size;
    while (first > 0 && !reached_ && size - first < kSentRecords) {
      const std::int64_t end = std::exchange(first, std::max<std::int64_t>(0, first - kStride));
      if (auto done = stride(first, end); !done) return tl::unexpected(done.error());
    }
    if (first > 0 && !reached_)
      log::warning("rates.partial",
                   "what was sent longer ago than the last 50,000 records is not counted by rate limits");
    std::ranges::reverse(ended_);
    return std::move(ended_);
  }

 private:
  Result<void> stride(std::int64_t first, std::int64_t end) {
    std::vector<Ended> found;
    Result<void> done;
    view_.records().each(first, end - first, [&](std::int64_t index, std::string_view bytes, ByteView) {
      const auto leaf = check_leaf(bytes, static_cast<std::uint64_t>(index));
      if (!leaf) {
        done = tl::unexpected(leaf.error());
      } else if (leaf->t <= since_) {
        reached_ = true;
      } else if (ends_attempt(*leaf) && leaf->r && !leaf->w.empty()) {
        found.push_back(
            {leaf->t, *leaf->r, leaf->q.value_or(1), core::intern(leaf->w), Id::from_hex(leaf->c).value_or(Id{})});
      }
    });
    ended_.insert(ended_.end(), found.rbegin(), found.rend());
    return done;
  }

  View& view_;
  const Micros since_;
  bool reached_ = false;
  std::vector<Ended> ended_;  // newest first
};

/// What kind of part it was and whom it was for.
class Describer {
 public:
  explicit Describer(View& view) : view_(view) {}

  Result<core::PastAttempt> describe(const Ended& ended) {
    core::PastAttempt sent;
    sent.account = ended.account;
    sent.at = ended.at;
    sent.contact_number = contact_of(ended.conversation);
    const auto body = view_.records().body(ended.intent);
    if (!body) return tl::unexpected(body.error());
    // Of somebody who was erased it counts as a plain message.
    const auto intent = *body ? core::parse_intent(**body) : std::nullopt;
    if (!intent) return sent;
    sent.effect = intent->effect;
    sent.author = intent->author;
    if (const auto piece = static_cast<std::size_t>(ended.part - 1); piece < intent->pieces.size())
      sent.media = intent->pieces[piece].media;
    return sent;
  }

 private:
  std::int64_t contact_of(const Id& conversation) {
    const auto [at, fresh] = contacts_.try_emplace(conversation, core::kNone);
    if (!fresh) return at->second;
    if (const auto number = view_.number_of(conversation))
      if (const auto row = view_.rows().conversation(*number)) at->second = row->contact_number;
    return at->second;
  }

  View& view_;
  std::unordered_map<Id, std::int64_t> contacts_;  // by conversation
};

}  // namespace

Result<std::vector<core::PastAttempt>> recently_sent(View& view, Micros since) {
  const auto head = view.head();
  if (!head) return std::vector<core::PastAttempt>();
  auto ended = Tail(view, since).read(head->size);
  if (!ended) return tl::unexpected(ended.error());
  Describer describer(view);
  std::vector<core::PastAttempt> sent;
  sent.reserve(ended->size());
  for (const Ended& each : *ended) {
    auto described = describer.describe(each);
    if (!described) return tl::unexpected(described.error());
    sent.push_back(*described);
  }
  return sent;
}

}  // namespace postern::ledger
