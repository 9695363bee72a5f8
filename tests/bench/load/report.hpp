// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "load/books.hpp"
#include "load/options.hpp"
#include "load/process_tree.hpp"

namespace postern::load {

/// One line: an object for programs, or a row for people. `used` is what the target used for the measured messages; its
/// memory is that at the end.
std::string report(const Options& options, const Figures& figures, const Usage& used);

/// What was used from one look to the next.
Usage between(const Usage& before, const Usage& after);

}  // namespace postern::load
