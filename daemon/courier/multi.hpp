// SPDX-License-Identifier: Apache-2.0
// libcurl's multi handle, driven by events: a turn costs what has happened, not what is open. (curl_multi_perform asks
// each open transfer for news, a system call each; README.md has the numbers.)
#pragma once
#include <cstddef>
#include <vector>

#include "base/clock.hpp"
#include "courier/sockets.hpp"
#include "courier/transfer.hpp"

namespace postern::courier {

class Multi {
 public:
  struct Finished {
    Transfer* transfer;
    int code;  ///< CURLcode
  };

  /// `idle_connections`: how many are kept open for later. `sockets` must outlive it and all transfers.
  Multi(Sockets& sockets, std::size_t idle_connections);
  ~Multi();
  Multi(const Multi&) = delete;
  Multi& operator=(const Multi&) = delete;

  void add(Transfer& transfer);
  void remove(Transfer& transfer);
  /// Works on what can go on, waits for it at most `longest`, and puts those that ended into `finished` (which is
  /// cleared); they have been removed. Sockets::wake() ends the wait.
  void turn(Micros longest, std::vector<Finished>& finished);

 private:
  struct Callbacks;

  /// When libcurl wants to be called though nothing has happened: a new transfer, a time limit.
  Micros until_due() const;
  void run_due();
  void collect(std::vector<Finished>& finished);

  Sockets& sockets_;
  void* multi_;
};

}  // namespace postern::courier
