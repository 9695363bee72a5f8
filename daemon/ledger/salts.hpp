// SPDX-License-Identifier: Apache-2.0
// Random salts and keys, drawn from the generator a hundred at a time. One thread at a time.
#pragma once
#include <openssl/crypto.h>

#include <algorithm>
#include <array>

#include "base/crypto.hpp"

namespace postern::ledger {

class Salts {
 public:
  /// 32 random bytes, handed out once.
  crypto::Key next() {
    if (used_ == pool_.size()) {
      crypto::random(pool_);
      used_ = 0;
    }
    crypto::Key salt;
    std::copy_n(pool_.begin() + used_, salt.size(), salt.begin());
    OPENSSL_cleanse(pool_.data() + used_, salt.size());  // what was handed out may be a key
    used_ += salt.size();
    return salt;
  }

 private:
  std::array<std::uint8_t, 128 * sizeof(crypto::Key)> pool_{};
  std::size_t used_ = pool_.size();
};

}  // namespace postern::ledger
