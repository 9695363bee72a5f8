// SPDX-License-Identifier: Apache-2.0
// The people of the brand: they answer, close, requeue what was quarantined, and say what became of a parked part.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "invariants/commands.hpp"
#include "platform.hpp"
#include "shell.hpp"

namespace postern::simulation {

class Operator {
 public:
  Operator(World& world, Shell& shell, Commands& commands, const std::vector<Platform*>& platforms)
      : world_(world), shell_(shell), commands_(commands), platforms_(platforms) {}
  /// Does one thing that is waiting for a person, if there is any.
  void work();
  /// Mends all accounts and resumes them.
  void mend();

 private:
  void answer();
  void ask_again();
  void resolve();
  void requeue();
  void erase();
  bool is_erased(const std::string& conversation) const;
  void resume(Platform& platform);
  core::Command made(std::string method);
  void give(const core::Command& command);
  Platform& platform_of(const core::OutboxRow& row);

  World& world_;
  Shell& shell_;
  Commands& commands_;
  const std::vector<Platform*>& platforms_;
  std::map<std::string, core::Command> unheard_;  ///< by their ids: perhaps done, but nobody has said so
  std::int64_t next_ = 0;
};

}  // namespace postern::simulation
