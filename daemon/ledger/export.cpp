// SPDX-License-Identifier: Apache-2.0
#include "ledger/export.hpp"

#include <fstream>

#include "ledger/format/directory.hpp"
#include "ledger/live.hpp"

namespace postern::ledger {
namespace {

Result<void> put(const std::filesystem::path& path, std::string_view bytes) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (error || !file) return failure("cannot write " + path.string(), "make room there, or choose another folder");
  return {};
}

Result<void> export_records(LogReader& log, const std::filesystem::path& folder) {
  std::ofstream leaves(folder / "leaves.jsonl", std::ios::binary);
  for (std::uint64_t i = 0;; ++i) {
    const auto leaf = log.next_leaf();
    if (!leaf) return tl::unexpected(leaf.error());
    if (!*leaf) break;
    leaves << (*leaf)->bytes << '\n';
    const auto blob = log.blob(SIZE_MAX);
    if (!blob) return tl::unexpected(blob.error());
    if (!*blob) continue;
    if (auto done = put(folder / "sealed" / blob_path(i), chars(**blob)); !done) return done;
  }
  leaves.close();
  if (!leaves) return failure("cannot write " + (folder / "leaves.jsonl").string(), "make room there");
  return {};
}

Result<void> export_checkpoints(LogReader& log, const std::filesystem::path& folder) {
  const auto newest = log.checkpoint();
  if (!newest) return tl::unexpected(newest.error());
  if (*newest) {
    if (auto done = put(folder / "checkpoint", **newest); !done) return done;
  }
  const auto sizes = log.kept();
  if (!sizes) return tl::unexpected(sizes.error());
  for (const auto size : *sizes) {
    const auto note = log.kept_note(size);
    if (!note) return tl::unexpected(note.error());
    if (auto done = put(folder / "checkpoints" / std::to_string(size), *note); !done) return done;
  }
  const auto vkey = log.vkey();
  if (!vkey) return tl::unexpected(vkey.error());
  return put(folder / "vkey", **vkey);
}

}  // namespace

Result<void> export_ledger(View& view, const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error || !std::filesystem::is_empty(folder, error) || error)
    return failure(folder.string() + " cannot be made or is not empty", "name a new folder for the export");
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  auto log = open_live(view);
  if (!log) return tl::unexpected(log.error());
  if (auto done = export_records(**log, folder); !done) return done;
  return export_checkpoints(**log, folder);
}

}  // namespace postern::ledger
