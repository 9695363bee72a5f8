// SPDX-License-Identifier: Apache-2.0
// Promise 3, as far as the core can keep or break it: the records are numbered without gaps, name causes before them,
// keep the rules of time, and are well-formed leaves.
#pragma once
#include <array>
#include <string>

#include "invariant.hpp"

namespace postern::simulation {

class LogForm : public Invariant {
 public:
  void committed(const core::Record& record) override;

 private:
  void check_time(const core::Record& record);
  void check_leaf(const core::Record& record);

  std::int64_t next_ = 0;
  Micros wall_ = 0, boot_ = 0;
  std::array<char, 8> boot_id_{};
  std::string leaf_;
};

}  // namespace postern::simulation
