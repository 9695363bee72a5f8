// SPDX-License-Identifier: Apache-2.0
// A ZIP archive in memory, the same bytes for the same files. Any thread.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace postern::bag {

/// Name and content of each file.
Result<std::string> zip(const std::vector<std::pair<std::string, std::string>>& files);

}  // namespace postern::bag
