// SPDX-License-Identifier: Apache-2.0
// Prints docs/configuration.md. A test keeps the file and the schema together.
#include <cstdio>

#include "config/schema.hpp"

int main() {
  std::fputs(postern::config::reference_page().c_str(), stdout);
  return 0;
}
