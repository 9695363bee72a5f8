// SPDX-License-Identifier: Apache-2.0
// A ledger with two key epochs, exported whole and in parts, and what others find of it.
#include "bag/export.hpp"

#include <algorithm>
#include <fstream>

#include "core/interned.hpp"
#include "core/policy/content.hpp"
#include "fixture.hpp"
#include "judge.hpp"
#include "ledger/format/directory.hpp"
#include "ledger/format/manifest.hpp"
#include "ledger/format/sealed.hpp"
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
  Exported write(const Scope& scope, bool content = false) {
    const auto done = export_records(*view, out(), {scope, content, false});
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

  auto log = ledger::open_directory(rig.out());
  REQUIRE(log);
  ledger::Pins pins;
  pins.genesis = rig.genesis();
  auto verdict = ledger::verify(**log, pins);
  ledger::check_manifest(rig.out(), verdict);
  for (const auto& finding : verdict.findings) UNSCOPED_INFO(finding.where << ": " << finding.what);
  CHECK(verdict.code() == ledger::Code::ok);
  CHECK(verdict.epochs == 2);
}

}  // namespace

TEST_CASE("the whole ledger is a bag that sha256sum and both verifiers find well") {
  Rig rig;
  const auto done = rig.write({});
  CHECK(done.records == done.size);
  check_well(rig);
  CHECK_FALSE(export_records(*rig.view, rig.out(), {}));  // never over what is there
}

