// SPDX-License-Identifier: Apache-2.0
// Questions that only the ledger can answer, asked on its reader's thread (docs/protocol.md: conversations, show,
// gaps, audit.tail, audit.verify, audit.export, audit.proof, audit.requests,
// policy.replay, search, media.get, media.more).
#pragma once
#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

#include "control/backend.hpp"
#include "control/media_desk.hpp"
#include "control/replaying.hpp"
#include "core/settings.hpp"
#include "ledger/reader.hpp"
#include "search/indexer.hpp"

namespace postern::control {

class Queries {
 public:
  /// Called on a reader's thread, once for each query that was taken.
  using Answer = std::function<void(core::Reply&&)>;

  /// All must outlive the readers' last jobs. `clerk` does what takes long, so that no question waits for it. `media`
  /// is the folder of the kept files.
  Queries(ledger::Reader& reader, ledger::Reader& clerk, std::filesystem::path media, ReplayFacts facts, Answer answer)
      : reader_(reader), clerk_(clerk), desk_(std::move(media)), facts_(std::move(facts)), answer_(std::move(answer)) {}

  /// Is this a method of ours?
  static bool knows(std::string_view method);

  /// The settings that hold from now on. Any thread.
  void know(std::shared_ptr<const core::Settings> settings) { settings_.store(std::move(settings)); }

  /// What searches are asked; null: there is no index. Before the first query.
  void find_with(search::Indexer* indexer) { indexer_ = indexer; }

  /// Any thread. False if the reader has too much to do; there will be no answer then.
  [[nodiscard]] bool submit(Query&& query);

 private:
  void replay(ledger::View& view, std::shared_ptr<Replaying> run);

  ledger::Reader &reader_, &clerk_;
  search::Indexer* indexer_ = nullptr;
  MediaDesk desk_;  ///< the reader's thread alone
  const ReplayFacts facts_;
  bool replays_ = false;  ///< the reader's thread alone; one at a time, since each keeps what it has read in memory
  const Answer answer_;
  std::atomic<std::shared_ptr<const core::Settings>> settings_;
};

/// The answer to one query. `settings` are those that hold; may be null.
core::Reply answer_query(ledger::View& view, const Query& query, const core::Settings* settings = nullptr);

}  // namespace postern::control
