// SPDX-License-Identifier: Apache-2.0
// posternd: options, then check or run.
#include <getopt.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "service/service.hpp"

namespace {

constexpr char kUsage[] =
    "usage: posternd [--config FILE] [--check-config] [--version] [--help]\n"
    "  --config FILE    the configuration (default /etc/postern/postern.toml)\n"
    "  --check-config   say what is wrong with it, change nothing, exit 0 or 78\n";
constexpr int kUsageError = 64;

}  // namespace

int main(int argc, char** argv) {
  static constexpr option kOptions[] = {{"config", required_argument, nullptr, 'c'},
                                        {"check-config", no_argument, nullptr, 'k'},
                                        {"version", no_argument, nullptr, 'v'},
                                        {"help", no_argument, nullptr, 'h'},
                                        {nullptr, 0, nullptr, 0}};
  postern::service::Options options;
  bool check = false;
  for (int option = 0; (option = getopt_long(argc, argv, "c:kvh", kOptions, nullptr)) != -1;) {
    switch (option) {
      case 'c':
        options.config_file = optarg;
        break;
      case 'k':
        check = true;
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
  if (optind != argc) {
    std::fputs(kUsage, stderr);
    return kUsageError;
  }
  return check ? postern::service::check(options) : postern::service::run(options);
}
