// SPDX-License-Identifier: Apache-2.0
// Errands that wait for a place among the running ones, in order for each host and in turns among hosts. They wait as
// they came, without their credential, so that a new one applies to them. The courier's thread only.
#pragma once
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "courier/errand.hpp"

namespace postern::courier {

class Queue {
 public:
  /// Who shares places: all transfers to one base URL; its long polls and all external URLs apart from them.
  struct Host {
    struct Waiting {
      Errand errand;
      Micros start_by, end_by;
    };
    std::deque<Waiting> waiting;
    std::size_t running = 0;
    bool listed = false;  // in ready_
  };
  struct Next {
    Errand errand;
    Micros end_by;
    Host* host;  ///< for finished()
  };

  /// It may take `limit` from `now` (boot clock) until it has ended. If it has not begun by half of that it is late:
  /// begun with what little time is left it would only end unclear.
  void put(Errand&& errand, Micros now, Micros limit);
  /// The next errand that is not late and whose host runs fewer than `host_limit`; counts it as running.
  std::optional<Next> next(Micros now, std::size_t host_limit);
  /// A running errand of that host has ended.
  void finished(Host* host);
  /// Takes out what is late. To be called now and then: it looks at all that waits.
  std::vector<Errand> late(Micros now);
  /// Takes out all that waits.
  std::vector<Errand> clear();

 private:
  void list(Host& host);

  std::unordered_map<std::string, std::unique_ptr<Host>> hosts_;
  std::deque<Host*> ready_;  // have something waiting, and had a place when listed
  std::string key_;          // memory for look-ups
};

}  // namespace postern::courier
