// SPDX-License-Identifier: Apache-2.0
// A crash in a plugin that runs as a thread takes the daemon along. What can still be done is to write down whose fault
// it was, so that at the next start that plugin runs as a process: it can happen once.
#pragma once
#include <filesystem>
#include <set>
#include <string>

namespace postern::service {

class CrashNote {
 public:
  /// Reads the file of earlier notes and opens it for the next one.
  explicit CrashNote(const std::filesystem::path& file);
  /// Sections whose plugin is not trusted with a thread.
  const std::set<std::string>& distrusted() const { return distrusted_; }
  /// Takes over SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGABRT. Once.
  void install();
  /// Gives a section its thread back, from the next start on. False if it was not distrusted.
  bool trust(const std::string& section);

 private:
  std::filesystem::path file_;
  std::set<std::string> distrusted_;
};

}  // namespace postern::service
