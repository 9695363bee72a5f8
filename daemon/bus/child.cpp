// SPDX-License-Identifier: Apache-2.0
#include "bus/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>
#include <vector>

extern char** environ;

namespace postern::bus {
namespace {

// The configuration goes through memory, not a pipe, so that nobody has to wait until it is read.
int memory_file(const std::string& content) {
  const int fd = memfd_create("config", MFD_CLOEXEC);
  if (fd < 0) return -1;
  std::size_t written = 0;
  while (written < content.size()) {
    const ssize_t n = ::write(fd, content.data() + written, content.size() - written);
    if (n <= 0) {
      ::close(fd);
      return -1;
    }
    written += static_cast<std::size_t>(n);
  }
  ::lseek(fd, 0, SEEK_SET);
  return fd;
}

}  // namespace

Child& Child::operator=(Child&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(pidfd_, other.pidfd_);
  return *this;
}

Child::~Child() {
  if (pid_ > 0) reap();
}

Result<Child> Child::spawn(const std::filesystem::path& program, const std::string& endpoint,
                           const std::filesystem::path& plugin, const std::string& section, std::uint64_t epoch,
                           const std::string& config) {
  const int input = memory_file(config);
  if (input < 0)
    return failure(fmt::format("cannot pass the configuration to {}: {}", program.string(), strerror(errno)));
  std::vector<std::string> texts = {program.string(), "--endpoint", endpoint,  "--plugin",           plugin.string(),
                                    "--section",      section,      "--epoch", std::to_string(epoch)};
  std::vector<char*> arguments;
  for (auto& text : texts) arguments.push_back(text.data());
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // The daemon blocks its signals; the child must not inherit that, or SIGTERM would not end it.
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  Child child;
  const int error = posix_spawn(&child.pid_, program.c_str(), &actions, &attributes, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  ::close(input);
  if (error != 0) {
    child.pid_ = 0;
    return failure(fmt::format("cannot start {}: {}", program.string(), strerror(error)),
                   "is postern-plugin-host installed beside posternd?");
  }
  child.pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, child.pid_, 0));
  return child;
}

bool Child::ended(std::string& how) {
  if (pid_ <= 0) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
  how = WIFSIGNALED(status) ? fmt::format("signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)))
                            : fmt::format("exit code {}", WEXITSTATUS(status));
  pid_ = 0;
  if (pidfd_ >= 0) ::close(std::exchange(pidfd_, -1));
  return true;
}

void Child::terminate() {
  if (pid_ > 0) ::kill(pid_, SIGTERM);
}
void Child::kill() {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

void Child::reap() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  if (pidfd_ >= 0) ::close(std::exchange(pidfd_, -1));
}

}  // namespace postern::bus
