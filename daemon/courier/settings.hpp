// SPDX-License-Identifier: Apache-2.0
// How the courier connects. An immutable snapshot; a reload brings a new one.
#pragma once
#include <cstddef>
#include <string>

#include "base/clock.hpp"

namespace postern::courier {

struct Settings {
  std::string proxy;    ///< "http://host:port"; empty: none. The environment's proxies are never used.
  std::string ca_file;  ///< PEM bundle; empty: the system's
  Micros connect_timeout = 5 * kSecond;
  /// In all, from submit to the last byte of the answer; a long poll brings its own. There is no limit of speed: this
  /// one ends a slow answer sooner than a window of speed could, and silence is what a long poll is made of.
  Micros total_timeout = 20 * kSecond;
  Micros longest_poll = 60 * kSecond;
  Micros idle_connection = 50 * kSecond;  ///< older ones are not used again; platforms close theirs after 60 s and more
  std::size_t host_transfers = 64;        ///< at once to one host; long polls to it are counted apart
  std::size_t total_transfers = 1024;     ///< at once; the rest waits
  std::size_t open_errands = 16384;       ///< submitted and not yet delivered; read once, at construction
  bool allow_http = false;                ///< http:// to hosts that are not loopback addresses
  /// External URLs may name this machine ("localhost", 127.0.0.0/8, ::1), by http too and with a port: for the sandbox
  /// alone. No other address becomes reachable by it.
  bool allow_local_fetch = false;
};

}  // namespace postern::courier
