// SPDX-License-Identifier: Apache-2.0
#include "ledger/format/verify.hpp"

#include "catch.hpp"
#include "ledger/format/directory.hpp"
#include "mutant.hpp"

using namespace postern;
using namespace postern::ledger;

namespace {

std::string genesis() {
  return test::read_file(test::kVectors / "ledger/vkey");
}

Verdict verify_folder(const std::filesystem::path& folder, const Pins& pins) {
  auto reader = open_directory(folder);
  REQUIRE(reader);
  return verify(**reader, pins);
}

std::string listed(const Verdict& verdict) {
  std::string out;
  for (const auto& finding : verdict.findings)
    out += std::to_string(static_cast<int>(finding.code)) + " " + finding.where + " " + finding.what + "\n";
  return out;
}

bool names(const Verdict& verdict, Code code, const std::string& where) {
  return std::any_of(verdict.findings.begin(), verdict.findings.end(),
                     [&](const Finding& finding) { return finding.code == code && finding.where == where; });
}

}  // namespace

TEST_CASE("the ledger of the vectors verifies, with its authorised erasures") {
  const auto verdict = verify_folder(test::kVectors / "ledger", make_pins(genesis()).value());
  INFO(listed(verdict));
  CHECK(verdict.code() == Code::erased);
  CHECK(verdict.leaves == 43);
  CHECK(verdict.size == 43);
  CHECK(verdict.epochs == 2);
  CHECK(verdict.intact == 8);
  CHECK(verdict.shredded == 6);
  CHECK(verdict.missing == 0);
  CHECK(verdict.bad == 0);
  REQUIRE(verdict.steps.size() == 1);
  CHECK(verdict.steps[0].i == 24);
  CHECK(verdict.steps[0].step_us == -2000000);
  for (const auto i : {5, 8, 9, 12, 26, 27}) CHECK(names(verdict, Code::erased, "body of leaf " + std::to_string(i)));
}

TEST_CASE("every mutant of the ledger gets its exit code") {
  const auto file = test::vectors("mutants.json");
  REQUIRE(file.at("mutants").as_array().size() == 117);
  for (const auto& each : file.at("mutants").as_array()) {
    const auto& mutant = each.as_object();
    const test::Mutant copy;
    for (const auto& op : mutant.at("ops").as_array()) copy.apply(op.as_object());
    std::vector<std::string> external;
    if (const auto* files = mutant.if_contains("external"))
      for (const auto& path : files->as_array()) external.push_back(test::read_file(test::kVectors / test::str(path)));
    auto pin = std::optional(test::str(file.at("vkey")));
    if (const auto* other = mutant.if_contains("pin"))
      pin = *other == "none" ? std::nullopt : std::optional(test::str(*other));
    const auto verdict = verify_folder(copy.folder(), make_pins(pin, external).value());
    INFO(test::str(mutant.at("name")) << "\n" << listed(verdict));
    CHECK(static_cast<int>(verdict.code()) == mutant.at("code").to_number<int>());
  }
}

TEST_CASE("every bad note in place of the checkpoint gets its exit code") {
  const auto pins = make_pins(genesis()).value();
  const auto file = test::vectors("notes.json");
  for (const auto& bad : file.at("bad").as_array()) {
    const test::Mutant copy;
    std::filesystem::remove_all(copy.folder() / "tiles");
    const auto bytes = test::raw(bad.at("note_hex"));
    copy.write("checkpoint", {bytes.begin(), bytes.end()});
    const auto verdict = verify_folder(copy.folder(), pins);
    INFO(test::str(bad.at("why")) << "\n" << listed(verdict));
    CHECK(static_cast<int>(verdict.code()) == bad.at("code").to_number<int>());
  }
}

TEST_CASE("a witness that is known is verified and bounds the time") {
  const auto witness = test::str(test::vectors("keys.json").at("witness").at("vkey"));
  const auto pins = make_pins(genesis(), {}, std::array{witness}).value();
  const test::Mutant copy;
  const auto verdict = verify_folder(copy.folder(), pins);
  REQUIRE(verdict.bounds.size() >= 1);
  CHECK(verdict.bounds[0].size == 23);
  CHECK(verdict.bounds[0].time == 1767225660);
  CHECK(verdict.code() == Code::erased);

  auto note = test::read_file(copy.folder() / "checkpoints/23");
  note[note.size() - 10] = note[note.size() - 10] == 'A' ? 'B' : 'A';
  copy.write("checkpoints/23", note);
  CHECK(verify_folder(copy.folder(), pins).code() == Code::tampered);
  CHECK(verify_folder(copy.folder(), make_pins(genesis()).value()).code() == Code::erased);
}

TEST_CASE("files that no ledger has are named") {
  const auto pins = make_pins(genesis()).value();
  for (const auto name : {"sealed/5.psb", "sealed/043.psb", "sealed/041.psb~", "checkpoints/x", "checkpoints/010",
                          "proofs/08.tlog-proof", "proofs/43.tlog-proof", "tiles/tile/1/000.p/1", "tiles/tile/0/000",
                          "tiles/tile/0/001.p/1", "tiles/readme", "tiles/tile/entries/000.p/256"}) {
    const test::Mutant copy;
    copy.write(name, "x");
    const auto verdict = verify_folder(copy.folder(), pins);
    INFO(listed(verdict));
    CHECK(names(verdict, Code::tampered, name));
  }
}

TEST_CASE("a pipe, an endless line and a folder in a file's place do not stop the verifier") {
  const auto pins = make_pins(genesis()).value();
  {
    const test::Mutant copy;
    std::filesystem::remove(copy.folder() / "checkpoint");
    REQUIRE(::mkfifo((copy.folder() / "checkpoint").c_str(), 0600) == 0);
    CHECK(verify_folder(copy.folder(), pins).code() == Code::incomplete);
  }
  {
    const test::Mutant copy;
    copy.write("leaves.jsonl", test::read_file(copy.folder() / "leaves.jsonl") + std::string(1 << 20, 'x'));
    const auto verdict = verify_folder(copy.folder(), pins);
    CHECK(names(verdict, Code::tampered, "leaf 43"));
    CHECK(verdict.leaves == 44);
  }
  {
    const test::Mutant copy;
    std::filesystem::remove(copy.folder() / "checkpoints/23");
    std::filesystem::create_directory(copy.folder() / "checkpoints/23");
    std::filesystem::remove_all(copy.folder() / "proofs");
    CHECK(verify_folder(copy.folder(), pins).code() == Code::incomplete);
  }
  CHECK_FALSE(open_directory(test::kVectors / "nowhere"));
}

TEST_CASE("pins that cannot be read are an error of usage") {
  CHECK(make_pins(std::nullopt));
  CHECK(make_pins(genesis()));
  CHECK_FALSE(make_pins("nonsense"));
  CHECK_FALSE(make_pins(test::str(test::vectors("keys.json").at("witness").at("vkey"))));
  CHECK_FALSE(make_pins(genesis(), std::array{std::string("no note")}));
  CHECK_FALSE(make_pins(genesis(), {}, std::array{genesis()}));
}
