// SPDX-License-Identifier: Apache-2.0
#include "ledger/format/checkpoint.hpp"

#include "catch.hpp"
#include "vectors.hpp"

using namespace postern;
using namespace postern::ledger;

namespace {

struct Keys {
  boost::json::object file = test::vectors("keys.json");
  std::string origin = test::str(file.at("origin"));

  crypto::SigningKey epoch(std::size_t e) const {
    return crypto::SigningKey(test::raw32(file.at("epochs").at(e).at("seed")));
  }
  VKey vkey(std::size_t e) const { return VKey::parse_log_key(test::str(file.at("epochs").at(e).at("vkey"))).value(); }
};

}  // namespace

TEST_CASE("good notes are read, and their signatures verify") {
  const Keys keys;
  const auto file = test::vectors("notes.json");
  REQUIRE(file.at("good").as_array().size() == 7);
  for (const auto& good : file.at("good").as_array()) {
    INFO(test::str(good.at("name")));
    const auto note = parse_note(test::str(good.at("note")));
    REQUIRE(note);
    CHECK(note->origin == keys.origin);
    if (const auto* size = good.as_object().if_contains("size")) {
      CHECK(note->size == size->to_number<std::uint64_t>());
      CHECK(hex(note->root) == test::str(good.at("root")));
      CHECK(note->body == checkpoint_body(keys.origin, note->size, note->root));
    }
    if (const auto* signers = good.as_object().if_contains("signed_by")) {
      for (std::size_t at = 0; at < signers->as_array().size(); ++at) {
        const auto& line = note->signatures.at(at);
        CHECK(hex(line.key_id) == test::str(signers->at(at)));
        const auto key = keys.vkey(line.key_id == keys.vkey(0).id() ? 0 : 1);
        CHECK(verify_signature(key, *note, line));
        CHECK_FALSE(verify_signature(keys.vkey(key == keys.vkey(0) ? 1 : 0), *note, line));
      }
    }
  }
}

TEST_CASE("our keys make the notes of the vectors again, byte for byte") {
  const Keys keys;
  const auto zero = keys.epoch(0), one = keys.epoch(1);
  const auto remade = [](const std::string& text, std::initializer_list<const crypto::SigningKey*> signers) {
    return make_checkpoint(parse_note(text).value().body, signers);
  };
  const auto file = test::vectors("notes.json");
  const auto good = [&](std::size_t at) { return test::str(file.at("good").at(at).at("note")); };
  CHECK(remade(good(0), {&zero}) == good(0));
  CHECK(good(1).starts_with(remade(good(1), {&zero, &one})));
  CHECK(remade(good(2), {&one}) == good(2));
  CHECK(remade(good(3), {&one}) == good(3));
}

TEST_CASE("malformed notes are refused by their form alone") {
  // The others of the bad ones are well formed and need the ledger to be judged: verify_test.cpp.
  const std::vector<std::string> well_formed = {"origin of another fork, signed by our key",
                                                "no signature line",
                                                "signature twice",
                                                "signed by a stranger under our name",
                                                "signed by the key of the epoch before",
                                                "signed by both keys away from the boundary",
                                                "signature of another body",
                                                "signature with junk after it",
                                                "name in capitals"};
  const auto file = test::vectors("notes.json");
  for (const auto& bad : file.at("bad").as_array()) {
    const auto why = test::str(bad.at("why"));
    INFO(why);
    const bool formed = std::find(well_formed.begin(), well_formed.end(), why) != well_formed.end();
    const auto bytes = test::raw(bad.at("note_hex"));
    if (formed && why == "signature with junk after it") continue;
    CHECK(parse_note(chars(bytes)).has_value() == formed);
  }
}

TEST_CASE("no flipped bit of a checkpoint survives") {
  const Keys keys;
  const auto text = test::read_file(test::kVectors / "ledger/checkpoint");
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    auto flipped = text;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    const auto note = parse_note(flipped);
    if (!note) continue;
    const auto& line = note->signatures.at(0);
    const bool ours = line.name == keys.origin && line.key_id == keys.vkey(1).id() && note->origin == keys.origin;
    if (ours) CHECK_FALSE(verify_signature(keys.vkey(1), *note, line));
  }
}

