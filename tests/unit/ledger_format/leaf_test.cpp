// SPDX-License-Identifier: Apache-2.0
#include "ledger/format/leaf.hpp"

#include "base/crypto.hpp"
#include "catch.hpp"
#include "vectors.hpp"

using namespace postern;
using namespace postern::ledger;

TEST_CASE("every good leaf of the vectors is accepted and has its hash") {
  const auto file = test::vectors("leaves.json");
  const auto position = file.at("position").to_number<std::uint64_t>();
  const auto origin = test::str(file.at("origin"));
  REQUIRE(file.at("good").as_array().size() == 9);
  for (const auto& good : file.at("good").as_array()) {
    const auto leaf = test::str(good.at("leaf"));
    INFO(leaf);
    CHECK(check_leaf(leaf, position, origin));
    CHECK(hex(leaf_hash(leaf)) == test::str(good.at("hash")));
  }
}

TEST_CASE("every bad leaf of the vectors is refused") {
  const auto file = test::vectors("leaves.json");
  const auto position = file.at("position").to_number<std::uint64_t>();
  const auto origin = test::str(file.at("origin"));
  REQUIRE(file.at("bad").as_array().size() > 50);
  for (const auto& bad : file.at("bad").as_array()) {
    INFO(test::str(bad.at("why")));
    CHECK_FALSE(check_leaf(test::text_or_hex(bad.as_object(), "leaf"), position, origin));
  }
}

namespace {
/// Writes again what was read: the writer and the reader must agree on every byte.
std::string rewritten(const Leaf& leaf) {
  std::vector<LeafExtra> extra;
  for (const auto key : {"from", "note", "path", "sha256", "signer", "to", "vkey", "zz"}) {
    if (const auto text = leaf.text(key)) extra.push_back({key, *text});
    if (const auto number = leaf.number(key)) extra.push_back({key, *number});
  }
  const auto id = [](std::string_view text) { return text.empty() ? Id{} : Id::from_hex(text).value(); };
  LeafFields fields;
  fields.i = leaf.i, fields.t = leaf.t, fields.m = leaf.m;
  fields.b = leaf.b, fields.k = leaf.k, fields.o = leaf.o, fields.a = leaf.a;
  fields.w = leaf.w, fields.p = leaf.p, fields.d = leaf.d, fields.f = leaf.f;
  fields.s = id(leaf.s), fields.c = id(leaf.c), fields.x = id(leaf.x);
  if (leaf.r) fields.r = static_cast<std::uint64_t>(*leaf.r);
  fields.q = leaf.q;
  if (leaf.n) {
    const auto bytes = unhex(leaf.h).value();
    std::copy(bytes.begin(), bytes.end(), fields.h.emplace().begin());
    fields.n = static_cast<std::uint64_t>(*leaf.n);
  }
  fields.extra = extra;
  std::string out;
  append_leaf(out, fields);
  return out;
}
}  // namespace

TEST_CASE("the writer makes every leaf of the ledger again, byte for byte") {
  std::istringstream lines(test::read_file(test::kVectors / "ledger/leaves.jsonl"));
  std::string line;
  std::uint64_t position = 0;
  for (; std::getline(lines, line); ++position) {
    const auto leaf = check_leaf(line, position);
    REQUIRE(leaf);
    CHECK(rewritten(*leaf) == line);
  }
  CHECK(position == 43);
}

TEST_CASE("any flipped bit of a leaf is refused or changes its hash") {
  std::istringstream lines(test::read_file(test::kVectors / "ledger/leaves.jsonl"));
  std::string line;
  for (std::uint64_t position = 0; std::getline(lines, line); ++position) {
    const auto hash = leaf_hash(line);
    for (std::size_t bit = 0; bit < line.size() * 8; ++bit) {
      auto flipped = line;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
      const auto leaf = check_leaf(flipped, position);
      if (leaf) CHECK(rewritten(*leaf).size() <= kMaxLeaf);
      CHECK(leaf_hash(flipped) != hash);
    }
  }
}

TEST_CASE("keys outside version 1, and forms the vectors leave out, are refused") {
  const auto with = [](std::string_view actor, std::string_view more, std::string_view type = "msg.in") {
    return R"({"a":")" + std::string(actor) + R"(","b":"0f3c9a71","i":1,"k":")" + std::string(type) +
           R"(","m":1,"o":"ok","t":1,"v":1)" + std::string(more) + "}";
  };
  CHECK(check_leaf(with("system", ""), 1));
  CHECK_FALSE(check_leaf(with("system", R"(,"z":1)"), 1));
  CHECK(check_leaf(with("system", R"(,"zz":1)"), 1));
  CHECK_FALSE(check_leaf(with("system", R"(,"z":)"), 1));
  CHECK(check_leaf(with("plugin:x@1.2", ""), 1));
  for (const auto actor : {"plugin:@1", "plugin:x@", "plugin:x", "plugin:x@1@2", "user:1", "user:", "System"})
    CHECK_FALSE(check_leaf(with(actor, ""), 1));
  for (const auto type : {"msg..in", ".msg", "msg.", "msg.In", "msg.in2"})
    CHECK_FALSE(check_leaf(with("system", "", type), 1));
  CHECK_FALSE(check_leaf("", 1));
  CHECK_FALSE(check_leaf("{}", 1));
}

TEST_CASE("writing and checking a leaf costs little", "[.bench]") {
  LeafFields fields;
  fields.t = 1767225600000000, fields.m = 5286661;
  fields.b = "0f3c9a71", fields.k = "msg.out.intent", fields.a = "plugin:stock@1.2.0";
  fields.w = "acme-instagram", fields.p = "instagram", fields.d = "allow/ig.window.24h:59058ea978258e2f",
  fields.f = "dm";
  fields.s = crypto::random_id(), fields.c = crypto::random_id(), fields.x = crypto::random_id();
  fields.r = 0, fields.q = 1, fields.h = Hash{}, fields.n = 192;
  constexpr int kTurns = 1'000'000;
  std::string out;
  auto begin = test::cpu_seconds();
  const auto lap = [&](const char* what) {
    WARN(what << ": " << (test::cpu_seconds() - begin) * 1e9 / kTurns << " ns");
    begin = test::cpu_seconds();
  };
  for (fields.i = 1; fields.i <= kTurns; ++fields.i) out.clear(), append_leaf(out, fields);
  lap("append_leaf");
  std::size_t good = 0;
  for (int turn = 0; turn < kTurns; ++turn) good += check_leaf(out, kTurns).has_value();
  lap("check_leaf");
  CHECK(good == kTurns);
  unsigned sum = 0;
  for (int turn = 0; turn < kTurns; ++turn) sum += leaf_hash(out)[0];
  lap("leaf_hash");
  CHECK(sum > 0);
}
