// SPDX-License-Identifier: Apache-2.0
// A folder that is becoming a BagIt bag (RFC 8493): what is put into it is hashed as it is written, and listed in
// manifest-sha256.txt at once, so that nothing grows with its size. bagit.txt comes last: what an interrupted export
// leaves behind is no bag. One thread at a time.
#pragma once
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/sha256.hpp"

namespace postern::bag {

class Bag {
 public:
  /// A file of the bag that is written in pieces. Errors are told by close().
  class File {
   public:
    File(File&&) = default;
    void write(std::string_view bytes);
    /// Lists the file in the manifest; it must be called once, at the end.
    Result<void> close();

   private:
    friend class Bag;
    File(Bag& bag, std::string name);

    Bag* bag_;
    std::string name_;
    std::ofstream out_;
    crypto::Sha256 hash_;
    std::uint64_t bytes_ = 0;
  };

  /// `folder` must not exist or be empty; it will be for its owner alone.
  static Result<Bag> create(const std::filesystem::path& folder);

  /// A file below data/; `name` is relative to that, of printable ASCII.
  Result<File> open(const std::string& name);
  Result<void> put(const std::string& name, std::string_view bytes);

  /// Where a file goes that somebody else writes; list() takes it into the bag when it is whole.
  Result<std::filesystem::path> place(const std::string& name);
  Result<void> list(const std::string& name);

  /// Labels and values of bag-info.txt, beside those that count the payload. A value is one line.
  using Info = std::vector<std::pair<std::string_view, std::string>>;
  Result<void> finish(const Info& info);

  const std::filesystem::path& folder() const { return folder_; }

 private:
  explicit Bag(std::filesystem::path folder);
  Result<void> write(const char* name, std::string_view text) const;

  std::filesystem::path folder_, made_;  ///< made_: the directory that was made last
  std::ofstream manifest_;
  std::uint64_t bytes_ = 0, files_ = 0;
};

}  // namespace postern::bag
