// SPDX-License-Identifier: Apache-2.0
// The witness against C2SP tlog-witness: each answer, and what it remembers.
#include "desk.hpp"

#include "fixture.hpp"
#include "ledger/format/leaf.hpp"
#include "ledger/format/submission.hpp"

using namespace postern;
using namespace postern::ledger;
using namespace postern::witness;
using postern::ledger::test::Folder;

namespace {

constexpr const char* kOrigin = "test.example/postern/d0daa89c-4a80-4786-991e-01c978bc6986/0";

std::string leaf_of(std::uint64_t i, const std::string& kind = "audit.heartbeat", const std::string& extra = {}) {
  return R"({"a":"system","b":"0f3c9a71","i":)" + std::to_string(i) + R"(,"k":")" + kind +
         R"(","m":5000000,"o":"ok","t":1767225600000000,"v":1)" + extra + "}";
}

/// A log that signs and proves, in memory.
struct TestLog {
  explicit TestLog(const std::string& marked = {}) : mark(marked) {}
  void grow(std::uint64_t size) {
    while (leaves.size() < size) {
      leaves.push_back(leaf_of(leaves.size()));
      if (!mark.empty()) leaves.back().insert(1, R"("_":")" + mark + R"(",)");
    }
  }
  NodeReader nodes() const {
    return [this](unsigned level, std::uint64_t n) -> Result<Hash> {
      if (level == 0) return leaf_hash(leaves.at(n));
      return node_hash(*nodes()(level - 1, 2 * n), *nodes()(level - 1, 2 * n + 1));
    };
  }
  std::string note(std::uint64_t size, const crypto::SigningKey& by) const {
    return make_checkpoint(checkpoint_body(kOrigin, size, *root_of(size, nodes())), {&by});
  }
  std::string submission(std::uint64_t old, std::uint64_t size) const {
    Submission made{old, {}, note(size, key)};
    if (old > 0 && old < size) made.path = *consistency_proof(old, size, nodes());
    return format_submission(kOldWord, made);
  }
  VKey vkey() const { return {kOrigin, KeyType::ed25519, key.public_key()}; }

  std::string mark;
  std::vector<std::string> leaves;
  crypto::SigningKey key{crypto::Key{7}};
};

