// SPDX-License-Identifier: Apache-2.0
// A call into a plugin, as it is kept until its answer is there: a crash must not lose it.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>
#include <zmq.hpp>

#include "core/event.hpp"

namespace postern::bus {

enum class Function : std::uint8_t { decode, encode, interpret, handle };
std::string_view name(Function function);

/// One argument: a text of its own, or one that others hold as well (an event goes to several handlers and is sealed).
using Argument = std::variant<std::string, core::Text>;
inline std::string_view content(const Argument& argument) {
  if (const auto* own = std::get_if<std::string>(&argument)) return *own;
  return *std::get<core::Text>(argument);
}

struct Call {
  std::uint64_t id = 0;
  Function function = Function::decode;
  std::vector<Argument> arguments;
  bool alone = false;  ///< it has failed before: nothing else is open beside it, so that it harms nobody else
};

/// How a call ended.
struct Done {
  enum class How : std::uint8_t {
    answered,  ///< `items` is what the plugin gave
    fault,     ///< the plugin threw or broke its contract: `text`
    crashed,   ///< it alone was open when the plugin crashed or hung: `text`
  } how = How::answered;
  Call call;
  bool stop = false;                  ///< handle: the chain ends here
  std::vector<zmq::message_t> items;  ///< JSON texts
  std::string text;
};

}  // namespace postern::bus
