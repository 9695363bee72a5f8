// SPDX-License-Identifier: Apache-2.0
// Errors as values. The message path returns Result<T>; exceptions are for start-up and inside plugins only.
#pragma once
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace postern {

/// What failed, and what the person on call should do. Neither field may hold a secret or a customer's words.
struct Error {
  std::string what;    ///< what failed and why, one sentence: "cannot open state/ledger.db: permission denied"
  std::string remedy;  ///< what to do about it; empty if there is nothing to add
};

template <typename T>
using Result = tl::expected<T, Error>;

/// `return failure("…", "…");` in a function that returns a Result.
inline tl::unexpected<Error> failure(std::string what, std::string remedy = {}) {
  return tl::unexpected<Error>(Error{std::move(what), std::move(remedy)});
}

/// One line for a terminal: "what (remedy)".
inline std::string text(const Error& error) {
  return error.remedy.empty() ? error.what : error.what + " (" + error.remedy + ")";
}

}  // namespace postern
