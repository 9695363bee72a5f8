// SPDX-License-Identifier: Apache-2.0
// Questions that only the ledger can answer, asked on its reader's thread (docs/protocol.md: conversations, show,
// gaps, audit.tail, audit.verify, audit.export).
#pragma once
#include <functional>
#include <string_view>

#include "control/backend.hpp"
#include "ledger/reader.hpp"

namespace postern::control {

class Queries {
 public:
  /// Called on the reader's thread, once for each query that was taken.
  using Answer = std::function<void(core::Reply&&)>;

  /// Both must outlive the reader's last job.
  Queries(ledger::Reader& reader, Answer answer) : reader_(reader), answer_(std::move(answer)) {}

  /// Is this a method of ours?
  static bool knows(std::string_view method);

  /// Any thread. False if the reader has too much to do; there will be no answer then.
  [[nodiscard]] bool submit(Query&& query);

 private:
  ledger::Reader& reader_;
  const Answer answer_;
};

/// The answer to one query.
core::Reply answer_query(ledger::View& view, const Query& query);

}  // namespace postern::control
