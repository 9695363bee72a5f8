// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fstream>

#include "failure.hpp"
#include "templates.hpp"
#include "verbs.hpp"

namespace postern::ctl {
namespace {

void replace(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// "opening-hours" -> "OpeningHours".
std::string class_name(std::string_view name) {
  std::string out;
  bool up = true;
  for (const char c : name) {
    if (c != '-') out += up && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    up = c == '-';
  }
  return out;
}

/// The template is called hello; what it says when it is greeted stays as it is.
std::string renamed(const TemplateFile& file, const std::string& name) {
  std::string text(file.text);
  if (file.path.ends_with("CMakeLists.txt")) {
    replace(text, "Copy this folder, rename hello, begin.", "Build it with cmake -B build -DCMAKE_PREFIX_PATH=….");
    replace(text, "hello", name);
    return text;
  }
  const std::string type = class_name(name);
  replace(text, "class Hello ", "class " + type + " ");
  replace(text, "explicit Hello(", "explicit " + type + "(");
  replace(text, "_HANDLER(Hello,", "_HANDLER(" + type + ",");
  replace(text, "_PLATFORM(Hello,", "_PLATFORM(" + type + ",");
  replace(text, "org.example.hello", "org.example." + name);
  replace(text, "\"platform\": \"hello\"", "\"platform\": \"" + name + "\"");
  return text;
}

}  // namespace

int plugin_new(Session& session, const PluginNew& options) {
  const bool good = !options.name.empty() && options.name[0] >= 'a' && options.name[0] <= 'z' &&
                    options.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
  if (!good)
    throw Failure(kUsage, fmt::format("\"{}\" is no name for a plugin", options.name),
                  "begin with a small letter; then small letters, digits and hyphens");
  const auto folder = options.folder.empty() ? std::filesystem::path(options.name) : options.folder;
  std::error_code error;
  if (std::filesystem::exists(folder) && !std::filesystem::is_empty(folder, error))
    throw Failure(kCannotCreate, folder.string() + " is there already and not empty", "name another one with --into");
  json::array written;
  for (const auto& file : options.kind == "platform" ? platform_template() : handler_template()) {
    std::string path(file.path);
    replace(path, "hello", options.name);
    std::filesystem::create_directories((folder / path).parent_path(), error);
    std::ofstream out(folder / path, std::ios::binary);
    out << renamed(file, options.name);
    if (!out.flush()) throw Failure(kCannotCreate, "cannot write " + (folder / path).string());
    written.emplace_back((folder / path).string());
  }
  if (session.print_json(written)) return 0;
  for (const auto& file : written) line(std::string(file.get_string()));
  line();
  line(fmt::format("cmake -S {0} -B {0}/build -G Ninja && cmake --build {0}/build && ctest --test-dir {0}/build",
                   folder.string()));
  line(fmt::format("posternctl plugin check {}/build/{}.so{}", folder.string(), options.name,
                   options.kind == "platform" ? " --cases " + folder.string() + "/cases" : ""));
  return 0;
}

}  // namespace postern::ctl
