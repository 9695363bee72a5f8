// SPDX-License-Identifier: Apache-2.0
#include "service/ledger_threads.hpp"

#include <sysexits.h>

#include <cstdlib>

#include "base/log.hpp"
#include "service/indexer.hpp"
#include "service/keeper.hpp"
#include "service/publication.hpp"

namespace postern::service {
namespace {

constexpr std::size_t kLoads = 65'536, kJobs = 64, kLongJobs = 4;

// The ledger cannot go on. What was not durable was never acknowledged, so the way back is a start from disk.
[[noreturn]] void end_at_once(const Error& error) {
  log::error("ledger.fatal", text(error) + "; the daemon ends and starts again from what is on disk");
  std::_Exit(EX_IOERR);
}

}  // namespace

tl::expected<void, ledger::Refusal> LedgerThreads::start(const Assembly& assembly) {
  const auto refuse = [](const Error& error, int code) { return tl::unexpected(ledger::Refusal{error, code}); };
  if (auto done = start_publishing(assembly); !done) return refuse(done.error(), EX_IOERR);
  start_writer(assembly.config);
  if (auto done = start_readers(assembly.config); !done) return refuse(done.error(), EX_IOERR);
  auto keeper = start_keeper(store_, assembly.config, inbox_, broker_, end_at_once);
  if (!keeper) return refuse(keeper.error(), EX_CANTCREAT);
  keeper_ = std::move(*keeper);
  auto indexer = start_indexer(store_, assembly.config);
  if (!indexer) return refuse(indexer.error(), EX_CANTCREAT);
  indexer_ = std::move(*indexer);
  return {};
}

void LedgerThreads::stop() {
  reader_.reset();
  clerk_.reset();
  scrubber_.reset();
  indexer_.reset();
  loader_.reset();
  keeper_.reset();
  if (writer_) writer_->stop();
  if (publisher_) publisher_->stop();
}

Result<void> LedgerThreads::start_publishing(const Assembly& assembly) {
  auto publisher = start_publisher(store_, assembly.publish, inbox_, broker_, writer_, alarm_);
  if (!publisher) return tl::unexpected(publisher.error());
  publisher_ = std::move(*publisher);
  return {};
}

void LedgerThreads::start_writer(const config::Config& config) {
  ledger::WriterOptions options;
  options.reserve = static_cast<std::uint64_t>(config.ledger_reserve);
  ledger::WriterEvents events;
  events.committed = [this](std::uint64_t number, std::int64_t last) {
    (void)inbox_.commits.put({number, last});
    publisher_->committed(last);
  };
  events.spares = [this](std::vector<Id> ids) {
    (void)inbox_.work.put([this, ids = std::move(ids)]() mutable { broker_->decide(core::Spares{std::move(ids)}); });
  };
  events.renewed = [this](std::int64_t kek) { (void)inbox_.work.put([this, kek] { broker_->renewed(kek); }); };
  events.degraded = [](bool degraded) {
    if (degraded)
      log::error("ledger.full", "the disk is full: nothing is acknowledged until there is room");
    else
      log::info("ledger.room", "there is room on the disk again");
  };
  events.fatal = [](Error error) { end_at_once(error); };
  writer_ = std::make_unique<ledger::Writer>(store_, std::move(options), std::move(events));
}

Result<void> LedgerThreads::start_readers(const config::Config& config) {
  auto for_loader = store_.open_view();
  auto for_reader = store_.open_view();
  auto for_clerk = store_.open_view();
  auto for_scrubber = store_.open_view();
  for (const auto* view : {&for_loader, &for_reader, &for_clerk, &for_scrubber})
    if (!*view) return tl::unexpected(view->error());
  loader_ = std::make_unique<ledger::Loader>(
      std::move(*for_loader), kLoads, [this](core::Loaded&& loaded) { (void)inbox_.loaded.put(std::move(loaded)); },
      [](Error error) { end_at_once(error); });
  reader_ = std::make_unique<ledger::Reader>(std::move(*for_reader), kJobs);
  clerk_ = std::make_unique<ledger::Reader>(std::move(*for_clerk), kLongJobs, "clerk");
  scrubber_ = std::make_unique<ledger::Scrubber>(
      std::move(*for_scrubber), ledger::ScrubOptions{.every = config.scrub, .mark = config.state_dir / "scrubbed"});
  return {};
}

}  // namespace postern::service
