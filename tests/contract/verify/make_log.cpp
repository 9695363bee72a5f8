// SPDX-License-Identifier: Apache-2.0
// Writes a clean ledger of so many records in the form that is exported, and beside it what a thief has: FOLDER.seed,
// of the newest signing key. The same seed writes the same ledger. With EPOCHS the key gives way so often, evenly.
// Usage: make_log FOLDER RECORDS SEED [EPOCHS]
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

/// Each epoch has as many messages as the others.
std::unique_ptr<test::MadeLog> epochs_log(unsigned seed, std::size_t records, std::size_t epochs) {
  auto log = std::make_unique<test::MadeLog>(seed);
  for (std::size_t epoch = 0; epoch < epochs; ++epoch) {
    if (epoch > 0) log->rotate();
    for (std::size_t each = 0; each < records / epochs; ++each) log->add_message();
  }
  log->keep();
  return log;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4 && count != 5)
    return std::fputs("usage: make_log FOLDER RECORDS SEED [EPOCHS]\n", stderr), 64;
  const auto seed = static_cast<unsigned>(std::atoi(arguments[3]));
  const auto records = static_cast<std::size_t>(std::atoi(arguments[2]));
  const auto epochs = count == 5 ? static_cast<std::size_t>(std::atoi(arguments[4])) : 0;
  const auto log = epochs > 0 ? epochs_log(seed, records, epochs) : test::random_log(seed, records);
  write(*log, arguments[1]);
  put(std::string(arguments[1]) + ".seed", hex(log->newest_seed()));
}
