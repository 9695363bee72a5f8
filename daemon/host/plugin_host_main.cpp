// SPDX-License-Identifier: Apache-2.0
// postern-plugin-host: runs one plugin in a process of its own, so that whatever it does costs itself only. The daemon
// starts it as a child; an administrator may start it under another user ("external"). It gives up what a pure function
// doesn't need before any of the plugin's code runs.
#include <fcntl.h>
#include <getopt.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "host/library.hpp"
#include "host/runner.hpp"

namespace {

using postern::host::Placement;

constexpr std::size_t kLargestConfig = 1u << 20;
constexpr rlim_t kMostMemory = rlim_t{2} << 30, kMostFiles = 64;

std::atomic<bool> stop{false};

constexpr char kUsage[] =
    "usage: postern-plugin-host --endpoint ipc://PATH --plugin FILE.so --section NAME --epoch N < config.json\n"
    "       postern-plugin-host --describe FILE.so\n"
    "Runs one plugin for the daemon that listens at the endpoint; standard input is the section's options as JSON. Or\n"
    "loads a plugin and prints what it says about itself, as JSON.\n";

/// Sysexits: what the caller did wrong, and what went wrong later.
enum Exit { kDone = 0, kFailed = 1, kUsageError = 64 };

Placement parse(int argc, char** argv) {
  static constexpr option kOptions[] = {{"endpoint", required_argument, nullptr, 'e'},
                                        {"plugin", required_argument, nullptr, 'p'},
                                        {"section", required_argument, nullptr, 's'},
                                        {"epoch", required_argument, nullptr, 'n'},
                                        {nullptr, 0, nullptr, 0}};
  Placement placement;
  bool epoch_given = false;
  for (int option = 0; (option = getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
    switch (option) {
      case 'e':
        placement.endpoint = optarg;
        break;
      case 'p':
        placement.library = optarg;
        break;
      case 's':
        placement.section = optarg;
        break;
      case 'n': {
        const char* const end = optarg + std::strlen(optarg);
        epoch_given = std::from_chars(optarg, end, placement.epoch).ptr == end;
        break;
      }
      default:
        throw std::invalid_argument(kUsage);
    }
  }
  if (placement.endpoint.empty() || placement.library.empty() || placement.section.empty() || !epoch_given ||
      optind != argc)
    throw std::invalid_argument(kUsage);
  return placement;
}

/// Tells about a plugin without making an instance of it. A daemon that doesn't want its code asks here.
int describe(const char* file) {
  const auto library = postern::host::Library::load(file);
  if (!library) throw std::runtime_error(postern::text(library.error()));
  std::printf("%s\n", postern::host::describe(library->descriptor()).c_str());
  return kDone;
}

/// All of standard input, which is then closed: the plugin shall not wait for anybody.
std::string read_config() {
  std::string config;
  char part[4096];
  for (std::size_t got = 0; (got = std::fread(part, 1, sizeof part, stdin)) != 0;) {
    config.append(part, got);
    if (config.size() > kLargestConfig) throw std::invalid_argument("the configuration is longer than 1 MiB");
  }
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing < 0 || ::dup2(nothing, STDIN_FILENO) < 0) throw std::runtime_error("cannot replace standard input");
  return config;
}

void limit(int resource, rlim_t most) {
  rlimit limits{};
  getrlimit(static_cast<__rlimit_resource>(resource), &limits);
  limits.rlim_cur = limits.rlim_max = std::min(limits.rlim_max, most);
  setrlimit(static_cast<__rlimit_resource>(resource), &limits);
}

/// Gives up what the plugin must not have. Each of these can only fail on a kernel that lacks it, and then the process
/// is no worse off than without, so the results are not looked at.
void confine(pid_t parent) {
  close_range(3, ~0u, 0);  // whatever the daemon had open
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NOFILE, kMostFiles);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which map terabytes and look into themselves
  limit(RLIMIT_AS, kMostMemory);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (getppid() != parent) std::raise(SIGKILL);  // the daemon died before it could be asked for
}

/// SIGTERM ends it between two calls. SIGINT is the daemon's affair: a terminal sends it to both.
void set_signals() {
  std::signal(SIGTERM, [](int) { stop = true; });
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace

int main(int argc, char** argv) {
  const pid_t parent = getppid();
  try {
    if (argc == 3 && std::string_view(argv[1]) == "--describe") {
      confine(parent);
      return describe(argv[2]);
    }
    Placement placement = parse(argc, argv);
    confine(parent);
    set_signals();
    placement.config = read_config();
    zmq::context_t context;
    const auto ended = postern::host::run(context, placement, stop);
    if (ended) return kDone;
    std::fprintf(stderr, "postern-plugin-host: %s\n", postern::text(ended.error()).c_str());
    return kFailed;
  } catch (const std::invalid_argument& wrong) {
    std::fprintf(stderr, "%s", wrong.what());
    return kUsageError;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "postern-plugin-host: %s\n", error.what());
    return kFailed;
  }
}
