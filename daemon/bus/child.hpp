// SPDX-License-Identifier: Apache-2.0
// A plugin host as a child process.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/error.hpp"

namespace postern::bus {

/// Owns a process; ends it when it dies itself. One thread.
class Child {
 public:
  Child() = default;
  Child(Child&& other) noexcept { *this = std::move(other); }
  Child& operator=(Child&& other) noexcept;
  ~Child();

  /// Starts `program` (postern-plugin-host) with its options; `config` becomes its standard input.
  static Result<Child> spawn(const std::filesystem::path& program, const std::string& endpoint,
                             const std::filesystem::path& plugin, const std::string& section, std::uint64_t epoch,
                             const std::string& config);

  explicit operator bool() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }
  /// Readable when the process has ended; for a poll.
  int descriptor() const { return pidfd_; }
  /// Has it ended? If so `how` says it in words ("signal 6 (Aborted)") and the child is gone.
  bool ended(std::string& how);
  void terminate();
  void kill();
  /// SIGKILL, and waits for the end, which is then certain and soon.
  void reap();

 private:
  pid_t pid_ = 0;
  int pidfd_ = -1;
};

}  // namespace postern::bus
