// SPDX-License-Identifier: Apache-2.0
// A ledger with two key epochs, exported whole and in parts, and what others find of it.
#include "bag/export.hpp"

#include <fstream>
#include <set>

#include "fixture.hpp"
#include "judge.hpp"
#include "ledger/format/directory.hpp"
#include "ledger/format/verify.hpp"

using namespace postern;
using namespace postern::bag;
using namespace postern::ledger::test;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kPeople = 12;

struct Rig {
  Rig() : store(must_open(folder.options())), traffic(*store) {
    Running running(*store);
    REQUIRE(running.submit(traffic.start()));
    for (int round = 0; round < 8; ++round) REQUIRE(running.submit(traffic.batch(9, kPeople)));
    REQUIRE(running.submit(traffic.rotate()));
    for (int round = 0; round < 4; ++round) REQUIRE(running.submit(traffic.batch(9, kPeople)));
    REQUIRE(running.settle());
    REQUIRE(running.fatal() == "");
    auto opened = store->open_view();
    REQUIRE(opened);
    view = std::move(*opened);
  }

  fs::path out() const { return folder.path() / "bag"; }
  Exported write(const Scope& scope) {
    const auto done = export_records(*view, out(), scope);
    INFO((done ? "" : done.error().what));
    REQUIRE(done);
    return *done;
  }
  const ledger::VKey& genesis() const { return store->genesis(); }
  const core::ConversationRow& conversation(std::size_t person) const {
    return traffic.people().at(person).conversation;
  }

  Folder folder;
  std::unique_ptr<ledger::Store> store;
  Traffic traffic;
  std::unique_ptr<ledger::View> view;
};

/// The lines of selected.jsonl.
std::vector<std::string> selected(const fs::path& bag) {
  std::ifstream file(bag / "data/selected.jsonl");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

void check_well(const Rig& rig) {
  const auto sums = test::sha256sum(rig.out());
  INFO(sums.text);
  CHECK(sums.code == 0);
  const auto said = test::verify(rig.out(), rig.genesis());
  INFO(said.text);
  CHECK(said.code == 0);
}

}  // namespace

TEST_CASE("the whole ledger is a bag that sha256sum and both verifiers find well") {
  Rig rig;
  const auto done = rig.write({});
  CHECK(done.records == done.size);
  check_well(rig);
  CHECK_FALSE(export_records(*rig.view, rig.out(), {}));  // never over what is there

  auto log = ledger::open_directory(rig.out());
  REQUIRE(log);
  ledger::Pins pins;
  pins.genesis = rig.genesis();
  const auto verdict = ledger::verify(**log, pins);
  for (const auto& finding : verdict.findings) UNSCOPED_INFO(finding.where << ": " << finding.what);
  CHECK(verdict.code() == ledger::Code::ok);
  CHECK(verdict.leaves == done.size);
  CHECK(verdict.epochs == 2);
}

TEST_CASE("a conversation's bag has its records, what proves them, and nobody else's") {
  Rig rig;
  const auto id = rig.conversation(3).id.hex();
  Scope scope;
  scope.conversation = rig.conversation(3).id;
  const auto done = rig.write(scope);
  check_well(rig);

  std::size_t own = 0, needed = 0;
  for (const auto& line : selected(rig.out())) {
    const bool is_own = line.find(id) != line.npos;
    own += is_own;
    needed += !is_own && (line.find(R"("i":0,)") != line.npos || line.find("key.rotate") != line.npos);
  }
  CHECK(own >= 20);
  CHECK(needed == 2);
  CHECK(own + needed == done.records);
}

TEST_CASE("a part of the record is chosen by account, contact and time") {
  Rig rig;
  Scope scope;
  SECTION("a contact") {
    scope.contact = rig.conversation(5).contact;
    CHECK(rig.write(scope).records > 20);
  }
  SECTION("an account that has nothing") {
    scope.account = "acme-telegram";
    CHECK(rig.write(scope).records == 2);  // the first record and the one that brings a key
  }
  SECTION("a time") {
    scope.since = 1'767'225'600'000'000 + 500'000;
    scope.until = scope.since + 1'000'000;
    CHECK(rig.write(scope).records == 100 + 2);
  }
  check_well(rig);
}

TEST_CASE("what was changed in a bag is found and named") {
  Rig rig;
  Scope scope;
  scope.conversation = rig.conversation(3).id;
  rig.write(scope);
  const auto data = rig.out() / "data";
  const auto file = fs::recursive_directory_iterator(data / "sealed")->path();
  const auto damage = [&](const fs::path& path, std::size_t at) {
    auto bytes = test::content(path);
    bytes.at(at) = static_cast<char>(bytes.at(at) ^ 1);
    test::put(path, bytes);
  };
  const auto found = [&](const std::string& what) {
    const auto said = test::verify(rig.out(), rig.genesis());
    INFO(said.text);
    CHECK(said.code == 1);
    CHECK(said.text.find(what) != std::string::npos);
  };
  SECTION("a body") {
    damage(file, 100);
    CHECK(test::sha256sum(rig.out()).code == 1);
    found("is not the body that leaf ");
  }
  SECTION("a leaf") {
    auto lines = selected(rig.out());
    auto& line = lines.at(2);
    const auto at = line.find(R"("o":"ok")");
    REQUIRE(at != line.npos);
    line.replace(at, 8, R"("o":"failed")");
    std::string text;
    for (const auto& each : lines) text += each + "\n";
    test::put(data / "selected.jsonl", text);
    const auto i = line.substr(line.find(R"("i":)") + 4);
    found("proofs/" + i.substr(0, i.find(',')) + ".tlog-proof does not prove the leaf");
  }
  SECTION("a leaf is left out, and the manifest made to fit") {
    auto lines = selected(rig.out());
    lines.erase(lines.begin() + 2);
    std::string text;
    for (const auto& each : lines) text += each + "\n";
    test::put(data / "selected.jsonl", text);
    test::run(rig.out(), "find data -type f | xargs sha256sum > manifest-sha256.txt");
    CHECK(test::sha256sum(rig.out()).code == 0);
    found("does not belong to this ledger");  // its body and its proof, which are still there
  }
  SECTION("a file that nobody listed") {
    test::put(data / "letter.txt", "Dear judge");
    found("data/letter.txt is not listed in the manifest");
  }
}

TEST_CASE("a selection is held against a checkpoint from outside, or says that it cannot be") {
  Rig rig;
  Scope scope;
  scope.conversation = rig.conversation(3).id;
  rig.write(scope);
  const auto outside = rig.folder.path() / "outside";
  const auto ends = fs::directory_iterator(rig.out() / "data/checkpoints")->path();
  fs::copy(ends, outside);
  CHECK(test::verify(rig.out(), rig.genesis(), "--external '" + outside.string() + "'").code == 0);
  fs::remove(ends);
  CHECK(test::verify(rig.out(), rig.genesis(), "--external '" + outside.string() + "'").code == 2);
}
