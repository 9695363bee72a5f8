// SPDX-License-Identifier: Apache-2.0
// Promise 1, inside: what a handler remembers is what it said last, whether its conversation has stayed in memory, has
// left it and come back, or the process has died; an effect happens exactly once.
#pragma once
#include <map>
#include <string>

#include "disk.hpp"
#include "invariant.hpp"

namespace postern::simulation {

class Memory : public Invariant {
 public:
  explicit Memory(const Disk& disk) : disk_(disk) {}

  void called(const core::Handle& handle) override;
  void returned(std::uint64_t call, const core::Handled* answer) override;
  /// What is durable holds from now on.
  void crashed() override;

 private:
  const Disk& disk_;
  std::map<std::string, std::string> said_;  ///< by handler and scope
  std::map<std::uint64_t, std::string> calls_;
};

}  // namespace postern::simulation
