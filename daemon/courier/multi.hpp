// SPDX-License-Identifier: Apache-2.0
// libcurl's multi handle: runs many transfers on one thread.
#pragma once
#include <cstddef>
#include <vector>

#include "base/clock.hpp"
#include "courier/transfer.hpp"

namespace postern::courier {

class Multi {
 public:
  struct Finished {
    Transfer* transfer;
    int code;  ///< CURLcode
  };

  /// `idle_connections`: how many are kept open for later.
  explicit Multi(std::size_t idle_connections);
  ~Multi();
  Multi(const Multi&) = delete;
  Multi& operator=(const Multi&) = delete;

  void add(Transfer& transfer);
  void remove(Transfer& transfer);
  /// Works on what can go on, waits for it at most `longest`, and puts those that ended into `finished` (which is
  /// cleared); they have been removed.
  void turn(Micros longest, std::vector<Finished>& finished);
  /// Ends the wait of this turn or the next. Any thread.
  void wake();

 private:
  void collect(std::vector<Finished>& finished);
  void* multi_;
};

}  // namespace postern::courier
