// SPDX-License-Identifier: Apache-2.0
// The command line: which verbs there are, what they take, and their help.
#pragma once
#include <functional>

#include "session.hpp"

namespace postern::ctl {

/// What the command line asks for.
struct Invocation {
  Globals globals;
  std::function<int(Session&)> verb;  ///< empty: all is done, for example --help
  int exit_code = 0;                  ///< without a verb
};

Invocation parse_command_line(int argc, char** argv);

}  // namespace postern::ctl
