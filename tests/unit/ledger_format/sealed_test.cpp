// SPDX-License-Identifier: Apache-2.0
#include "ledger/format/sealed.hpp"

#include "catch.hpp"
#include "vectors.hpp"

using namespace postern;
using namespace postern::ledger;

namespace {

/// Some bodies of the ledger are listed without their plain text: only their keys can be checked.
void check_vector(Sealer& sealer, const boost::json::object& body) {
  const auto i = body.at("i").to_number<std::uint64_t>();
  INFO(i);
  const auto dek = test::raw32(body.at("dek")), salt = test::raw32(body.at("salt"));
  const auto key = record_key(dek, salt, sealer.origin(), i);
  CHECK(hex(key) == test::str(body.at("K")));
  CHECK(hex(crypto::sha256({view("postern/kc/v1"), key})) == test::str(body.at("kc")));
  if (!body.contains("plain") && !body.contains("plain_hex")) return;

  const auto plain = test::text_or_hex(body, "plain");
  Bytes blob;
  const auto sealed = sealer.seal(dek, salt, i, plain, blob);
  CHECK(sealed.n == body.at("n").to_number<std::uint64_t>());
  CHECK(hex(sealed.h) == test::str(body.at("h")));
  REQUIRE(blob.size() == sealed.n + kBlobOverhead);
  const ByteView parts(blob);
  CHECK(hex(parts.subspan(12, 32)) == test::str(body.at("salt")));
  CHECK(hex(parts.subspan(44, 32)) == test::str(body.at("kc")));
  CHECK(hex(parts.last(16)) == test::str(body.at("tag")));
  if (const auto* text = body.if_contains("ct_hex")) CHECK(hex(parts.subspan(76, sealed.n)) == test::str(*text));
  if (const auto* whole = body.if_contains("blob_hex")) CHECK(hex(blob) == test::str(*whole));

  const auto opened = sealer.open(dek, i, blob);
  REQUIRE(opened);
  CHECK(chars(*opened) == plain);
  CHECK(sealer.open_with_record_key(key, i, blob).value() == *opened);
  CHECK_FALSE(sealer.open(dek, i + 1, blob));
  CHECK_FALSE(sealer.open(salt, i, blob));
}

}  // namespace

TEST_CASE("sealed bodies are those of the vectors in every step") {
  const auto file = test::vectors("sealed.json");
  Sealer sealer(test::str(file.at("origin")));
  for (const auto* list : {"alone", "ledger"})
    for (const auto& body : file.at(list).as_array()) check_vector(sealer, body.as_object());
  CHECK(file.at("alone").as_array().size() == 4);
  CHECK(file.at("ledger").as_array().size() == 14);
}

TEST_CASE("the bodies in the ledger are those that were sealed") {
  const auto file = test::vectors("sealed.json");
  Sealer sealer(test::str(file.at("origin")));
  std::size_t there = 0;
  for (const auto& body : file.at("ledger").as_array()) {
    const auto i = body.at("i").to_number<std::uint64_t>();
    const auto path = test::kVectors / "ledger/sealed" / ((i < 10 ? "00" : "0") + std::to_string(i) + ".psb");
    if (!std::filesystem::exists(path)) continue;
    ++there;
    const auto blob = test::read_file(path);
    CHECK(hex(blob_hash(view(blob))) == test::str(body.at("h")));
    CHECK(sealer.open(test::raw32(body.at("dek")), i, view(blob)));
  }
  CHECK(there == 8);
}

TEST_CASE("blobs that must not open do not") {
  const auto file = test::vectors("sealed.json");
  Sealer sealer(test::str(file.at("origin")));
  REQUIRE(file.at("refuse").as_array().size() == 6);
  for (const auto& bad : file.at("refuse").as_array()) {
    INFO(test::str(bad.at("why")));
    CHECK_FALSE(
        sealer.open(test::raw32(bad.at("dek")), bad.at("i").to_number<std::uint64_t>(), test::raw(bad.at("blob_hex"))));
  }
}

TEST_CASE("any flipped bit of a blob closes it, any cut too") {
  Sealer sealer("origin");
  const auto dek = crypto::random_key();
  Bytes blob;
  sealer.seal(dek, crypto::random_key(), 7, "hello", blob);
  for (std::size_t bit = 0; bit < blob.size() * 8; ++bit) {
    auto flipped = blob;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ 1 << bit % 8);
    CHECK_FALSE(sealer.open(dek, 7, flipped));
  }
  for (std::size_t size = 0; size < blob.size(); ++size) CHECK_FALSE(sealer.open(dek, 7, ByteView(blob).first(size)));
}

TEST_CASE("every length comes back, and blobs are appended") {
  Sealer sealer("origin");
  const auto dek = crypto::random_key();
  Bytes blobs;
  for (std::size_t size = 0; size <= 200; ++size) {
    const auto begin = blobs.size();
    const std::string plain(size, '\0');
    const auto sealed = sealer.seal(dek, crypto::random_key(), size, plain, blobs);
    CHECK(sealed.n == (size / 64 + 1) * 64);
    const auto opened = sealer.open(dek, size, ByteView(blobs).subspan(begin));
    REQUIRE(opened);
    CHECK(chars(*opened) == plain);
  }
}

TEST_CASE("sealing costs little", "[.bench]") {
  Sealer sealer("ledger.example/postern/3d0f7a52-94c1-4be8-8a36-5b0c6e2f9d17/0");
  const auto dek = crypto::random_key(), salt = crypto::random_key();
  const std::string plain(600, 'x');
  Bytes out;
  constexpr int kTurns = 200'000;
  const auto begin = test::cpu_seconds();
  for (int turn = 0; turn < kTurns; ++turn) out.clear(), sealer.seal(dek, salt, 5, plain, out);
  WARN("seal of 600 bytes: " << (test::cpu_seconds() - begin) * 1e6 / kTurns << " us");
  CHECK(out.size() == 640 + kBlobOverhead);
}
