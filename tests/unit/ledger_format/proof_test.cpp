// SPDX-License-Identifier: Apache-2.0
#include "ledger/format/proof.hpp"

#include "catch.hpp"
#include "ledger/format/leaf.hpp"
#include "vectors.hpp"

using namespace postern;
using namespace postern::ledger;

TEST_CASE("the proofs of the ledger are read, verified and written again") {
  std::vector<std::string> leaves;
  std::istringstream lines(test::read_file(test::kVectors / "ledger/leaves.jsonl"));
  for (std::string line; std::getline(lines, line);) leaves.push_back(line);
  for (const std::size_t i : {0, 8, 22, 33}) {
    const auto text = test::read_file(test::kVectors / "ledger/proofs" / (std::to_string(i) + ".tlog-proof"));
    const auto proof = parse_proof(text);
    REQUIRE(proof);
    CHECK(proof->index == i);
    const auto note = parse_note(proof->note).value();
    CHECK(verify_inclusion(leaf_hash(leaves[i]), i, note.size, proof->path, note.root));
    CHECK(format_proof(*proof) == text);
  }
}

TEST_CASE("malformed proofs are refused") {
  const std::string magic = "c2sp.org/tlog-proof@v1\n", hash = base64(Hash{}) + "\n";
  CHECK(parse_proof(magic + "index 0\n" + hash + "\nnote"));
  CHECK(parse_proof(magic + "index 0\n\n"));
  for (const auto& bad : {std::string(), magic, magic + "index \n\n", magic + "index 01\n\n", magic + "index 0",
                          magic + "index 0\n", magic + "index -1\n\n", magic + "index 99999999999999999999999\n\n",
                          magic + "index 0\nAA==\n\n", magic + "index 0\n" + hash, magic + "extra AA==\nindex 0\n\n",
                          std::string("c2sp.org/tlog-proof@v2\nindex 0\n\n")})
    CHECK_FALSE(parse_proof(bad));
}
