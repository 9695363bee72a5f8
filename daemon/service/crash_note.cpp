// SPDX-License-Identifier: Apache-2.0
#include "service/crash_note.hpp"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <fstream>

#include "host/runner.hpp"

namespace postern::service {
namespace {

int note_fd = -1;  // opened beforehand: a handler of fatal signals can open nothing
constexpr int kFatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

void on_fatal(int signal) {
  if (const char* section = host::running_section(); section && note_fd >= 0) {
    (void)!::write(note_fd, section, ::strlen(section));
    (void)!::write(note_fd, "\n", 1);
    ::fsync(note_fd);
  }
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

}  // namespace

CrashNote::CrashNote(const std::filesystem::path& file) : file_(file) {
  std::ifstream in(file_);
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) distrusted_.insert(line);
  note_fd = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

void CrashNote::install() {
  // A stack of its own, since the plugin may have run out of the thread's.
  static char stack[64 * 1024];
  stack_t alternative{};
  alternative.ss_sp = stack;
  alternative.ss_size = sizeof stack;
  ::sigaltstack(&alternative, nullptr);
  struct sigaction action {};
  action.sa_handler = on_fatal;
  action.sa_flags = SA_ONSTACK | SA_RESETHAND;
  for (const int signal : kFatal) ::sigaction(signal, &action, nullptr);
}

bool CrashNote::trust(const std::string& section) {
  if (distrusted_.erase(section) == 0) return false;
  const std::filesystem::path fresh = file_.string() + ".new";
  {
    std::ofstream out(fresh, std::ios::trunc);
    for (const auto& name : distrusted_) out << name << '\n';
  }
  std::filesystem::rename(fresh, file_);
  if (note_fd >= 0) ::close(note_fd);
  note_fd = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  return true;
}

}  // namespace postern::service