struct Rig {
  Rig() { log.grow(40); }
  Desk desk() {
    auto memory = Memory::open(folder.path(), {log.vkey()});
    REQUIRE(memory);
    return Desk("witness.example/w1", crypto::SigningKey(crypto::Key{9}), std::move(*memory),
                [] { return 1'800'000'000ull; });
  }
  VKey witness() const {
    return {"witness.example/w1", KeyType::cosignature, crypto::SigningKey(crypto::Key{9}).public_key()};
  }

  Folder folder;
  TestLog log;
};

}  // namespace

TEST_CASE("a witness cosigns what continues what it has seen, and remembers it") {
  Rig rig;
  {
    auto desk = rig.desk();
    const auto first = desk.post("/add-checkpoint", rig.log.submission(0, 5));
    REQUIRE(first.status == 200);
    const auto note = parse_note(rig.log.note(5, rig.log.key) + first.body);
    REQUIRE(note);
    CHECK(verify_cosignature(rig.witness(), *note).value() == 1'800'000'000);
    CHECK(desk.post("/add-checkpoint", rig.log.submission(5, 5)).status == 200);
  }
  auto desk = rig.desk();  // a new life
  const auto stale = desk.post("/add-checkpoint", rig.log.submission(0, 9));
  CHECK(stale.status == 409);
  CHECK(stale.body == "5\n");
  CHECK(stale.is_a_size);
  CHECK(desk.post("/add-checkpoint", rig.log.submission(5, 33)).status == 200);
  const auto shown = desk.get("/" + log_name(kOrigin) + "/checkpoint");
  REQUIRE(shown.status == 200);
  const auto note = parse_note(shown.body);
  REQUIRE(note);
  CHECK(note->size == 33);
  CHECK(verify_cosignature(rig.witness(), *note)->has_value());
}

TEST_CASE("a witness refuses what the protocol has it refuse, and changes nothing by it") {
  Rig rig;
  auto desk = rig.desk();
  REQUIRE(desk.post("/add-checkpoint", rig.log.submission(0, 8)).status == 200);
  TestLog other("other"), stranger;
  other.grow(40);
  stranger.grow(40);
  stranger.key = crypto::SigningKey(crypto::Key{8});
  auto elsewhere = rig.log.submission(8, 12);
  elsewhere.replace(elsewhere.find("/0\n"), 3, "/1\n");
  auto proofless = rig.log.submission(8, 12);
  proofless.erase(proofless.find('\n') + 1, 45);
  const std::pair<std::string, int> cases[] = {
      {rig.log.submission(7, 12), 409},   // an older state
      {rig.log.submission(9, 12), 409},   // one that it has not seen
      {other.submission(8, 8), 409},      // two of one size
      {other.submission(8, 12), 422},     // another history
      {proofless, 422},                   // half a proof
      {stranger.submission(8, 12), 403},  // another key
      {elsewhere, 404},                   // another log
      {"old 9\n\n" + rig.log.note(8, rig.log.key), 400},
      {"old 08\n\n" + rig.log.note(8, rig.log.key), 400},
      {"new 8\n\n" + rig.log.note(8, rig.log.key), 400},
      {"old 8\nAAAA\n\n" + rig.log.note(8, rig.log.key), 400},
      {"old 8\n\nno note", 400},
  };
  for (const auto& [body, status] : cases) {
    CAPTURE(body);
    CHECK(desk.post("/add-checkpoint", body).status == status);
  }
  CHECK(desk.get("/" + log_name("nobody") + "/checkpoint").status == 404);
  CHECK(desk.post("/add-checkpoint", rig.log.submission(8, 12)).status == 200);
}

TEST_CASE("a witness learns the next key from the last record of what it has cosigned, and from nothing else") {
  Rig rig;
  const crypto::SigningKey next(crypto::Key{5});
  const VKey vkey{kOrigin, KeyType::ed25519, next.public_key()};
  rig.log.leaves.resize(9);
  rig.log.leaves.push_back(leaf_of(9, "key.rotate", R"(,"vkey":")" + vkey.text() + "\""));
  rig.log.grow(20);
  auto desk = rig.desk();
  const auto told = [&](std::uint64_t index, std::uint64_t size) {
    return desk
        .post("/rotate-key", format_submission(kRotateWord, {index, *inclusion_proof(index, size, rig.log.nodes()),
                                                             rig.log.leaves[index] + "\n"}))
        .status;
  };
  REQUIRE(desk.post("/add-checkpoint", rig.log.submission(0, 12)).status == 200);
  CHECK(told(9, 12) == 409);   // it is not the last one
  CHECK(told(11, 12) == 400);  // that is no key.rotate
  std::filesystem::remove(rig.folder.path() / log_name(kOrigin));
  desk = rig.desk();
  REQUIRE(desk.post("/add-checkpoint", rig.log.submission(0, 10)).status == 200);
  auto liar = rig.log.leaves[9];
  liar.replace(liar.find("5000000"), 7, "5000001");
  CHECK(desk.post("/rotate-key",
                  format_submission(kRotateWord, {9, *inclusion_proof(9, 10, rig.log.nodes()), liar + "\n"}))
            .status == 422);
  CHECK(told(9, 10) == 200);
  CHECK(told(9, 10) == 200);  // repeated after an answer that was lost
  CHECK(desk.post("/add-checkpoint", rig.log.submission(10, 14)).status == 403);  // by the old key
  rig.log.key = crypto::SigningKey(crypto::Key{5});
  CHECK(desk.post("/add-checkpoint", rig.log.submission(10, 14)).status == 200);
}

TEST_CASE("a witness whose memory is damaged does not start over") {
  Rig rig;
  REQUIRE(rig.desk().post("/add-checkpoint", rig.log.submission(0, 8)).status == 200);
  REQUIRE(write_file(rig.folder.path() / log_name(kOrigin), "", 0600));
  CHECK_FALSE(Memory::open(rig.folder.path(), {rig.log.vkey()}));
}
