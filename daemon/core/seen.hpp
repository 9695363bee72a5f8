// SPDX-License-Identifier: Apache-2.0
// Which events have been here before. In memory the newest by the platform's time; what is older than anything ever
// evicted may be on disk only, and only such an event has to be looked up.
#pragma once
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "core/row.hpp"

namespace postern::core {

/// 16 bytes of a keyed digest over account and event key: nobody can make two events collide.
struct Digest {
  std::int64_t look = 0, rest = 0;
  bool operator==(const Digest&) const = default;
};

class Seen {
 public:
  Seen(const crypto::Key& key, std::size_t capacity) : hmac_(key), capacity_(capacity) {}

  Digest digest(std::string_view account, std::string_view key) const;

  enum class Answer { fresh, known, maybe_on_disk };
  Answer ask(const Digest& digest, Micros sent_at) const;
  void remember(const Digest& digest, Micros sent_at);
  /// From disk at start, where only half of the digest is kept; a hit on such an entry is `maybe_on_disk`.
  void restore(const std::vector<SeenRow>& rows, Micros before);

 private:
  struct Entry {
    Micros sent_at;
    std::int64_t look;
    bool operator>(const Entry& other) const { return sent_at > other.sent_at; }
  };
  crypto::Hmac hmac_;
  std::size_t capacity_;
  Micros before_ = 0;  ///< whatever has this platform time or an older one may have been evicted
  std::unordered_map<std::int64_t, std::int64_t> rest_of_;  ///< look -> rest; 0: restored, rest unknown
  std::vector<Entry> oldest_first_;                         ///< a heap
};

}  // namespace postern::core
