// SPDX-License-Identifier: Apache-2.0
// The unwrapped keys of subjects that were used last. Writer, loader and readers share it: it is the one object of the
// daemon with a lock of its own, and what it forgets is gone.
#pragma once
#include <mutex>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "base/crypto.hpp"

namespace postern::ledger {

inline constexpr int kProfileMonth = 0;  ///< the "month" of a subject's profile key

/// The unwrapped keys that were used last; at most 2 × `capacity`, which is two for each conversation that the core keeps
/// in memory. Any thread.
class Keyring {
 public:
  explicit Keyring(std::size_t capacity = 8'000) : capacity_(capacity) {}

  std::optional<crypto::Key> find(const Id& subject, int month);
  void remember(const Id& subject, int month, const crypto::Key& key);
  /// All keys of a subject, for as long as the process lives: it is erased. Whoever has just read one from the table
  /// can no longer bring it back.
  void forget(const Id& subject);
  /// The key of one month, whose last body has gone.
  void forget(const Id& subject, int month);
  bool is_forgotten(const Id& subject);

 private:
  struct Name {
    Id subject;
    int month;
    bool operator==(const Name&) const = default;
  };
  struct HashName {
    std::size_t operator()(const Name& name) const { return std::hash<Id>()(name.subject) + std::size_t(name.month); }
  };
  using Keys = std::unordered_map<Name, crypto::Key, HashName>;

  const std::size_t capacity_;
  std::mutex mutex_;
  std::unordered_set<Id> forgotten_;
  Keys young_, old_;  // when the young ones are too many they become the old, and the old ones go
};

}  // namespace postern::ledger