TEST_CASE("at most sixteen signature lines") {
  const Keys keys;
  const auto zero = keys.epoch(0);
  const auto body = checkpoint_body(keys.origin, 1, Hash{});
  auto note = body + "\n";
  for (int line = 0; line < 16; ++line) note += signature_line(zero, body);
  CHECK(parse_note(note));
  CHECK_FALSE(parse_note(note + signature_line(zero, body)));
}

TEST_CASE("verification keys are read and written") {
  const Keys keys;
  for (std::size_t e = 0; e < 2; ++e) {
    const auto& epoch = keys.file.at("epochs").at(e);
    const auto vkey = keys.vkey(e);
    CHECK(vkey.name == keys.origin);
    CHECK(hex(vkey.key) == test::str(epoch.at("pub")));
    CHECK(hex(vkey.id()) == test::str(epoch.at("key_id")));
    CHECK(vkey.text() == test::str(epoch.at("vkey")));
    CHECK(keys.epoch(e).public_key() == vkey.key);
  }
  const auto witness = VKey::parse(test::str(keys.file.at("witness").at("vkey")));
  REQUIRE(witness);
  CHECK(witness->type == KeyType::cosignature);
  CHECK_FALSE(VKey::parse_log_key(witness->text()));
  auto text = keys.vkey(0).text();
  for (std::size_t at = 0; at < text.size(); ++at) {
    auto other = text;
    other[at] = other[at] == '0' ? '1' : '0';
    CHECK_FALSE(VKey::parse(other));
  }
  for (const auto bad : {"", "a", "a+b", "++", "a++AWWcvlnGph/Gp0AuRN4EX308XhZR2jE6QmNkwHs9xW4i"})
    CHECK_FALSE(VKey::parse(bad));
}

TEST_CASE("an origin has a host, the product, a uuid and a fork") {
  const std::string uuid = "3d0f7a52-94c1-4be8-8a36-5b0c6e2f9d17";
  CHECK(is_origin("a/postern/" + uuid + "/0"));
  CHECK(is_origin(std::string(64, 'a') + "/postern/" + uuid + "/12"));
  for (const auto& bad : {"/postern/" + uuid + "/0", std::string(65, 'a') + "/postern/" + uuid + "/0",
                          "a_b/postern/" + uuid + "/0", "a/other/" + uuid + "/0", "a/postern/" + uuid + "/",
                          "a/postern/" + uuid, "a/postern/" + uuid + "/01", "a/postern/" + uuid + "/0/0",
                          std::string("a/postern/3D0F7A52-94c1-4be8-8a36-5b0c6e2f9d17/0"), std::string("a")})
    CHECK_FALSE(is_origin(bad));
}

TEST_CASE("a witness's line is made, found and verified") {
  const Keys keys;
  const auto& file = keys.file.at("witness");
  const crypto::SigningKey key(test::raw32(file.at("seed")));
  const auto witness = VKey::parse(test::str(file.at("vkey"))).value();
  const auto time = file.at("time").to_number<std::uint64_t>();
  const auto text = test::read_file(test::kVectors / test::str(file.at("cosigned")));
  const auto note = parse_note(text).value();
  CHECK(text.ends_with(cosignature_line(witness.name, key, time, note.body)));
  CHECK(verify_cosignature(witness, note).value() == time);

  auto without = note;
  without.signatures.pop_back();
  CHECK(verify_cosignature(witness, without).value() == std::nullopt);
  auto later = note;
  later.signatures.back().signature[7] ^= 1;
  CHECK_FALSE(verify_cosignature(witness, later));
  auto twice = note;
  twice.signatures.push_back(note.signatures.back());
  CHECK_FALSE(verify_cosignature(witness, twice));
  auto cut = note;
  cut.signatures.back().signature.pop_back();
  CHECK_FALSE(verify_cosignature(witness, cut));
}
