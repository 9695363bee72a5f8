// SPDX-License-Identifier: Apache-2.0
// The log's side of the witness protocol (C2SP tlog-witness). One thread at a time.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ledger/commit.hpp"
#include "ledger/view.hpp"
#include "publish/caller.hpp"
#include "publish/settings.hpp"

namespace postern::publish {

class Witness {
 public:
  /// `caller` outlives it.
  Witness(WitnessPlace place, Caller& caller) : place_(std::move(place)), caller_(caller) {}

  const std::string& name() const { return place_.vkey.name; }

  struct Outcome {
    std::vector<ledger::Published> lines;  ///< what it has cosigned, the newest last
    std::string trouble;                   ///< why it has not cosigned the newest; empty: it has
    /// It has seen a record that this ledger cannot be the continuation of; and what that is.
    std::string alarm;
  };
  /// Has the checkpoint cosigned, and before it those that end a key epoch, so that the witness learns each next key.
  Outcome submit(ledger::View& view, const ledger::View::Head& head);

  /// The newest checkpoint that it shows, with its own cosignature; nothing if it knows none of this log. An error: it
  /// does not answer, or with something that it has not cosigned.
  Result<std::optional<ledger::Note>> newest(const std::string& origin);

 private:
  struct Step {
    std::uint64_t size = 0;
    std::string note;
    bool ends_epoch = false;
  };
  Result<void> climb(ledger::View& view, const ledger::View::Head& head, Outcome& outcome);
  Result<Step> next_step(ledger::View& view, const ledger::View::Head& head) const;
  Result<Answer> add_checkpoint(ledger::View& view, const Step& step);
  Result<void> add_key(ledger::View& view);
  Result<void> take_line(const Step& step, const std::string& answer, Outcome& outcome);
  /// Is what it shows ahead of this ledger, or another one?
  void look_for_conflict(ledger::View& view, std::uint64_t size, Outcome& outcome);

  const WitnessPlace place_;
  Caller& caller_;
  std::optional<std::uint64_t> seen_;  ///< the size that it has seen; unknown at first
};

}  // namespace postern::publish
