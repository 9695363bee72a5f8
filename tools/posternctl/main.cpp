// SPDX-License-Identifier: Apache-2.0
// posternctl: one command line, one verb, one exit code.
#include <cstdio>

#include "command_line.hpp"
#include "failure.hpp"

namespace {

using namespace postern::ctl;

int say(const Failure& failure, bool as_json) {
  const postern::Error& error = failure.error();
  if (as_json) {
    json::object object{{"exit", failure.code()}, {"message", error.what}};
    if (!error.remedy.empty()) object["remedy"] = error.remedy;
    std::fprintf(stderr, "%s\n", json::serialize(json::object{{"error", std::move(object)}}).c_str());
  } else {
    std::fprintf(stderr, "posternctl: %s\n", printable(error.what, true).c_str());
    if (!error.remedy.empty()) std::fprintf(stderr, "  %s\n", printable(error.remedy, true).c_str());
  }
  return failure.code();
}

}  // namespace

int main(int argc, char** argv) {
  bool as_json = false;
  try {
    const Invocation invocation = parse_command_line(argc, argv);
    as_json = invocation.globals.json;
    int code = invocation.exit_code;
    if (invocation.verb) {
      Session session(invocation.globals);
      code = invocation.verb(session);
    }
    flush();
    return code;
  } catch (const Failure& failure) {
    std::fflush(stdout);
    return say(failure, as_json);
  } catch (const std::exception& error) {
    return say(Failure(kSoftware, error.what()), as_json);
  }
}
