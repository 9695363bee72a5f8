// SPDX-License-Identifier: Apache-2.0
#include "load/process_tree.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace postern::load {
namespace {

namespace fs = std::filesystem;

/// Processor time of a /proc/…/stat, and the name that stands in it.
std::pair<std::string, double> time_of(const fs::path& stat) {
  std::ifstream in(stat);
  std::string line;
  std::getline(in, line);
  const auto open = line.find('('), close = line.rfind(')');  // a name may hold anything
  if (close == std::string::npos) return {};
  std::istringstream fields(line.substr(close + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return {line.substr(open + 1, close - open - 1), (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK))};
}

void add_memory(const fs::path& status, Usage& usage) {
  std::ifstream in(status);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("VmRSS:")) usage.rss_mib += std::stod(line.substr(6)) / 1024;
    if (line.starts_with("VmHWM:")) usage.peak_rss_mib += std::stod(line.substr(6)) / 1024;
  }
}

void add(int pid, Usage& usage) {
  const fs::path process = "/proc/" + std::to_string(pid);
  usage.cpu += time_of(process / "stat").second;
  add_memory(process / "status", usage);
  std::error_code gone;
  for (const auto& task : fs::directory_iterator(process / "task", gone)) {
    const auto [name, seconds] = time_of(task.path() / "stat");
    usage.threads[name] += seconds;
    std::ifstream children(task.path() / "children");  // of the thread that made them
    for (int child = 0; children >> child;) add(child, usage);
  }
}

}  // namespace

Usage usage_of_tree(int pid) {
  Usage usage;
  if (pid > 0) add(pid, usage);
  return usage;
}

}  // namespace postern::load
