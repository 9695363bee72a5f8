// SPDX-License-Identifier: Apache-2.0
#include "service/keeper.hpp"

namespace postern::service {
namespace {

constexpr std::size_t kWork = 65'536;  // more than the core can ask at once

}  // namespace

Result<std::unique_ptr<ledger::Keeper>> start_keeper(ledger::Store& store, const config::Config& config,
                                                     broker::Inbox& inbox, std::unique_ptr<broker::Broker>& broker,
                                                     std::function<void(const Error&)> fatal) {
  auto view = store.open_view();
  if (!view) return tl::unexpected(view.error());
  ledger::KeeperLimits limits;
  limits.room = config.limits.media_room;
  limits.reserve = static_cast<std::uint64_t>(config.ledger_reserve);
  ledger::KeeperEvents events;
  events.kept = [&inbox, &broker](core::FileFetched&& file) {
    (void)inbox.work.put([&broker, file = std::move(file)]() mutable { broker->kept(std::move(file)); });
  };
  events.found = [&inbox, &broker](core::Input&& found) {
    (void)inbox.work.put([&broker, found = std::move(found)]() mutable { broker->decide(std::move(found)); });
  };
  events.fatal = std::move(fatal);
  try {
    return std::make_unique<ledger::Keeper>(std::move(*view), config.state_dir / "media", limits, kWork,
                                            std::move(events));
  } catch (const std::exception& error) {
    return failure(error.what(), "make room for it, owned by the user of posternd");
  }
}

void tie(broker::Links& links, ledger::Keeper& keeper) {
  links.keep = [&keeper](ledger::Content&& content) { return keeper.keep(std::move(content)); };
  links.find_bodies = [&keeper](core::FindBodies wanted) { return keeper.find(wanted); };
  links.find_subject = [&keeper](core::FindSubject&& wanted) { return keeper.find(std::move(wanted)); };
  links.find_remains = [&keeper](core::FindRemains wanted) { return keeper.find(wanted); };
  links.find_old = [&keeper](core::FindOld&& wanted) { return keeper.find(std::move(wanted)); };
  links.drop_files = [&keeper](core::DropFiles&& files) { return keeper.drop(std::move(files)); };
}

}  // namespace postern::service
