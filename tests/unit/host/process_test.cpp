// SPDX-License-Identifier: Apache-2.0
// The program postern-plugin-host over ipc, as `isolation = "process"` has it.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "broker.hpp"
#include "fixtures.hpp"

namespace {

using Frames = Broker::Frames;
namespace fs = std::filesystem;

/// A host process with its configuration on standard input; killed when the test ends.
class Process {
 public:
  Process(std::vector<std::string> arguments, const std::string& config) {
    int in[2], err[2];  // what it prints and what it complains about come the same way
    REQUIRE(::pipe2(in, O_CLOEXEC) == 0);
    REQUIRE(::pipe2(err, O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, err[1], 1);
    posix_spawn_file_actions_adddup2(&actions, err[1], 2);
    arguments.insert(arguments.begin(), POSTERN_PLUGIN_HOST);
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    const int failed = posix_spawn(&pid_, POSTERN_PLUGIN_HOST, &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(in[0]);
    ::close(err[1]);
    REQUIRE(failed == 0);
    REQUIRE(::write(in[1], config.data(), config.size()) == static_cast<ssize_t>(config.size()));
    ::close(in[1]);
    error_ = err[0];
  }
  ~Process() {
    ::close(error_);
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  pid_t pid() const { return pid_; }
  void signal(int number) const { ::kill(pid_, number); }
  /// The exit code, or minus the signal; 1000 if it doesn't end within ten seconds.
  int end() {
    for (int i = 0; i < 1'000; ++i) {
      int status = 0;
      if (::waitpid(pid_, &status, WNOHANG) == pid_) {
        pid_ = 0;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return 1'000;
  }
  /// What it said, after its end.
  std::string said() const {
    char text[1024];
    const auto size = ::read(error_, text, sizeof text);
    return {text, static_cast<std::size_t>(size < 0 ? 0 : size)};
  }

 private:
  pid_t pid_ = 0;
  int error_ = -1;
};

struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "postern-host-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()));
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  fs::path path;
};

struct Hosted {
  explicit Hosted(const fs::path& plugin, const std::string& config = "{}")
      : endpoint("ipc://" + (folder.path / "hosts").string()),
        broker(context, endpoint),
        process({"--endpoint", endpoint, "--plugin", plugin.string(), "--section", "test", "--epoch", "3"}, config) {}

  Folder folder;
  std::string endpoint;
  zmq::context_t context;
  Broker broker;
  Process process;
};

Frames handle(const std::string& text) {
  return {"call", "1", "handle", "0", R"({"kind":"message","text":")" + text + "\"}", "{}", "{}", "{}"};
}

std::string status_of(pid_t pid, const std::string& field) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(field + ":")) return line.substr(field.size() + 2);
  return {};
}

}  // namespace

TEST_CASE("the program serves a plugin and ends with the broker's bye") {
  Hosted hosted(shipped("echo"), R"({"prefix": "> "})");
  const auto hello = hosted.broker.welcome();
  CHECK(hello[2] == "test");
  CHECK(hello[3] == "3");
  CHECK(hello[4].find("\"pid\":" + std::to_string(hosted.process.pid())) != std::string::npos);
  CHECK(hosted.broker.ask(handle("x")) == Frames{"done", "1", "1", R"({"effect":"reply","text":"> x"})"});
  CHECK(hosted.broker.ask({"bye"}) == Frames{"bye"});
  CHECK(hosted.process.end() == 0);
}

TEST_CASE("the program has given up what a plugin doesn't need") {
  Hosted hosted(shipped("echo"));
  hosted.broker.welcome();
  CHECK(status_of(hosted.process.pid(), "NoNewPrivs") == "1");
  const fs::path descriptors = "/proc/" + std::to_string(hosted.process.pid()) + "/fd";
  CHECK(fs::read_symlink(descriptors / "0") == "/dev/null");
  std::ifstream limits("/proc/" + std::to_string(hosted.process.pid()) + "/limits");
  const std::string all{std::istreambuf_iterator<char>(limits), {}};
  CHECK(all.find("Max core file size        0                    0") != std::string::npos);
  CHECK(all.find("Max open files            64                   64") != std::string::npos);
}

TEST_CASE("SIGTERM ends the program between two calls, with a bye") {
  Hosted hosted(shipped("echo"));
  hosted.broker.welcome();
  hosted.process.signal(SIGTERM);
  CHECK(hosted.broker.receive() == Frames{"bye"});
  CHECK(hosted.process.end() == 0);
}

TEST_CASE("a plugin that aborts takes its process along and nothing else") {
  Hosted hosted(fixture("aborts_in_handle"));
  hosted.broker.welcome();
  CHECK(hosted.broker.ask(handle("x")) == Frames{"done", "1", "0", R"({"effect":"tag","tag":"alive"})"});
  hosted.broker.send(handle("abort"));
  CHECK(hosted.process.end() == -SIGABRT);
}

TEST_CASE("a plugin that spins does not hear SIGTERM, and dies of SIGKILL") {
  Hosted hosted(fixture("spins_in_handle"));
  hosted.broker.welcome();
  hosted.broker.send(handle("spin"));
  CHECK(hosted.broker.receive(300).empty());
  hosted.process.signal(SIGTERM);
  CHECK(hosted.broker.receive(300).empty());
  hosted.process.signal(SIGKILL);
  CHECK(hosted.process.end() == -SIGKILL);
}

TEST_CASE("a plugin that cannot be made is told on standard error") {
  Hosted hosted(fixture("mirror"));
  CHECK(hosted.process.end() == 1);
  CHECK(hosted.process.said() ==
        "postern-plugin-host: org.example.mirror: option \"kind\" is missing: The kind of the events that it makes. "
        "(correct the plugin's section in the configuration)\n");
}

TEST_CASE("the program describes a plugin without making an instance") {
  Process process({"--describe", fixture("throws_in_create").string()}, "");
  CHECK(process.end() == 0);
  CHECK(process.said().starts_with(R"({"plugin":"org.example.throws-in-create","version":"1.0.0","kind":"handler")"));
}

TEST_CASE("wrong arguments are answered with the usage") {
  Process process({"--endpoint", "ipc://x", "--plugin", "x.so", "--section", "s", "--epoch", "first"}, "");
  CHECK(process.end() == 64);
  CHECK(process.said().starts_with("usage: postern-plugin-host"));
}
