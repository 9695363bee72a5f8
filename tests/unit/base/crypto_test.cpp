// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.hpp"

#include "catch.hpp"

using namespace postern;

TEST_CASE("sha256 of the parts is sha256 of the whole") {
  // FIPS 180-2, B.1
  CHECK(hex(crypto::sha256(view("abc"))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(crypto::sha256({view("a"), view("bc")}) == crypto::sha256(view("abc")));
}

TEST_CASE("hmac matches RFC 4231 and can be used again") {
  const crypto::Hmac hmac(view("Jefe"));
  for (int turn = 0; turn < 2; ++turn)
    CHECK(hex(hmac({view("what do ya want "), view("for nothing?")})) ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("hkdf matches RFC 5869") {
  // A.1 and A.3, the first 32 bytes
  const auto ikm = Bytes(22, 0x0b);
  CHECK(hex(crypto::hkdf(ikm, *unhex("000102030405060708090a0b0c"),
                         std::string(chars(*unhex("f0f1f2f3f4f5f6f7f8f9"))))) ==
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
  CHECK(hex(crypto::hkdf(ikm, {}, "")) == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
  const auto long_salt = Bytes(80, 0xaa);
  CHECK(crypto::hkdf(ikm, long_salt, "x") == crypto::hkdf(ikm, crypto::sha256(long_salt), "x"));
}

TEST_CASE("a sealed text opens with its key and aad only") {
  crypto::Gcm gcm;
  const auto key = crypto::random_key();
  Bytes sealed(5 + 16);
  gcm.seal(key, view("aad"), view("hello"), sealed);
  const auto opened = gcm.open(key, view("aad"), sealed);
  REQUIRE(opened);
  CHECK(chars(*opened) == "hello");
  CHECK_FALSE(gcm.open(key, view("other"), sealed));
  CHECK_FALSE(gcm.open(crypto::random_key(), view("aad"), sealed));
  sealed[2] ^= 1;
  CHECK_FALSE(gcm.open(key, view("aad"), sealed));
}

TEST_CASE("a signature verifies and a changed message does not") {
  const crypto::SigningKey key(crypto::random_key());
  const auto signature = key.sign(view("message"));
  CHECK(crypto::verify_ed25519(key.public_key(), view("message"), signature));
  CHECK_FALSE(crypto::verify_ed25519(key.public_key(), view("massage"), signature));
}

TEST_CASE("a wrapped key unwraps with its KEK only") {
  const auto kek = crypto::random_key(), key = crypto::random_key();
  const auto wrapped = crypto::wrap(kek, key);
  CHECK(wrapped.size() == 40);
  CHECK(crypto::unwrap(kek, wrapped) == key);
  CHECK_FALSE(crypto::unwrap(crypto::random_key(), wrapped));
}

TEST_CASE("a key is wrapped as RFC 3394 wraps its own, 4.6") {
  crypto::Key kek, key;
  for (unsigned at = 0; at < kek.size(); ++at) {
    kek[at] = static_cast<std::uint8_t>(at);
    key[at] = static_cast<std::uint8_t>(at < 16 ? 17 * at : at - 16);
  }
  CHECK(hex(crypto::wrap(kek, key)) ==
        "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21");
}
