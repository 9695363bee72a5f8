// SPDX-License-Identifier: Apache-2.0
// Writes a clean ledger of so many records in the form that is exported, and beside it what a thief has: FOLDER.seed,
// of the newest signing key. The same seed writes the same ledger. Usage: make_log FOLDER RECORDS SEED
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "../../unit/ledger_format/random_log.hpp"

namespace fs = std::filesystem;
using namespace postern;

namespace {

void put(const fs::path& path, std::string_view bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void write(const test::MadeLog& log, const fs::path& folder) {
  std::string leaves;
  for (const auto& leaf : log.leaves) leaves += leaf + "\n";
  put(folder / "leaves.jsonl", leaves);
  put(folder / "checkpoint", log.checkpoint);
  put(folder / "vkey", log.vkey(0).text() + "\n");
  for (const auto& [size, note] : log.kept) put(folder / "checkpoints" / std::to_string(size), note);
  for (std::size_t i = 0; i < log.blobs.size(); ++i)
    if (log.blobs[i]) put(folder / "sealed" / (ledger::number_path(i) + ".psb"), chars(*log.blobs[i]));
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) return std::fputs("usage: make_log FOLDER RECORDS SEED\n", stderr), 64;
  const auto seed = static_cast<unsigned>(std::atoi(arguments[3]));
  const auto log = test::random_log(seed, static_cast<std::size_t>(std::atoi(arguments[2])));
  write(*log, arguments[1]);
  put(std::string(arguments[1]) + ".seed", hex(log->newest_seed()));
}
