// SPDX-License-Identifier: Apache-2.0
#include "ledger/format/keys.hpp"

#include "catch.hpp"
#include "vectors.hpp"

using namespace postern;
using namespace postern::ledger;

TEST_CASE("the next epoch's seed is that of the vectors") {
  const auto next = test::vectors("keys.json").at("next");
  CHECK(hex(next_seed(test::raw32(next.at("ikm")), test::raw32(next.at("salt")))) == test::str(next.at("seed")));
}

TEST_CASE("keys are wrapped as in the vectors and in RFC 3394") {
  const auto file = test::vectors("keys.json");
  REQUIRE(file.at("wrap").as_array().size() == 5);
  for (const auto& wrap : file.at("wrap").as_array()) {
    const auto kek = test::raw32(wrap.at("kek")), dek = test::raw32(wrap.at("dek"));
    CHECK(hex(crypto::wrap(kek, dek)) == test::str(wrap.at("wrapped")));
    CHECK(crypto::unwrap(kek, test::raw(wrap.at("wrapped"))) == dek);
  }
}

TEST_CASE("look-up keys are those of the vectors") {
  const auto file = test::vectors("keys.json");
  for (const auto& look : file.at("look").as_array()) {
    const auto kek = test::raw32(look.at("kek"));
    CHECK(hex(crypto::hkdf(kek, {}, "postern/identity/v1")) == test::str(look.at("key")));
    const auto kind = test::str(look.at("kind")) == "contact" ? Lookup::Kind::contact : Lookup::Kind::thread;
    const Lookup lookup(kek);
    CHECK(lookup(test::str(look.at("account")), kind, test::str(look.at("string"))) ==
          look.at("look").to_number<std::int64_t>());
  }
}

TEST_CASE("keys with different tasks differ") {
  const auto kek = crypto::random_key();
  CHECK(thread_key(kek) != actor_key(kek));
  CHECK(thread_key(kek) == crypto::hkdf(kek, {}, "postern/thread/v1"));
}
