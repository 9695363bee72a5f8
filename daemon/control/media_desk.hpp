// SPDX-License-Identifier: Apache-2.0
// Hands out files that contacts sent, in pieces (docs/protocol.md: media.get, media.more). That somebody reads a file
// is on record, durable, before `media.get` comes here; its answer has a ticket, by which the rest is asked for. The
// reader's thread only.
#pragma once
#include <deque>
#include <filesystem>
#include <string>

#include "control/backend.hpp"
#include "ledger/kept_file.hpp"
#include "ledger/view.hpp"

namespace postern::control {

class MediaDesk {
 public:
  explicit MediaDesk(std::filesystem::path folder) : folder_(std::move(folder)) {}

  core::Reply answer(ledger::View& view, const Query& query);

 private:
  struct Ticket {
    std::string id;
    std::int64_t record;
  };

  core::Reply first(ledger::View& view, const Query& query, std::int64_t record);
  core::Reply more(ledger::View& view, const Query& query, const std::string& ticket, std::size_t from);
  /// Opens a file unless it is the one that lies here.
  Result<void> open(ledger::View& view, const ledger::KeptFile& of);
  void add_piece(std::string& out, std::size_t from) const;

  const std::filesystem::path folder_;
  std::deque<Ticket> tickets_;         ///< the newest last
  std::int64_t opened_ = core::kNone;  ///< whose bytes lie here: one file at a time
  Bytes bytes_;
};

}  // namespace postern::control
