// SPDX-License-Identifier: Apache-2.0
// The key encryption keys: files named kek.<N>, kept apart from what they wrap.
#pragma once
#include <filesystem>
#include <map>

#include "base/crypto.hpp"
#include "base/error.hpp"

namespace postern::ledger {

/// The key encryption keys, by their number. Immutable.
class Keks {
 public:
  /// Reads every kek.<N> of the directory: 32 bytes, or 64 hex digits. With `create`, makes kek.1 if there is none.
  static Result<Keks> load(const std::filesystem::path& directory, bool create);
  /// One more key, from elsewhere: a credential that the configuration names.
  void add(std::int64_t number, const crypto::Key& key) { keys_[number] = key; }

  std::int64_t newest() const { return keys_.rbegin()->first; }
  /// Null: that file was taken away, and with it everything wrapped under it.
  const crypto::Key* find(std::int64_t number) const;
  const crypto::Key& current() const { return keys_.rbegin()->second; }
  /// The oldest first.
  const std::map<std::int64_t, crypto::Key>& all() const { return keys_; }

 private:
  std::map<std::int64_t, crypto::Key> keys_;
};

}  // namespace postern::ledger
