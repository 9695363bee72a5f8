// SPDX-License-Identifier: Apache-2.0
#include "core/interned.hpp"

#include <mutex>
#include <set>
#include <string>

namespace postern::core {

std::string_view intern(std::string_view text) {
  static std::mutex mutex;
  static std::set<std::string, std::less<>> names;
  const std::lock_guard lock(mutex);
  auto at = names.find(text);
  if (at == names.end()) at = names.emplace(text).first;
  return *at;
}

}  // namespace postern::core
