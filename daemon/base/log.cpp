// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/uio.h>
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include <atomic>
#include <cstdlib>
#include <vector>

namespace postern::log {
namespace {

std::atomic<Level> lowest{Level::info};

bool to_journal() {
  static const bool yes = std::getenv("JOURNAL_STREAM") != nullptr;
  return yes;
}

spdlog::logger& terminal() {
  static const auto logger = [] {
    auto made = spdlog::stderr_color_mt("postern");
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
    made->set_level(spdlog::level::trace);
    return made;
  }();
  return *logger;
}

// A control byte in a text could start a line of its own in the log; it is written as \xNN.
std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f)
      out += c;
    else
      out += "\\x" + hex(ByteView(&byte, 1));
  }
  return out;
}

std::string upper(std::string_view name) {
  std::string out;
  for (const char c : name) out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : (c == '.' ? '_' : c);
  return out;
}

void journal(Level level, std::string_view id, std::string_view sentence, std::initializer_list<Field> fields) {
  static constexpr int kPriority[] = {7, 6, 4, 3};
  std::vector<std::string> lines;
  lines.push_back("MESSAGE=" + escaped(sentence));
  lines.push_back("PRIORITY=" + std::to_string(kPriority[static_cast<int>(level)]));
  lines.push_back("POSTERN_EVENT=" + escaped(id));
  for (const auto& field : fields) lines.push_back("POSTERN_" + upper(field.name) + "=" + escaped(field.value));
  std::vector<iovec> parts;
  for (auto& line : lines) parts.push_back({line.data(), line.size()});
  sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
}

}  // namespace

void set_level(Level level) { lowest = level; }

void write(Level level, std::string_view id, std::string_view sentence, std::initializer_list<Field> fields) {
  if (level < lowest.load(std::memory_order_relaxed)) return;
  if (to_journal()) return journal(level, id, sentence, fields);
  static constexpr spdlog::level::level_enum kLevel[] = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                                         spdlog::level::err};
  std::string line = escaped(id) + ": " + escaped(sentence);
  for (const auto& field : fields) line += " " + std::string(field.name) + "=" + escaped(field.value);
  terminal().log(kLevel[static_cast<int>(level)], "{}", line);
}

}  // namespace postern::log
