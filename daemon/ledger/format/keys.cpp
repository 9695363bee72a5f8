// SPDX-License-Identifier: Apache-2.0
#include "ledger/format/keys.hpp"

namespace postern::ledger {

crypto::Key next_seed(const crypto::Key& seed, const crypto::Key& salt) {
  return crypto::hkdf(seed, salt, "next");
}

Lookup::Lookup(const crypto::Key& kek) : hmac_(crypto::hkdf(kek, {}, "postern/identity/v1")) {}

std::int64_t Lookup::operator()(std::string_view account, Kind kind, std::string_view string) const {
  static constexpr std::uint8_t kZero = 0;
  const ByteView zero(&kZero, 1);
  return first_int64(
      hmac_({view(account), zero, view(kind == Kind::contact ? "contact" : "thread"), zero, view(string)}));
}

crypto::Key thread_key(const crypto::Key& kek) {
  return crypto::hkdf(kek, {}, "postern/thread/v1");
}
crypto::Key actor_key(const crypto::Key& kek) {
  return crypto::hkdf(kek, {}, "postern/actor/v1");
}
crypto::Key token_key(const crypto::Key& kek) {
  return crypto::hkdf(kek, {}, "postern/token/v1");
}

}  // namespace postern::ledger
