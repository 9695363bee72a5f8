// SPDX-License-Identifier: Apache-2.0
#include "service/host_prints.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

namespace postern::service {
namespace {

// A plugin that was installed anew under its old name is another file.
std::string print_of(const bus::HostSpec& spec) {
  struct stat file {};
  (void)::stat(spec.library.c_str(), &file);
  return fmt::format("{}\n{}\n{}\n{} {} {}.{}", spec.library.string(), spec.config, bus::name(spec.isolation),
                     file.st_ino, file.st_size, file.st_mtim.tv_sec, file.st_mtim.tv_nsec);
}

}  // namespace

std::vector<bus::HostSpec> HostPrints::changed(std::vector<bus::HostSpec>& fresh) {
  std::vector<bus::HostSpec> changed;
  for (auto& spec : fresh) {
    std::string print = print_of(spec);
    auto& known = prints_[spec.section];
    if (known == print) continue;
    known = std::move(print);
    changed.push_back(std::move(spec));
  }
  return changed;
}

}  // namespace postern::service
