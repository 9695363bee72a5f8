// SPDX-License-Identifier: Apache-2.0
// What a witness remembers of each log: the key that signs now, and the newest checkpoint it has cosigned. A file a
// log, on the disk before anybody is told. One thread.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "ledger/format/checkpoint.hpp"

namespace postern::witness {

struct Log {
  ledger::VKey key;  ///< at first the genesis key
  std::uint64_t size = 0;
  Hash root{};
  std::string note;  ///< with our cosignature; empty: none yet
};

class Memory {
 public:
  /// Reads what there is of these logs; `genesis` are the keys that their owners have given.
  static Result<Memory> open(std::filesystem::path folder, const std::vector<ledger::VKey>& genesis);

  /// Null: a log that this witness has not been told of.
  const Log* find(std::string_view origin) const;
  /// By the name that ledger::log_name gives it.
  const Log* find_named(std::string_view name) const;
  /// Returns when it is on the disk. An error: nothing has changed.
  Result<void> keep(const Log& log);

 private:
  explicit Memory(std::filesystem::path folder) : folder_(std::move(folder)) {}
  Result<void> read(const ledger::VKey& genesis);
  std::filesystem::path path_of(std::string_view origin) const;

  std::filesystem::path folder_;
  std::map<std::string, Log, std::less<>> logs_;
};

}  // namespace postern::witness
