// SPDX-License-Identifier: Apache-2.0
// A reply with variables: "Hello {{contact.first_name|there}}". It is taken apart when the plugin starts, so that a
// misspelt variable is a mistake in the configuration and not a strange message to a customer.
#pragma once
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace autoresponder {

class Template {
 public:
  /// A variable's value; nothing if there is none.
  using Value = std::optional<std::string>;

  /// Throws std::invalid_argument, saying which variable or brace is wrong. `known` is asked for each variable.
  template <typename Known>
  Template(std::string_view text, Known&& known) {
    for (;;) {
      const auto open = text.find("{{");
      pieces_.push_back({std::string(text.substr(0, open)), {}, {}, false});
      if (open == text.npos) break;
      text.remove_prefix(open + 2);
      const auto close = text.find("}}");
      if (close == text.npos) throw std::invalid_argument("\"{{\" without \"}}\"");
      add_variable(text.substr(0, close), known);
      text.remove_prefix(close + 2);
    }
  }

  /// The text, or nothing if a variable has neither a value nor a default: half a sentence is not sent. `value` is
  /// asked for each variable's Value; what it gives is not looked at for variables again.
  template <typename Values>
  std::optional<std::string> fill(Values&& value) const {
    std::string text;
    for (const Piece& piece : pieces_) {
      text += piece.text;
      if (piece.variable.empty()) continue;
      const Value found = value(piece.variable);
      if (found && !found->empty())
        text += *found;
      else if (piece.has_default)
        text += piece.otherwise;
      else
        return std::nullopt;
    }
    return text;
  }

 private:
  struct Piece {
    std::string text, variable, otherwise;  // the text stands before the variable
    bool has_default;
  };

  template <typename Known>
  void add_variable(std::string_view inside, Known&& known) {
    const auto bar = inside.find('|');
    const std::string_view name = trimmed(inside.substr(0, bar));
    if (!known(name)) throw std::invalid_argument("unknown variable \"" + std::string(name) + "\"");
    Piece& piece = pieces_.back();
    piece.variable = name;
    piece.has_default = bar != inside.npos;
    if (piece.has_default) piece.otherwise = trimmed(inside.substr(bar + 1));
  }

  static std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
  }

  std::vector<Piece> pieces_;
};

}  // namespace autoresponder
