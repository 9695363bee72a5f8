// SPDX-License-Identifier: Apache-2.0
// How a mistake in the configuration is told: where it stands, what it is about, what is wrong.
#pragma once
#include <postern/option.hpp>

#include <string>
#include <string_view>

namespace autoresponder {

/// `pointer` names the option ("/topics/prices/reply"), `what` is for people ("topic \"prices\"").
[[noreturn]] inline void refuse(const postern::Config& config, std::string_view pointer, std::string_view what,
                                const std::string& why) {
  std::string text(config.place(pointer));
  if (!text.empty()) text += ": ";
  throw postern::BadConfig(text.append(what).append(": ").append(why));
}

}  // namespace autoresponder
