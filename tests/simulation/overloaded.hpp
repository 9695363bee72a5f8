// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace postern::simulation {

/// A visitor made of lambdas.
template <typename... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <typename... F>
Overloaded(F...) -> Overloaded<F...>;

}  // namespace postern::simulation
