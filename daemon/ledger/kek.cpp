// SPDX-License-Identifier: Apache-2.0
#include "ledger/kek.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <charconv>

#include "ledger/files.hpp"

namespace postern::ledger {

namespace {

constexpr std::string_view kPrefix = "kek.";

std::optional<crypto::Key> key_of(std::string_view content) {
  crypto::Key key;
  if (content.size() == key.size()) {
    std::copy(content.begin(), content.end(), key.begin());
    return key;
  }
  if (content.ends_with('\n')) content.remove_suffix(1);
  const auto bytes = unhex(content);
  if (!bytes || bytes->size() != key.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), key.begin());
  return key;
}

}  // namespace

Result<Keks> Keks::load(const std::filesystem::path& directory, bool create) {
  Keks keks;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const auto name = entry.path().filename().string();
    std::int64_t number = 0;
    if (!name.starts_with(kPrefix)) continue;
    const auto* const end = name.data() + name.size();
    if (const auto read = std::from_chars(name.data() + kPrefix.size(), end, number); read.ptr != end || number < 1)
      continue;
    // The service manager hands credentials out with a group entry, so only strangers and writers are refused.
    if (auto checked = check_mode(entry.path(), 0027); !checked) return tl::unexpected(checked.error());
    auto content = read_file(entry.path());
    if (!content) return tl::unexpected(content.error());
    const auto key = key_of(*content);
    OPENSSL_cleanse(content->data(), content->size());
    if (!key) return failure(entry.path().string() + " holds no key", "it must be 32 bytes, or 64 hex digits");
    keks.keys_[number] = *key;
  }
  if (error) return failure("cannot read the key directory " + directory.string() + ": " + error.message());
  if (!keks.keys_.empty()) return keks;
  if (!create)
    return failure("there is no key encryption key kek.<N> in " + directory.string(),
                   "put the key that this ledger was begun with there; without it no sealed body can be read");
  const auto key = crypto::random_key();
  if (auto written = write_file(directory / "kek.1", hex(key) + "\n", 0400); !written)
    return tl::unexpected(written.error());
  keks.keys_[1] = key;
  return keks;
}

const crypto::Key* Keks::find(std::int64_t number) const {
  const auto at = keys_.find(number);
  return at == keys_.end() ? nullptr : &at->second;
}

}  // namespace postern::ledger