TEST_CASE("a whole ledger's bag has its tiles on request, which both verifiers compare with the leaves") {
  Rig rig;
  REQUIRE(export_records(*rig.view, rig.out(), {.scope = {}, .tiles = true}));
  check_well(rig);
  const auto tiles = rig.out() / "data/tiles";
  for (const auto* name : {"checkpoint", "tile/0/000", "tile/1/000.p/1", "tile/entries/000"})
    CHECK(fs::exists(tiles / name));  // 250 records and more
  auto hashes = test::content(tiles / "tile/1/000.p/1");
  hashes[5] ^= 1;
  test::put(tiles / "tile/1/000.p/1", hashes);
  CHECK(test::verify(rig.out() / "data", rig.genesis()).code != 0);
  auto log = ledger::open_directory(rig.out());
  REQUIRE(log);
  ledger::Pins pins;
  pins.genesis = rig.genesis();
  CHECK(ledger::verify(**log, pins).code() == ledger::Code::tampered);
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

TEST_CASE("a bag with content has it in every form, and the sealed bag has none of it") {
  Rig rig;
  Scope scope;
  scope.conversation = rig.conversation(3).id;
  rig.write(scope);
  CHECK(test::run(rig.out(), "grep -rqa canary .").code == 1);
  fs::remove_all(rig.out());
  rig.write(scope, true);
  check_well(rig);
  const auto data = rig.out() / "data";
  const auto id = scope.conversation.hex();
  std::size_t mails = 0, rsmf = 0;
  for (const auto& entry : fs::directory_iterator(data)) rsmf += entry.path().extension() == ".rsmf";
  for (const auto& entry : fs::directory_iterator(data / "mails")) mails += entry.path().extension() == ".eml";
  CHECK(rsmf == 1);
  CHECK(mails > 10);
  for (const auto& name :
       {std::string("messages.jsonl"), std::string("messages.csv"), "conversation-" + id + ".html"}) {
    INFO(name);
    CHECK(test::content(data / name).find("plaintext canary") != std::string::npos);
    CHECK(test::content(data / name).find("the answer canary") != std::string::npos);
  }
  for (const std::size_t other : {1, 2, 4})  // what platforms call the others
    CHECK(test::content(data / "messages.jsonl").find("sender-" + std::to_string(other) + "-") == std::string::npos);
}

TEST_CASE("a dispute's bag says why what was sent could be sent") {
  Rig rig;
  core::policy::PackData data;
  data.platform = "messenger";
  data.version = "2026-09";
  data.add("window", "msgr.window", {{"within", std::int64_t{86'400'000'000}}});
  data.rules.back().says = "within 24 hours of what the person wrote";
  data.hash = core::intern("59058ea978258e2f");  // as the records of the traffic have it
  core::Settings settings;
  settings.accounts.emplace_back().pack = std::make_shared<const core::policy::Pack>(data);
  Order order;
  order.scope.conversation = rig.conversation(3).id;
  order.dispute = true;
  order.settings = &settings;
  const auto done = export_records(*rig.view, rig.out(), order);
  REQUIRE(done);
  check_well(rig);
  const auto data_folder = rig.out() / "data";
  for (const char* name : {"verdicts.jsonl", "verdicts.html"})
    CHECK(test::content(data_folder / name).find("within 24 hours of what the person wrote") != std::string::npos);
  CHECK(test::content(data_folder / "policies/59058ea978258e2f.txt") == core::policy::content_text(data));
  CHECK(core::policy::content_hash(data) == hex(crypto::sha256(view(core::policy::content_text(data)))).substr(0, 16));
  const auto certificate = test::content(data_folder / "certificate.txt");
  CHECK(certificate.find(test::content(data_folder / "checkpoint")) != std::string::npos);
  CHECK(certificate.find(order.scope.conversation.hex()) != std::string::npos);
  CHECK(fs::exists(data_folder / "messages.jsonl"));
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
  SECTION("a word of an opened message, and the manifest made to fit") {
    fs::remove_all(rig.out());
    rig.write(scope, true);
    auto text = test::content(data / "messages.jsonl");
    const auto at = text.find("plaintext canary", text.find("\"body\""));
    REQUIRE(at != text.npos);
    text.replace(at, 9, "different");
    test::put(data / "messages.jsonl", text);
    test::run(rig.out(), "find data -type f | xargs sha256sum > manifest-sha256.txt");
    CHECK(test::sha256sum(rig.out()).code == 0);
    const auto line = text.rfind("{\"i\":", at);
    found("messages.jsonl: record " + text.substr(line + 5, text.find(',', line) - line - 5) + " is not what its leaf");
  }
  SECTION("a file that nobody listed") {
    test::put(data / "letter.txt", "Dear judge");
    found("data/letter.txt is not listed in the manifest");
  }
}

TEST_CASE("one record is disclosed: its key opens no other, and no second text can be shown for it") {
  Rig rig;
  Scope scope;
  scope.conversation = rig.conversation(3).id;
  rig.write(scope, true);
  const auto siblings = rig.folder.path() / "siblings";
  fs::rename(rig.out(), siblings);
  const auto keys = test::content(siblings / "data/keys.jsonl");
  scope = Scope();
  scope.record = std::stoll(keys.substr(5));
  rig.write(scope, true);
  check_well(rig);
  const auto own = test::content(rig.out() / "data/keys.jsonl");
  CHECK(std::count(own.begin(), own.end(), '\n') == 1);
  CHECK(keys.starts_with(own));
  CHECK(selected(rig.out()).size() == 3);  // it, the first one, and the one that brings a key

  crypto::Key key;
  const auto bytes = unhex(own.substr(own.find("key\":\"") + 6, 64));
  REQUIRE(bytes);
  std::copy(bytes->begin(), bytes->end(), key.begin());
  ledger::Sealer sealer(rig.store->origin());
  std::size_t opened = 0, others = 0;
  for (const auto& line : selected(siblings)) {
    const auto i = std::stoull(line.substr(line.find("\"i\":") + 4));
    const auto blob = test::content(siblings / "data/sealed" / ledger::blob_path(i));
    if (blob.empty()) continue;
    const bool opens = sealer.open_with_record_key(key, i, view(blob)).has_value();
    opened += opens;
    others += !opens;
    CHECK(opens == (static_cast<std::int64_t>(i) == *scope.record));
  }
  CHECK(opened == 1);
  CHECK(others >= 20);

  SECTION("another key for the same body") {
    auto text = own;
    text[text.find("key\":\"") + 6] ^= 1;
    test::put(rig.out() / "data/keys.jsonl", text);
  }
  SECTION("another body under the same key, with its leaf unchanged") {
    const auto path = rig.out() / "data/sealed" / ledger::blob_path(static_cast<std::uint64_t>(*scope.record));
    Bytes blob;
    sealer.seal(crypto::random_key(), crypto::random_key(), static_cast<std::uint64_t>(*scope.record),
                std::string(400, 'z'), blob);
    test::put(path, chars(blob));
  }
  SECTION("another text") {
    auto text = test::content(rig.out() / "data/messages.jsonl");
    const auto at = text.find("canary", text.find("\"body\""));
    text.replace(at, 6, "kanary");
    test::put(rig.out() / "data/messages.jsonl", text);
  }
  test::run(rig.out(), "find data -type f | xargs sha256sum > manifest-sha256.txt");
  const auto said = test::verify(rig.out(), rig.genesis());
  INFO(said.text);
  CHECK(said.code == 1);
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
