// SPDX-License-Identifier: Apache-2.0
// posternd: options, then check or run.
#include <getopt.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include "service/fork.hpp"
#include "service/service.hpp"

namespace {

constexpr char kUsage[] =
    "usage: posternd [--config FILE] [--check-config] [--version] [--help]\n"
    "       posternd [--config FILE] --fork REASON | --export FOLDER [--of NUMBER]\n"
    "  --config FILE    the configuration (default /etc/postern/postern.toml)\n"
    "  --check-config   say what is wrong with it, change nothing, exit 0 or 78\n"
    "  --fork REASON    close a ledger that must not go on, keep it, begin a new one that names it\n"
    "  --export FOLDER  write the ledger into a bag while no daemon runs; --of: one that a fork has kept\n";
constexpr int kUsageError = 64;

}  // namespace

int main(int argc, char** argv) {
  static constexpr option kOptions[] = {
      {"config", required_argument, nullptr, 'c'}, {"check-config", no_argument, nullptr, 'k'},
      {"fork", required_argument, nullptr, 'f'},   {"export", required_argument, nullptr, 'e'},
      {"of", required_argument, nullptr, 'o'},     {"version", no_argument, nullptr, 'v'},
      {"help", no_argument, nullptr, 'h'},         {nullptr, 0, nullptr, 0}};
  postern::service::Options options;
  std::optional<std::string> reason, folder;
  std::optional<std::uint64_t> number;
  bool check = false;
  for (int option = 0; (option = getopt_long(argc, argv, "c:kvh", kOptions, nullptr)) != -1;) {
    switch (option) {
      case 'c':
        options.config_file = optarg;
        break;
      case 'k':
        check = true;
        break;
      case 'f':
        reason = optarg;
        break;
      case 'e':
        folder = optarg;
        break;
      case 'o':
        number = std::strtoull(optarg, nullptr, 10);
        break;
      case 'v':
        std::puts("posternd " POSTERN_VERSION);
        return 0;
      case 'h':
        std::fputs(kUsage, stdout);
        return 0;
      default:
        std::fputs(kUsage, stderr);
        return kUsageError;
    }
  }
  if (optind != argc || (number && !folder)) {
    std::fputs(kUsage, stderr);
    return kUsageError;
  }
  if (reason) return postern::service::fork(options, *reason);
  if (folder) return postern::service::export_closed(options, *folder, number);
  return check ? postern::service::check(options) : postern::service::run(options);
}
