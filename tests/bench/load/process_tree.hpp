// SPDX-License-Identifier: Apache-2.0
// What a process and all that it started have used, from /proc.
#pragma once
#include <map>
#include <string>

namespace postern::load {

struct Usage {
  double cpu = 0;                         ///< seconds of processor time, ended threads too
  std::map<std::string, double> threads;  ///< the same of the threads that live, by name
  double rss_mib = 0, peak_rss_mib = 0;   ///< added up over the processes
};

/// Zeros for a process that is not there.
Usage usage_of_tree(int pid);

}  // namespace postern::load
