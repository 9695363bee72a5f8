// SPDX-License-Identifier: Apache-2.0
// All chance of one step, derived from the 16 bytes that came with its input: SHA-256 over them and a counter.
#pragma once
#include "base/bytes.hpp"
#include "base/crypto.hpp"
#include "core/input.hpp"
#include "core/planted.hpp"

namespace postern::core {

class Draw {
 public:
  explicit Draw(const Chance& chance) : chance_(chance) {}

  Id id() {
    Id id;
    const Hash hash = next();
    std::copy_n(hash.begin(), id.bytes.size(), id.bytes.begin());
    return id;
  }
  /// Evenly in [0, below); `below` is positive.
  std::int64_t number(std::int64_t below) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(first_int64(next())) %
                                     static_cast<std::uint64_t>(below));
  }

 private:
  Hash next() {
    const std::uint32_t count = planted(Bug::chance_shared) ? shared_++ : counter_++;
    const std::array<std::uint8_t, 4> bytes{static_cast<std::uint8_t>(count >> 24),
                                            static_cast<std::uint8_t>(count >> 16),
                                            static_cast<std::uint8_t>(count >> 8), static_cast<std::uint8_t>(count)};
    return crypto::sha256({chance_, bytes});
  }
  const Chance& chance_;
  std::uint32_t counter_ = 0;
  inline static std::uint32_t shared_ = 0;
};

}  // namespace postern::core
