// SPDX-License-Identifier: Apache-2.0
// Opens a ledger as the command line of a bench names it, or ends the program with a sentence.
#pragma once
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include "base/log.hpp"
#include "ledger/store.hpp"

namespace postern::bench {

inline crypto::Key read_key(const char* file) {
  std::ifstream in(file);
  std::string digits;
  in >> digits;
  crypto::Key key{};
  const auto bytes = unhex(digits);
  if (!bytes || bytes->size() != key.size())
    std::fprintf(stderr, "%s holds no 64 hexadecimal digits\n", file), exit(66);
  std::copy(bytes->begin(), bytes->end(), key.begin());
  return key;
}

/// Makes it if it is not there.
inline std::unique_ptr<ledger::Store> open_store(const char* folder, const char* kek_file, const char* name) {
  log::set_level(log::Level::warning);
  ledger::Options options;
  options.directory = folder;
  options.keks = {{1, read_key(kek_file)}};
  options.name = name;
  auto store = ledger::Store::open(options, SystemClock());
  if (!store) std::fprintf(stderr, "%s\n", text(store.error().error).c_str()), exit(store.error().exit_code);
  return std::move(*store);
}

}  // namespace postern::bench
