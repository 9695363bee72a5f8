// SPDX-License-Identifier: Apache-2.0
// The plugins of the simulated brand. They answer late, fail, and ask for every kind of effect.
#pragma once
#include <string>
#include <vector>

#include "core/action.hpp"
#include "shell.hpp"

namespace postern::simulation {

/// What an event is about: the first word of its text, or the name of the timer.
std::string token_of(std::string_view event);

class Handlers {
 public:
  Handlers(World& world, Shell& shell) : world_(world), shell_(shell) {}
  void call(const core::Handle& handle);

 private:
  std::vector<std::string> effects(const core::Handle& handle, const std::string& token);
  void add_answer(std::vector<std::string>& to, const core::Handle& handle, const std::string& token);
  void add_side_effects(std::vector<std::string>& to, const std::string& token);

  World& world_;
  Shell& shell_;
};

}  // namespace postern::simulation
