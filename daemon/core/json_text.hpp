// SPDX-License-Identifier: Apache-2.0
// JSON that the core writes itself: contexts, tasks, bodies, feed lines. Appends to one string, no tree in between.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace postern::core {

/// Appends a JSON string with its quotes. The text must be valid UTF-8 (it came from a parser that refuses other).
void append_json(std::string& out, std::string_view text);

/// Writes one object: `JsonObject(out).add("a", 1).add("b", "x").end()`.
class JsonObject {
 public:
  explicit JsonObject(std::string& out) : out_(out) { out_ += '{'; }
  JsonObject& add(std::string_view name, std::string_view text) {
    key(name);
    append_json(out_, text);
    return *this;
  }
  JsonObject& add(std::string_view name, const char* text) { return add(name, std::string_view(text)); }
  JsonObject& add(std::string_view name, const std::string& text) { return add(name, std::string_view(text)); }
  JsonObject& add(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  JsonObject& add(std::string_view name, std::int64_t value) {
    key(name);
    out_ += std::to_string(value);
    return *this;
  }
  JsonObject& add(std::string_view name, std::size_t value) { return add(name, static_cast<std::int64_t>(value)); }
  JsonObject& add(std::string_view name, int value) { return add(name, std::int64_t{value}); }
  /// `json` is written as it is.
  JsonObject& raw(std::string_view name, std::string_view json) {
    key(name);
    out_ += json;
    return *this;
  }
  /// Left out when empty.
  JsonObject& add_if(std::string_view name, std::string_view text) { return text.empty() ? *this : add(name, text); }
  void end() { out_ += '}'; }

 private:
  void key(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }
  std::string& out_;
  bool first_ = true;
};

}  // namespace postern::core
