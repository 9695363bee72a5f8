// SPDX-License-Identifier: Apache-2.0
// Values that must not reach a log. Neither type has an operator<<, a formatter or a conversion to text: who needs
// the content says so by name, and a reviewer can search for that name.
#pragma once
#include <openssl/crypto.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/secret_memory.hpp"

namespace postern {

/// A credential, token or webhook secret. Wiped when it dies; compared in constant time; left out of core dumps.
class Secret {
 public:
  Secret() = default;
  /// Wipes what it was made of.
  explicit Secret(std::string value) : value_(value.begin(), value.end(), &secret_memory()) {
    OPENSSL_cleanse(value.data(), value.size());
  }
  Secret(const Secret& other) : value_(other.value_, &secret_memory()) {}
  Secret(Secret&& other) noexcept = default;
  Secret& operator=(Secret other) noexcept {
    value_.swap(other.value_);
    return *this;
  }
  ~Secret() {
    if (!value_.empty()) OPENSSL_cleanse(value_.data(), value_.size());
  }

  bool empty() const { return value_.empty(); }
  /// The content, for the one place that signs, verifies or sends it.
  std::string_view reveal() const { return {value_.data(), value_.size()}; }
  /// Constant time for texts of one length; the length itself is no secret.
  bool equals(std::string_view other) const {
    return value_.size() == other.size() && CRYPTO_memcmp(value_.data(), other.data(), other.size()) == 0;
  }

 private:
  std::pmr::vector<char> value_{&secret_memory()};  // no string: a short one would lie in the object
};

/// Tokens that a platform has issued, by the name of the credential. Handed on as a snapshot that nobody changes.
using Tokens = std::map<std::string, Secret, std::less<>>;

/// Personal data: a name, a platform's user id, what somebody wrote.
template <typename T>
class Personal {
 public:
  Personal() = default;
  explicit Personal(T value) : value_(std::move(value)) {}
  /// The content, for routing, sealing and handing on; never for a log.
  const T& reveal() const { return value_; }
  bool operator==(const Personal&) const = default;

 private:
  T value_;
};

}  // namespace postern
