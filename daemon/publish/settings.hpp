// SPDX-License-Identifier: Apache-2.0
// Where checkpoints go, and how often.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "ledger/format/vkey.hpp"

namespace postern::publish {

struct WitnessPlace {
  std::string url;    ///< the prefix of its calls, "https://witness.example"
  ledger::VKey vkey;  ///< its name and key
};

struct Settings {
  Micros every = kMinute;        ///< 0: after each commit
  std::int64_t records = 1'000;  ///< and when so many are not published yet
  std::filesystem::path folder;  ///< a file a day, appended to
  std::filesystem::path highwater;
  std::vector<std::string> syslog;  ///< "unix:/dev/log", "udp:HOST:PORT", "tcp:HOST:PORT"
  std::vector<std::string> post;    ///< URLs
  std::vector<WitnessPlace> witnesses;
  std::string proxy, ca_file;  ///< as the courier's
};

}  // namespace postern::publish
