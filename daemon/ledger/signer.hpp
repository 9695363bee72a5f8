// SPDX-License-Identifier: Apache-2.0
// The signing key's files. `sign.key` holds the seed of the current epoch; while the log turns to the next one,
// `sign.key.next` holds that one's, and the log's last key.rotate says which of the two is current. One thread.
#pragma once
#include <filesystem>
#include <optional>

#include "base/crypto.hpp"
#include "ledger/format/checkpoint.hpp"

namespace postern::ledger {

class Signer {
 public:
  /// The first epoch: a new random seed.
  static Result<Signer> create(const std::filesystem::path& directory, std::string origin);
  /// The files as a start finds them, which end a rotation that a crash has interrupted. `current` is the key that the
  /// log says is valid now.
  static Result<Signer> open(const std::filesystem::path& directory, const VKey& current);

  /// The content of the file that holds the seed of `current`; whichever of the two that is.
  static Result<std::string> seed_of(const std::filesystem::path& directory, const VKey& current);

  const crypto::SigningKey& key() const { return *key_; }
  VKey vkey() const { return {origin_, KeyType::ed25519, key_->public_key()}; }

  /// Makes the next epoch's key and puts it on disk beside the current one; asked again, gives the same.
  Result<VKey> prepare();
  /// The prepared key.
  const crypto::SigningKey& next() const { return *next_; }
  /// The log holds the key.rotate: the old seed is overwritten and the next one takes its place.
  Result<void> advance();

 private:
  Signer(std::filesystem::path directory, std::string origin, const crypto::Key& seed);
  std::filesystem::path current_path() const { return directory_ / "sign.key"; }
  std::filesystem::path next_path() const { return directory_ / "sign.key.next"; }

  std::filesystem::path directory_;
  std::string origin_;
  crypto::Key seed_, next_seed_{};
  std::optional<crypto::SigningKey> key_, next_;
};

}  // namespace postern::ledger
