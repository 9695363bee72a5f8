// SPDX-License-Identifier: Apache-2.0
// Small files that must be whole, private and on the disk: seeds, keys, the lock, the high-water mark.
#pragma once
#include <filesystem>
#include <string>

#include "base/error.hpp"

namespace postern::ledger {

/// The whole file. An error if it has more than `most` bytes.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t most = 64 * 1024);
/// Writes a new file of two parts, for its owner alone, and syncs it. It may be large: what is written goes to the disk
/// as it comes, so that a commit elsewhere on the disk never waits for all of it.
Result<void> write_large_file(const std::filesystem::path& path, std::string_view head, std::string_view rest);
/// Writes beside the file, syncs, renames over it and syncs the directory: after a crash the old or the new one is
/// whole.
Result<void> write_file(const std::filesystem::path& path, std::string_view content, unsigned mode);
/// Waits until what was written to a file, or what a directory lists, is on the disk.
Result<void> sync(const std::filesystem::path& path);
/// Adds to the end of a file, for its owner alone, and syncs it; makes the file if there is none.
Result<void> append_file(const std::filesystem::path& path, std::string_view content);
/// Overwrites the content with zeros, syncs, unlinks.
Result<void> shred_file(const std::filesystem::path& path);
Result<void> rename_file(const std::filesystem::path& from, const std::filesystem::path& to);

/// Makes an empty file that only its owner can read, unless there is one already.
Result<void> create_private(const std::filesystem::path& path);
/// Refuses a file or directory that has any of these mode bits, is of another owner than this process, or is a link.
Result<void> check_mode(const std::filesystem::path& path, unsigned forbidden);

/// Holds `flock` on a file as long as it lives, and leaves this process's number in it.
class FileLock {
 public:
  static Result<FileLock> take(const std::filesystem::path& path);
  FileLock(FileLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  FileLock& operator=(FileLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace postern::ledger
