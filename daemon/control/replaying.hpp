// SPDX-License-Identifier: Apache-2.0
// One run of policy.replay (docs/protocol.md) over the ledger: which records it needs, read in strides, so that other
// questions get their turn in between. That somebody has texts read for it is on record before. The reader's thread.
#pragma once
#include <memory>
#include <string>

#include "control/backend.hpp"
#include "core/replay.hpp"
#include "ledger/view.hpp"

namespace postern::control {

/// What a replay needs beside the record.
struct ReplayFacts {
  core::policy::FingerprintKey key{};
  /// The time zones that rules may name. May be null.
  std::function<std::shared_ptr<const core::policy::Zones>()> zones;
};

class Replaying {
 public:
  /// Null, and `answer` says why: the parameters are wrong, or the ledger cannot be read.
  static std::shared_ptr<Replaying> begin(ledger::View& view, const Query& query, const ReplayFacts& facts,
                                          core::Reply& answer);

  /// Takes some more records. True: all are taken, and `answer()` is the answer.
  bool stride(ledger::View& view);
  core::Reply answer() const;

 private:
  Replaying(core::Replay::Plan plan, std::uint64_t reply_to, std::string account)
      : platform_(plan.pack->data().platform),
        version_(plan.pack->data().version),
        hash_(plan.pack->data().hash),
        reply_to_(reply_to),
        account_(std::move(account)),
        replay_(std::move(plan)) {}

  Result<void> take(ledger::View& view, std::int64_t index, std::string_view leaf, ByteView blob, bool earlier);
  Result<void> read_before(ledger::View& view, const Id& conversation, const Id& contact);
  bool concerns(std::string_view platform, std::string_view account) const {
    return platform == platform_ && (account_.empty() || account == account_);
  }

  const std::string_view platform_, version_, hash_;
  const std::uint64_t reply_to_;
  const std::string account_;
  core::Replay replay_;
  std::int64_t first_ = 0, next_ = 0, end_ = 0;  ///< records: from where on they are read, the next one, past the last
  std::string error_;                            ///< the ledger could not be read
};

}  // namespace postern::control
