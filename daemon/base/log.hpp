// SPDX-License-Identifier: Apache-2.0
// The log: one event is a stable message id, a level, a sentence and fields. It goes to journald with structured
// fields when the service manager asks for that (JOURNAL_STREAM), else to standard error. A Secret or Personal value
// does not compile here, and a text is escaped so that nobody can write a line of his own.
#pragma once
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace postern::log {

enum class Level { debug, info, warning, error };

/// One field of an event. Only what is safe by type can become one.
struct Field {
  std::string_view name;
  std::string value;

  Field(std::string_view field, std::string_view text) : name(field), value(text) {}
  Field(std::string_view field, const char* text) : name(field), value(text) {}
  Field(std::string_view field, const std::string& text) : name(field), value(text) {}
  Field(std::string_view field, std::integral auto number) : name(field), value(std::to_string(number)) {}
  Field(std::string_view field, const Id& id) : name(field), value(id.hex()) {}
};

/// Sets the lowest level that is written. Call once at start, before threads.
void set_level(Level level);

/// `id` is a stable name like "plugin.crashed", listed in docs/operations.md. Any thread.
void write(Level level, std::string_view id, std::string_view sentence, std::initializer_list<Field> fields = {});

inline void debug(std::string_view id, std::string_view sentence, std::initializer_list<Field> fields = {}) {
  write(Level::debug, id, sentence, fields);
}
inline void info(std::string_view id, std::string_view sentence, std::initializer_list<Field> fields = {}) {
  write(Level::info, id, sentence, fields);
}
inline void warning(std::string_view id, std::string_view sentence, std::initializer_list<Field> fields = {}) {
  write(Level::warning, id, sentence, fields);
}
inline void error(std::string_view id, std::string_view sentence, std::initializer_list<Field> fields = {}) {
  write(Level::error, id, sentence, fields);
}

}  // namespace postern::log
