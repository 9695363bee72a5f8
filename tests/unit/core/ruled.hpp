// SPDX-License-Identifier: Apache-2.0
// The account of every test, with rules besides its own.
#pragma once
#include <functional>

#include "stage.hpp"

namespace postern::core {

using Strings = std::vector<std::string>;

inline std::shared_ptr<Settings> with_rules(const std::function<void(policy::PackData&)>& add,
                                            policy::Author author = policy::Author::bot) {
  auto settings = one_account();
  policy::PackData data = settings->accounts[0].pack->data();
  add(data);
  settings->accounts[0].pack = std::make_shared<const policy::Pack>(std::move(data));
  settings->handlers[0].author = author;
  return settings;
}

}  // namespace postern::core
