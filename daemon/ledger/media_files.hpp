// SPDX-License-Identifier: Apache-2.0
// The files that contacts sent, sealed, one each, in the folder media/ beside the ledger: a file of 25 MiB in a row
// would hold up every commit behind it. Their names are random; what a file is says the record msg.media.
#pragma once
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace postern::ledger {

class MediaFiles {
 public:
  /// Makes the folder if it is not there. Throws std::runtime_error if it cannot.
  explicit MediaFiles(std::filesystem::path folder);

  /// Writes a new file and gives its name; durable when it returns.
  Result<std::string> put(std::string_view head, std::string_view rest);
  /// The bytes of a file in such a folder, at most `most`. Any thread.
  static Result<std::string> read(const std::filesystem::path& folder, const std::string& name, std::size_t most);
  /// Overwrites and removes a file. One that is not there is no error.
  Result<void> drop(const std::string& name);
  /// Drops all but these: what a crash has left between a file and its record, and between a record and its file's end.
  void sweep(const std::set<std::string>& kept);
  /// Bytes of all files together.
  std::uint64_t bytes() const { return bytes_; }

 private:
  const std::filesystem::path folder_;
  std::uint64_t bytes_ = 0;
};

}  // namespace postern::ledger
