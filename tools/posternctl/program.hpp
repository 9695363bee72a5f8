// SPDX-License-Identifier: Apache-2.0
// Runs another program to its end.
#pragma once
#include <string>
#include <vector>

namespace postern::ctl {

struct Ended {
  int code = 0;
  std::string said, errors;  ///< standard output and standard error
};

/// The first argument is the program's path; standard input is empty. Throws Failure if it cannot be run, is killed, or
/// has not ended after a minute.
Ended run_program(std::vector<std::string> arguments);

}  // namespace postern::ctl
