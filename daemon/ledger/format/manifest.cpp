// SPDX-License-Identifier: Apache-2.0
#include "ledger/format/manifest.hpp"

#include <algorithm>
#include <fstream>
#include <set>

#include "base/sha256.hpp"

namespace postern::ledger {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDeclaration = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
constexpr std::string_view kManifest = "manifest-sha256.txt";
constexpr std::size_t kDigits = 64, kMostOfALine = 4096;

std::set<std::string> payload(const fs::path& folder) {
  std::set<std::string> out;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder / "data", error), end; !error && entry != end;
       entry.increment(error))
    if (entry->is_regular_file(error)) out.insert(entry->path().lexically_relative(folder).generic_string());
  return out;
}

/// "<64 hex digits>  data/…", a blank or an asterisk between.
bool is_listing(std::string_view line) {
  return line.size() > kDigits + 2 && line.size() <= kMostOfALine &&
         std::all_of(line.begin(), line.begin() + kDigits,
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }) &&
         line[kDigits] == ' ' && (line[kDigits + 1] == ' ' || line[kDigits + 1] == '*') &&
         line.substr(kDigits + 2).starts_with("data/") && line.size() > kDigits + 7 &&
         std::all_of(line.begin() + kDigits + 2, line.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

std::string file_hash(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  crypto::Sha256 hash;
  char piece[1 << 16];
  while (file.read(piece, sizeof piece), file.gcount() > 0)
    hash.update(view({piece, static_cast<std::size_t>(file.gcount())}));
  return hex(hash.finish());
}

void check_manifest(const fs::path& folder, Verdict& verdict) {
  std::error_code error;
  if (!fs::is_regular_file(folder / "bagit.txt", error)) return;
  std::ifstream declaration(folder / "bagit.txt", std::ios::binary);
  std::string text(kDeclaration.size() + 1, '\0');
  declaration.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(declaration.gcount()));
  if (text != kDeclaration) verdict.add(Code::tampered, "bagit.txt", "is not what declares a bag");

  auto unlisted = payload(folder);
  std::ifstream manifest(folder / kManifest, std::ios::binary);
  for (std::string line; std::getline(manifest, line);) {
    if (!is_listing(line) || manifest.eof()) {
      verdict.add(Code::tampered, std::string(kManifest), "is malformed");
      continue;
    }
    const auto name = line.substr(kDigits + 2);
    if (unlisted.erase(name) == 0)
      verdict.add(Code::incomplete, name, "is listed in the manifest, once too often or without being there");
    else if (file_hash(folder / name) != line.substr(0, kDigits))
      verdict.add(Code::tampered, name, "is not the file that the manifest lists");
  }
  for (const auto& name : unlisted) verdict.add(Code::tampered, name, "is not listed in the manifest");
}

}  // namespace postern::ledger
