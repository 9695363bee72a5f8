// SPDX-License-Identifier: Apache-2.0
#include "ledger/signer.hpp"

#include <openssl/crypto.h>

#include "ledger/files.hpp"
#include "ledger/format/keys.hpp"

namespace postern::ledger {
namespace {

constexpr const char* kLost =
    "restore sign.key from within its epoch; if it is lost, the record goes on as a fork: posternd --fork";

Result<crypto::Key> read_seed(const std::filesystem::path& path) {
  if (auto checked = check_mode(path, 0077); !checked) return tl::unexpected(checked.error());
  auto content = read_file(path);
  if (!content) return tl::unexpected(content.error());
  const auto bytes = unhex(std::string_view(*content).substr(0, 64));
  OPENSSL_cleanse(content->data(), content->size());
  if (!bytes || bytes->size() != sizeof(crypto::Key))
    return failure(path.string() + " holds no seed of 64 hex digits", "restore it, or begin a new ledger");
  crypto::Key seed;
  std::copy(bytes->begin(), bytes->end(), seed.begin());
  return seed;
}

Result<void> write_seed(const std::filesystem::path& path, const crypto::Key& seed) {
  auto text = hex(seed) + "\n";
  auto written = write_file(path, text, 0400);
  OPENSSL_cleanse(text.data(), text.size());
  return written;
}

}  // namespace

Signer::Signer(std::filesystem::path directory, std::string origin, const crypto::Key& seed)
    : directory_(std::move(directory)), origin_(std::move(origin)), seed_(seed), key_(crypto::SigningKey(seed)) {}

Result<Signer> Signer::create(const std::filesystem::path& directory, std::string origin) {
  Signer signer(directory, std::move(origin), crypto::random_key());
  if (auto written = write_seed(signer.current_path(), signer.seed_); !written) return tl::unexpected(written.error());
  return signer;
}

Result<Signer> Signer::open(const std::filesystem::path& directory, const VKey& current) {
  std::error_code error;
  const bool has_next = std::filesystem::exists(directory / "sign.key.next", error);
  if (std::filesystem::exists(directory / "sign.key", error)) {
    const auto seed = read_seed(directory / "sign.key");
    // A crash may have come while it was overwritten: then the next one is current.
    if (!seed && !has_next) return tl::unexpected(seed.error());
    std::optional<Signer> signer;
    if (seed) signer.emplace(Signer(directory, current.name, *seed));
    if (signer && signer->vkey() == current) {
      // A next key that no committed record names was never used.
      if (has_next) {
        if (auto gone = shred_file(signer->next_path()); !gone) return tl::unexpected(gone.error());
      }
      return std::move(*signer);
    }
  }
  if (has_next) {
    const auto seed = read_seed(directory / "sign.key.next");
    if (!seed) return tl::unexpected(seed.error());
    Signer signer(directory, current.name, *seed);
    if (signer.vkey() == current) {
      signer.next_seed_ = *seed;
      signer.next_.emplace(*seed);
      if (auto advanced = signer.advance(); !advanced) return tl::unexpected(advanced.error());
      return signer;
    }
  }
  return failure("no file in " + directory.string() + " holds the signing key that the ledger names", kLost);
}

Result<std::string> Signer::seed_of(const std::filesystem::path& directory, const VKey& current) {
  for (const char* name : {"sign.key", "sign.key.next"}) {
    const auto seed = read_seed(directory / name);
    if (seed && Signer(directory, current.name, *seed).vkey() == current) return hex(*seed) + "\n";
  }
  return failure("no file in " + directory.string() + " holds the signing key that the ledger names",
                 "if it was turned over this moment, try again");
}

Result<VKey> Signer::prepare() {
  if (!next_) {
    next_seed_ = next_seed(seed_, crypto::random_key());
    if (auto written = write_seed(next_path(), next_seed_); !written) return tl::unexpected(written.error());
    next_.emplace(next_seed_);
  }
  return VKey{origin_, KeyType::ed25519, next_->public_key()};
}

Result<void> Signer::advance() {
  std::error_code error;
  if (std::filesystem::exists(current_path(), error)) {
    if (auto gone = shred_file(current_path()); !gone) return gone;
  }
  if (auto renamed = rename_file(next_path(), current_path()); !renamed) return renamed;
  OPENSSL_cleanse(seed_.data(), seed_.size());
  seed_ = next_seed_;
  OPENSSL_cleanse(next_seed_.data(), next_seed_.size());
  key_ = std::move(next_);
  next_.reset();
  return {};
}

}  // namespace postern::ledger
