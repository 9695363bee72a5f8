// SPDX-License-Identifier: Apache-2.0
// Where secrets lie: pages of their own, which no core dump takes along and which are not swapped out if the system
// lets them be locked.
#pragma once
#include <memory_resource>

namespace postern {

/// For the contents of Secret. Any thread; lives as long as the process.
std::pmr::memory_resource& secret_memory();

}  // namespace postern
