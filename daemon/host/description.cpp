// SPDX-License-Identifier: Apache-2.0
#include "host/description.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cstring>

extern char** environ;

namespace postern::host {
namespace {

namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* string = value ? value->if_string() : nullptr;
  return string ? std::string(string->data(), string->size()) : std::string();
}
bool flag_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value && value->is_bool() && value->get_bool();
}

// Everything the child writes until it closes its end; false if that takes too long.
bool read_all(int fd, Micros within, std::string& out) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(within);
  char part[8192];
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd item{fd, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&item, 1, static_cast<int>(left.count())) == 0) return false;
    const ssize_t n = ::read(fd, part, sizeof part);
    if (n == 0) return true;
    if (n < 0 && errno != EINTR) return false;
    if (n > 0) out.append(part, static_cast<std::size_t>(n));
    if (out.size() > 1u << 20) return false;
  }
}

}  // namespace

Result<Description> Description::from_json(std::string_view chars) {
  json::error_code code;
  const auto value = json::parse(json::string_view(chars.data(), chars.size()), code);
  const auto* object = code ? nullptr : value.if_object();
  if (!object) return failure("the plugin's description is no JSON object");
  Description made;
  made.kind = text_of(*object, "kind") == "platform" ? Kind::platform : Kind::handler;
  made.id = text_of(*object, "plugin");
  made.version = text_of(*object, "version");
  made.summary = text_of(*object, "summary");
  if (const auto* facts = object->if_contains("facts")) made.facts = json::serialize(*facts);
  if (const auto* options = object->if_contains("options"); options && options->is_array())
    for (const auto& item : options->get_array()) {
      const auto* option = item.if_object();
      if (!option) continue;
      static constexpr std::string_view kTypes[] = {"",         "string", "integer", "real", "bool",
                                                    "duration", "size",   "secret",  "list", "table"};
      const auto type = std::ranges::find(kTypes, text_of(*option, "type")) - std::begin(kTypes);
      made.options.push_back({text_of(*option, "name"), static_cast<std::uint32_t>(type), flag_of(*option, "required"),
                              flag_of(*option, "per_account"), text_of(*option, "default"), text_of(*option, "help")});
    }
  return made;
}

Result<Description> describe_in_child(const std::filesystem::path& program, const std::filesystem::path& plugin,
                                      Micros within) {
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) return failure(std::string("cannot make a pipe: ") + std::strerror(errno));
  std::string texts[] = {program.string(), "--describe", plugin.string()};
  char* arguments[] = {texts[0].data(), texts[1].data(), texts[2].data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], STDERR_FILENO);  // where it says why it cannot
  pid_t pid = 0;
  const int error = posix_spawn(&pid, program.c_str(), &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe[1]);
  std::string out;
  const bool whole = error == 0 && read_all(pipe[0], within, out);
  ::close(pipe[0]);
  if (error != 0)
    return failure("cannot start " + program.string() + ": " + std::strerror(error),
                   "is postern-plugin-host installed beside posternd?");
  if (!whole) ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!whole) return failure(plugin.string() + ": the plugin does not describe itself in time");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return failure(out.empty() ? plugin.string() + ": the plugin crashed while it was loaded" : out);
  return Description::from_json(out);
}

}  // namespace postern::host
