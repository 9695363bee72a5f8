// SPDX-License-Identifier: Apache-2.0
// Promise 6: the same inputs give the same outputs. One number over everything that the core has decided.
#pragma once
#include <cstdint>
#include <string_view>

#include "core/decision.hpp"

namespace postern::simulation {

class Digest {
 public:
  void add(const core::Record& record);
  void add(const core::Row& row);
  void add(const core::Action& action);
  std::uint64_t value() const { return value_; }

 private:
  void mix(std::uint64_t number) { value_ = (value_ ^ number) * 0x100000001b3 ^ (value_ >> 29); }
  void mix(std::int64_t number) { mix(static_cast<std::uint64_t>(number)); }
  void mix(std::string_view text);
  void mix(const Id& id) { mix(chars(id.bytes)); }
  void mix(const core::Text& text) { mix(text ? std::string_view(*text) : std::string_view("\0", 1)); }

  std::uint64_t value_ = 0xcbf29ce484222325;
};

}  // namespace postern::simulation
