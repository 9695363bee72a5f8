// SPDX-License-Identifier: Apache-2.0
// Promise 1, inside: what a handler remembers is what it said last, whether its conversation has stayed in memory, has
// left it and come back, or the process has died; an effect happens exactly once. What it said of an event of a contact
// who is erased before that event has come to its end counts for nothing.
#pragma once
#include <map>
#include <string>

#include "disk.hpp"
#include "invariant.hpp"

namespace postern::simulation {

class Memory : public Invariant {
 public:
  explicit Memory(const Disk& disk) : disk_(disk) {}

  void decided(const core::Record& record) override;
  void called(const core::Handle& handle) override;
  void returned(std::uint64_t call, const core::Handled* answer) override;
  /// What is durable holds from now on.
  void crashed() override;

 private:
  const Disk& disk_;
  /// The event that a place was last given for, whose it is, and what the place held before.
  struct Touched {
    std::string event, contact, before;
  };
  struct Call {
    std::string place, contact;
  };
  std::map<std::string, std::string> said_;      ///< by handler and scope
  std::map<std::string, Touched> touched_;       ///< likewise
  std::map<std::string, std::string> doubtful_;  ///< places that may hold this again
  std::map<std::uint64_t, Call> calls_;
};

}  // namespace postern::simulation
