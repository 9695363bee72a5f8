// SPDX-License-Identifier: Apache-2.0
// What somebody with a bag does: asks sha256sum and the verifier that lies in it.
#pragma once
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "ledger/format/vkey.hpp"

namespace postern::bag::test {

inline std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline void put(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

struct Said {
  int code = -1;
  std::string text;
};

inline Said run(const std::filesystem::path& bag, const std::string& command) {
  const auto out = bag.parent_path() / "said.txt";
  const int status =
      std::system(("cd '" + bag.string() + "' && (" + command + ") >'" + out.string() + "' 2>&1").c_str());
  return {WEXITSTATUS(status), content(out)};
}

inline Said sha256sum(const std::filesystem::path& bag) {
  return run(bag, "sha256sum --quiet --strict -c manifest-sha256.txt");
}

/// `more`: further arguments.
inline Said verify(const std::filesystem::path& bag, const ledger::VKey& genesis, const std::string& more = {}) {
  return run(bag, "/usr/bin/python3 data/verify.py . --vkey '" + genesis.text() + "' " + more);
}

}  // namespace postern::bag::test
