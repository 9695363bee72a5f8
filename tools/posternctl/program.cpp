// SPDX-License-Identifier: Apache-2.0
#include "program.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "failure.hpp"

extern char** environ;

namespace postern::ctl {
namespace {

constexpr std::chrono::seconds kPatience{60};

struct Pipe {
  Pipe() {
    if (::pipe2(ends, O_CLOEXEC) != 0)
      throw Failure(kSoftware, fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  }
  ~Pipe() {
    close(0);
    close(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close(int which) {
    if (ends[which] >= 0) ::close(ends[which]);
    ends[which] = -1;
  }
  int ends[2] = {-1, -1};
};

/// Reads both until both are closed; false if that takes too long.
bool read_both(Pipe& out, std::string& said, Pipe& err, std::string& errors) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  pollfd items[] = {{out.ends[0], POLLIN, 0}, {err.ends[0], POLLIN, 0}};
  std::string* const texts[] = {&said, &errors};
  while (items[0].fd >= 0 || items[1].fd >= 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0 || ::poll(items, 2, static_cast<int>(left.count())) == 0) return false;
    for (int i = 0; i < 2; ++i) {
      if (items[i].fd < 0 || items[i].revents == 0) continue;
      char part[8192];
      const ssize_t n = ::read(items[i].fd, part, sizeof part);
      if (n > 0)
        texts[i]->append(part, static_cast<std::size_t>(n));
      else if (n == 0 || errno != EINTR)
        items[i].fd = -1;  // poll passes over it
    }
  }
  return true;
}

}  // namespace

Ended run_program(std::vector<std::string> arguments) {
  std::vector<char*> pointers;
  for (auto& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  Pipe out, err;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.ends[1], STDERR_FILENO);
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, pointers[0], &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw Failure(kUnavailable, fmt::format("cannot run {}: {}", arguments[0], std::strerror(error)));
  out.close(1);
  err.close(1);
  Ended ended;
  const bool in_time = read_both(out, ended.said, err, ended.errors);
  if (!in_time) ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!in_time) throw Failure(kTryAgain, fmt::format("{} has not ended after {} s", arguments[0], kPatience.count()));
  if (!WIFEXITED(status))
    throw Failure(kSoftware, fmt::format("{} was killed by signal {}", arguments[0], WTERMSIG(status)));
  ended.code = WEXITSTATUS(status);
  return ended;
}

}  // namespace postern::ctl
