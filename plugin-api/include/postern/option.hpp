// SPDX-License-Identifier: Apache-2.0
// What a plugin can be told: the options that it declares, and the configuration that comes of them.
#pragma once
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "postern/json.hpp"
#include "postern/plugin.h"

namespace postern {
inline namespace sdk_v1 {

/// The type of an option. plugin.h says how its values are written.
enum OptionType : std::uint32_t {
  string = POSTERN_STRING,
  integer = POSTERN_INTEGER,
  real = POSTERN_REAL,
  boolean = POSTERN_BOOL,
  duration = POSTERN_DURATION,
  size = POSTERN_SIZE,
  secret = POSTERN_SECRET,
  list = POSTERN_LIST,
  table = POSTERN_TABLE
};

/// Stands in the place of a default: `{"app_id", postern::string, postern::required, "The app's id."}`.
inline constexpr struct Required {
} required;
/// In the place of a default, for an option that may be absent and then has no value.
inline constexpr struct Absent {
} absent;
/// Platform plugins, last argument: the option belongs to each account, not to the section.
inline constexpr struct PerAccount {
} per_account;

/// One option. A class declares them as `static constexpr postern::Option options[] = {…};`, of name, type, default
/// (as one writes it in the configuration file, a string without its quotes) and a sentence of help.
struct Option : postern_option {
  constexpr Option(const char* its_name, OptionType its_type, const char* its_default, const char* its_help)
      : postern_option{its_name, its_type, 0, its_default, its_help} {}
  constexpr Option(const char* its_name, OptionType its_type, Required, const char* its_help)
      : postern_option{its_name, its_type, POSTERN_OPTION_REQUIRED, nullptr, its_help} {}
  constexpr Option(const char* its_name, OptionType its_type, Absent, const char* its_help)
      : postern_option{its_name, its_type, 0, nullptr, its_help} {}
  template <typename Default>
  constexpr Option(const char* its_name, OptionType its_type, Default its_default, const char* its_help, PerAccount)
      : Option(its_name, its_type, its_default, its_help) {
    flags |= POSTERN_OPTION_PER_ACCOUNT;
  }
};

/// The configuration is wrong; the text names the option, what was expected and what was found.
struct BadConfig : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What the author's constructor is given. Lives only during it: copy what you keep. Every value has been checked
/// against the declared options; asking for one that isn't declared, or for another type, throws.
class Config {
 public:
  Config(const Json& document, std::span<const Option> options) : document_(document), options_(options) {
    if (!document_.is_object()) throw BadConfig("configuration: expected an object");
    for (const Option& option : options_) check(option);
  }

  std::string string(std::string_view name) const {
    const Option& option = declared(name, postern::string);
    return std::string(document_[name].text(standard_of(option)));
  }
  std::int64_t integer(std::string_view name) const {
    const Option& option = declared(name, postern::integer);
    return document_[name] ? document_[name].integer() : number_of(option, standard_of(option)).value_or(0);
  }
  double real(std::string_view name) const {
    const Option& option = declared(name, postern::real);
    if (document_[name]) return document_[name].real();
    const auto text = standard_of(option);
    double number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
  }
  bool boolean(std::string_view name) const {
    const Option& option = declared(name, postern::boolean);
    return document_[name].boolean(standard_of(option) == "true");
  }
  std::chrono::milliseconds duration(std::string_view name) const {
    return std::chrono::milliseconds(scaled(name, postern::duration));
  }
  /// Bytes.
  std::uint64_t size(std::string_view name) const { return static_cast<std::uint64_t>(scaled(name, postern::size)); }
  /// Whether a secret is configured. Its value is for the daemon alone.
  bool has_secret(std::string_view name) const {
    declared(name, postern::secret);
    return document_[name].boolean();
  }
  /// A list of strings.
  std::vector<std::string> list(std::string_view name) const {
    const Option& option = declared(name, postern::list);
    std::vector<std::string> texts;
    for (const Node text : document_[name]) {
      if (!text.is_string()) throw wrong("/" + std::string(name), "expected strings", text);
      texts.emplace_back(text.text());
    }
    if (!document_[name])
      for (auto rest = standard_of(option); !rest.empty();) {
        const auto comma = std::min(rest.find(','), rest.size());
        texts.emplace_back(rest.substr(0, comma));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
      }
    return texts;
  }
  /// A list of anything else, `[[handler.NAME.topics]]`: iterate over it, and throw wrong() if you dislike something.
  Node items(std::string_view name) const {
    declared(name, postern::list);
    return document_[name];
  }
  Node table(std::string_view name) const {
    declared(name, postern::table);
    return document_[name];
  }

  /// Where in the configuration file an option stands, or something in a table or list of it: `place("/topics/a/reply")`
  /// is "postern.toml:12". Empty if that is not known. For the texts of BadConfig.
  std::string_view place(std::string_view pointer) const { return document_["$lines"][pointer].text(); }
  /// The error for a value that the author finds wrong: what was expected and found, and where in the file it stands.
  /// `pointer` is the value's JSON pointer, "/topics/0/answer". `throw config.wrong(…)`.
  BadConfig wrong(std::string_view pointer, std::string_view expected, Node found) const {
    const auto where = place(pointer);
    return BadConfig((where.empty() ? "" : std::string(where) + ": ") + "option \"" +
                     std::string(pointer.substr(pointer.starts_with("/") ? 1 : 0)) + "\": " + std::string(expected) +
                     ", found " + shown(found));
  }

  /// Platforms: the accounts of the section, {name: {"id": …, options…}}.
  Node accounts() const { return document_["accounts"]; }

 private:
  const Option& declared(std::string_view name, OptionType type) const {
    for (const Option& option : options_)
      if (option.name == name) {
        if (option.type == type) return option;
        throw std::logic_error("option \"" + std::string(name) + "\" is declared with another type than it is read as");
      }
    throw std::logic_error("option \"" + std::string(name) + "\" is read but not declared");
  }

  void check(const Option& option) const {
    if (option.flags & POSTERN_OPTION_PER_ACCOUNT) return;  // comes with each task; the daemon has checked it
    const Node value = document_[option.name];
    if (!value) {
      if (!(option.flags & POSTERN_OPTION_REQUIRED)) return;
      throw BadConfig("option \"" + std::string(option.name) + "\" is missing: " + option.help);
    }
    const auto* json = value.json();
    const auto fits = [&] {
      switch (option.type) {
        case postern::string:
          return value.is_string();
        case postern::integer:
          return json->is_int64();
        case postern::real:
          return json->is_number();
        case postern::boolean:
        case postern::secret:
          return json->is_bool();
        case postern::duration:
        case postern::size:
          return json->is_int64() || (value.is_string() && number_of(option, value.text()));
        case postern::list:
          return value.is_array();
        case postern::table:
          return value.is_object();
      }
      return false;
    };
    if (!fits()) throw wrong("/" + std::string(option.name), std::string("expected ") + name_of(option.type), value);
  }
  static std::string shown(Node value) {
    if (!value) return "nothing";
    if (value.is_string()) return "the string \"" + std::string(value.text().substr(0, 100)) + "\"";
    return boost::json::serialize(*value.json()).substr(0, 100);
  }
  static const char* name_of(std::uint32_t type) {
    static constexpr const char* kNames[] = {"?",
                                             "a string",
                                             "an integer",
                                             "a number",
                                             "true or false",
                                             "a duration like \"10s\"",
                                             "a size like \"64KiB\"",
                                             "a secret",
                                             "a list",
                                             "a table"};
    return kNames[type < std::size(kNames) ? type : 0];
  }

  static std::string_view standard_of(const Option& option) { return option.standard ? option.standard : ""; }

  std::int64_t scaled(std::string_view name, OptionType type) const {
    const Option& option = declared(name, type);
    const Node value = document_[name];
    if (value && !value.is_string()) return value.integer();
    return number_of(option, value ? value.text() : standard_of(option)).value_or(0);
  }
  /// Reads "10", "10s", "64KiB": digits and the unit that fits the option's type.
  static std::optional<std::int64_t> number_of(const Option& option, std::string_view text) {
    struct Unit {
      std::uint32_t type;
      std::string_view name;
      std::int64_t factor;
    };
    static constexpr Unit kUnits[] = {{POSTERN_DURATION, "ms", 1},         {POSTERN_DURATION, "s", 1'000},
                                      {POSTERN_DURATION, "m", 60'000},     {POSTERN_DURATION, "h", 3'600'000},
                                      {POSTERN_DURATION, "d", 86'400'000}, {POSTERN_SIZE, "", 1},
                                      {POSTERN_SIZE, "KiB", 1 << 10},      {POSTERN_SIZE, "MiB", 1 << 20},
                                      {POSTERN_SIZE, "GiB", 1 << 30},      {POSTERN_INTEGER, "", 1}};
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return std::nullopt;
    const std::string_view suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
    for (const Unit& unit : kUnits)
      if (unit.type == option.type && unit.name == suffix && !__builtin_mul_overflow(number, unit.factor, &number))
        return number;
    return std::nullopt;
  }

  Node document_;
  std::span<const Option> options_;
};

}  // namespace sdk_v1
}  // namespace postern
