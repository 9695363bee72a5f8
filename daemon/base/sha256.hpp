// SPDX-License-Identifier: Apache-2.0
// SHA-256 of what comes in pieces. One thread at a time.
#pragma once
#include <memory>

#include "base/bytes.hpp"

namespace postern::crypto {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(ByteView bytes);
  /// The hash of all pieces; the object is done with.
  Hash finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace postern::crypto
