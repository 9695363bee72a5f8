// SPDX-License-Identifier: Apache-2.0
#include "ledger/media_files.hpp"

#include <stdexcept>

#include "base/crypto.hpp"
#include "base/log.hpp"
#include "ledger/files.hpp"

namespace postern::ledger {
namespace fs = std::filesystem;

namespace {

// A name comes from a sealed description, and still leads nowhere else.
Result<fs::path> path_of(const fs::path& folder, const std::string& name) {
  if (!Id::from_hex(name)) return failure("\"" + name + "\" is no name of a kept file");
  return folder / name;
}

}  // namespace

MediaFiles::MediaFiles(fs::path folder) : folder_(std::move(folder)) {
  std::error_code error;
  fs::create_directory(folder_, error);
  if (!error) fs::permissions(folder_, fs::perms::owner_all, error);
  if (error) throw std::runtime_error("cannot make " + folder_.string() + ": " + error.message());
  for (const auto& entry : fs::directory_iterator(folder_)) bytes_ += entry.is_regular_file() ? entry.file_size() : 0;
}

Result<std::string> MediaFiles::put(std::string_view head, std::string_view rest) {
  std::string name = crypto::random_id().hex();
  const auto path = folder_ / name;
  if (auto written = write_large_file(path, head, rest); !written) {
    std::error_code ignored;
    fs::remove(path, ignored);
    return tl::unexpected(written.error());
  }
  bytes_ += head.size() + rest.size();
  return name;
}

Result<std::string> MediaFiles::read(const fs::path& folder, const std::string& name, std::size_t most) {
  const auto path = path_of(folder, name);
  if (!path) return tl::unexpected(path.error());
  return read_file(*path, most);
}

Result<void> MediaFiles::drop(const std::string& name) {
  const auto path = path_of(folder_, name);
  if (!path) return tl::unexpected(path.error());
  std::error_code error;
  const auto size = fs::file_size(*path, error);
  if (error) return {};
  if (auto gone = shred_file(*path); !gone) return gone;
  bytes_ -= std::min<std::uint64_t>(bytes_, size);
  return {};
}

void MediaFiles::sweep(const std::set<std::string>& kept) {
  std::vector<std::string> strays;
  for (const auto& entry : fs::directory_iterator(folder_))
    if (const auto name = entry.path().filename().string(); !kept.contains(name)) strays.push_back(name);
  for (const auto& name : strays)
    if (auto gone = drop(name); !gone) log::warning("media.stray", text(gone.error()));
}

}  // namespace postern::ledger
