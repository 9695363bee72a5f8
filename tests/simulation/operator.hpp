// SPDX-License-Identifier: Apache-2.0
// The people of the brand: they answer, close, requeue what was quarantined, and say what became of a parked part.
#pragma once
#include <string>
#include <vector>

#include "platform.hpp"
#include "shell.hpp"

namespace postern::simulation {

class Operator {
 public:
  Operator(World& world, Shell& shell, const std::vector<Platform*>& platforms)
      : world_(world), shell_(shell), platforms_(platforms) {}
  /// Does one thing that is waiting for a person, if there is any.
  void work();
  /// Mends all accounts and resumes them.
  void mend();

 private:
  void answer();
  void resolve();
  void requeue();
  void resume(Platform& platform);
  core::Command made(std::string method);
  Platform& platform_of(const core::OutboxRow& row);

  World& world_;
  Shell& shell_;
  const std::vector<Platform*>& platforms_;
  std::int64_t next_ = 0;
};

}  // namespace postern::simulation
