// SPDX-License-Identifier: Apache-2.0
// Keys that come of other keys: the next signing epoch's seed, the look-up key of what a platform calls somebody, and
// the keys of the sealed strings in keys.db. Wrapping a DEK under the KEK is crypto::wrap.
#pragma once
#include <cstdint>
#include <string_view>

#include "base/crypto.hpp"

namespace postern::ledger {

/// The seed of the next epoch. `salt` is 32 fresh random bytes and is thrown away, so that a seed copied once does not
/// give the later ones.
crypto::Key next_seed(const crypto::Key& seed, const crypto::Key& salt);

/// Finds the row of a contact or thread in keys.db without keeping what the platform calls it. One KEK's life; one
/// thread at a time. Sixty-four bits can collide: who finds a row confirms it by opening its sealed string.
class Lookup {
 public:
  enum class Kind { contact, thread };

  explicit Lookup(const crypto::Key& kek);
  std::int64_t operator()(std::string_view account, Kind kind, std::string_view string) const;

 private:
  crypto::Hmac hmac_;
};

/// The keys under the KEK that seal a thread's string and an employee's name (a contact's: its profile DEK).
crypto::Key thread_key(const crypto::Key& kek);
crypto::Key actor_key(const crypto::Key& kek);
/// The key under the KEK that seals what platforms have issued to accounts.
crypto::Key token_key(const crypto::Key& kek);

}  // namespace postern::ledger
