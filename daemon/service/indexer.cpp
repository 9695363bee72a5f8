// SPDX-License-Identifier: Apache-2.0
#include "service/indexer.hpp"

#include "ledger/files.hpp"

namespace postern::service {
namespace {

constexpr std::size_t kSearches = 16;  // that wait

}  // namespace

Result<std::unique_ptr<search::Indexer>> start_indexer(ledger::Store& store, const config::Config& config) {
  const auto path = config.state_dir / "search.db";
  if (!config.search) {
    std::error_code error;
    for (const char* name : {"search.db", "search.db-journal"})
      if (std::filesystem::exists(config.state_dir / name, error))
        if (auto gone = ledger::shred_file(config.state_dir / name); !gone) return tl::unexpected(gone.error());
    return nullptr;
  }
  auto index = search::Index::open(path);
  if (!index) return tl::unexpected(index.error());
  auto view = store.open_view();
  if (!view) return tl::unexpected(view.error());
  return std::make_unique<search::Indexer>(std::move(*view), std::move(*index), kSearches);
}

}  // namespace postern::service
