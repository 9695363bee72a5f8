// SPDX-License-Identifier: Apache-2.0
// The threads that work on the ledger, each with a view of its own.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "broker/broker.hpp"
#include "ledger/keeper.hpp"
#include "ledger/loader.hpp"
#include "ledger/reader.hpp"
#include "ledger/scrub.hpp"
#include "ledger/store.hpp"
#include "ledger/writer.hpp"
#include "publish/publisher.hpp"
#include "search/indexer.hpp"
#include "service/assembly.hpp"

namespace postern::service {

/// Whoever reads is ended before who writes, and the publisher last: it publishes what was written last.
class LedgerThreads {
 public:
  /// All must outlive this; `broker` may still be null, and is asked only once it is there. `alarm` is called on the
  /// publisher's thread, with why the ledger must not go on.
  LedgerThreads(ledger::Store& store, broker::Inbox& inbox, std::unique_ptr<broker::Broker>& broker,
                std::function<void(const std::string&)> alarm)
      : store_(store), inbox_(inbox), broker_(broker), alarm_(std::move(alarm)) {}

  /// Once, on main. A ledger that cannot go on afterwards ends the process (exit 74).
  tl::expected<void, ledger::Refusal> start(const Assembly& assembly);

  /// Ends every thread; what was submitted is durable afterwards. The writer itself stays, for who still refers to it.
  void stop();

  ledger::Writer& writer() { return *writer_; }
  const ledger::Writer& writer() const { return *writer_; }
  const ledger::Scrubber& scrubber() const { return *scrubber_; }
  const publish::Publisher& publisher() const { return *publisher_; }
  ledger::Loader& loader() { return *loader_; }
  ledger::Reader& reader() { return *reader_; }  ///< for what is read in a moment
  ledger::Reader& clerk() { return *clerk_; }    ///< for what takes long
  ledger::Keeper& keeper() { return *keeper_; }
  search::Indexer* indexer() { return indexer_.get(); }  ///< null: there is no index

 private:
  Result<void> start_publishing(const Assembly& assembly);
  void start_writer(const config::Config& config);
  Result<void> start_readers(const config::Config& config);

  ledger::Store& store_;
  broker::Inbox& inbox_;
  std::unique_ptr<broker::Broker>& broker_;
  const std::function<void(const std::string&)> alarm_;
  std::unique_ptr<publish::Publisher> publisher_;
  std::unique_ptr<ledger::Writer> writer_;
  std::unique_ptr<ledger::Loader> loader_;
  std::unique_ptr<ledger::Reader> reader_, clerk_;
  std::unique_ptr<ledger::Scrubber> scrubber_;
  std::unique_ptr<ledger::Keeper> keeper_;
  std::unique_ptr<search::Indexer> indexer_;
};

}  // namespace postern::service
