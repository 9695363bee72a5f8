// SPDX-License-Identifier: Apache-2.0
#include "host/library.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/dll/library_info.hpp>
#include <boost/dll/shared_library.hpp>
#include <boost/json.hpp>
#include <cstring>
#include <mutex>

namespace postern::host {
namespace {

namespace fs = std::filesystem;
namespace dll = boost::dll;

constexpr char kSymbol[] = "postern_plugin_v1";
constexpr std::string_view kSymbolStem = "postern_plugin_v";

/// Reads the export list without running any of the file's code.
Result<void> inspect(const fs::path& file) {
  std::vector<std::string> symbols;
  try {
    symbols = dll::library_info(file).symbols();
  } catch (const std::exception&) {  // std::ios_failure or runtime_error on junk, bad_alloc on forged sizes
    return failure(fmt::format("{}: expected a shared object for this machine, found something else", file.string()),
                   "build it with postern_add_plugin()");
  }
  if (std::ranges::find(symbols, kSymbol) != symbols.end()) return {};
  for (const std::string& symbol : symbols)
    if (symbol.starts_with(kSymbolStem))
      return failure(fmt::format("{}: expected {}, found {}", file.string(), kSymbol, symbol),
                     "the plugin is made for another major version of the plugin ABI; rebuild it for this one");
  return failure(fmt::format("{}: expected the symbol {}, found no plugin", file.string(), kSymbol),
                 "export it with POSTERN_HANDLER or POSTERN_PLATFORM, and build with postern_add_plugin()");
}

/// Never unloaded: g++ emits symbols that keep code alive after dlclose, and thread-local destructors would then run in
/// unmapped memory.
Result<const postern_plugin*> open(const fs::path& file) {
  static std::mutex mutex;
  static auto& kept = *new std::vector<dll::shared_library>;
  std::error_code error;
  dll::shared_library library(file, error, dll::load_mode::rtld_now | dll::load_mode::rtld_local);
  if (error)
    return failure(fmt::format("{}: cannot load: {}", file.string(), error.message()),
                   "`ldd -r` shows which library or symbol is missing");
  auto* describe = library.get<const postern_plugin*()>(kSymbol);
  const std::lock_guard lock(mutex);
  kept.push_back(std::move(library));
  return describe();
}

/// The rule of plugin.h: min(size, mine) bytes into a zeroed struct.
template <typename Struct>
const Struct* copied(const Struct* given) {
  auto* mine = new Struct{};  // kept for ever, like the library
  std::memcpy(static_cast<void*>(mine), given, std::min<std::size_t>(given->size, sizeof(Struct)));
  return mine;
}

bool is_object(const char* text) {
  boost::json::error_code error;
  return boost::json::parse(text, error).is_object() && !error;
}

}  // namespace

std::string_view name_of(Kind kind) {
  return kind == Kind::platform ? "platform" : "handler";
}

Result<Library> Library::load(const fs::path& file) {
  std::error_code error;
  const fs::path whole = fs::absolute(file, error);  // or dlopen would search the system's folders
  if (!fs::is_regular_file(whole, error)) return failure(fmt::format("{}: no such file", file.string()));
  if (auto inspected = inspect(whole); !inspected) return tl::unexpected(inspected.error());
  const auto given = open(whole);
  if (!given) return tl::unexpected(given.error());
  Library library;
  if (auto adopted = library.adopt(file.string(), *given); !adopted) return tl::unexpected(adopted.error());
  return library;
}

Result<void> Library::adopt(const std::string& file, const postern_plugin* given) {
  const auto wrong = [&](const std::string& expected_and_found) {
    return failure(file + ": " + expected_and_found, "the plugin breaks plugin.h; tell its author");
  };
  if (!given) return wrong("expected a description, found null");
  if (given->size < offsetof(postern_plugin, extension))
    return wrong(fmt::format("expected a description of {} bytes, found {}", sizeof(postern_plugin), given->size));
  functions_ = copied(given);
  const postern_plugin& plugin = *functions_;
  if (!plugin.id || !plugin.version || !plugin.summary || !plugin.create || !plugin.destroy)
    return wrong("expected id, version, summary, create and destroy, found null");
  if (!plugin.facts || !is_object(plugin.facts)) return wrong("expected facts that are a JSON object, found others");

  auto* descriptor = new Descriptor{{}, plugin.id, plugin.version, plugin.summary, plugin.facts, {}};
  descriptor_ = descriptor;
  if (plugin.kind == POSTERN_KIND_PLATFORM && plugin.platform) {
    descriptor->kind = Kind::platform;
    platform_ = copied(plugin.platform);
    if (!platform_->decode || !platform_->encode || !platform_->interpret)
      return wrong("expected decode, encode and interpret, found null");
  } else if (plugin.kind == POSTERN_KIND_HANDLER && plugin.handler) {
    descriptor->kind = Kind::handler;
    handler_ = copied(plugin.handler);
    if (!handler_->handle) return wrong("expected handle, found null");
  } else {
    return wrong(
        fmt::format("expected a platform or a handler with its functions, found kind {} without", plugin.kind));
  }

  for (std::uint32_t i = 0; i < plugin.option_count; ++i) {
    postern_option option{};
    std::memcpy(&option, reinterpret_cast<const char*>(plugin.options) + std::size_t{i} * plugin.option_stride,
                std::min<std::size_t>(plugin.option_stride, sizeof option));
    if (!option.name || !option.help || option.type < POSTERN_STRING || option.type > POSTERN_TABLE)
      return wrong(fmt::format("expected option {} with a name, a known type and help, found type {}", i, option.type));
    descriptor->options.push_back({option.name, option.type, (option.flags & POSTERN_OPTION_REQUIRED) != 0,
                                   (option.flags & POSTERN_OPTION_PER_ACCOUNT) != 0, option.standard, option.help});
  }
  return {};
}

Result<fs::path> find_plugin(std::string_view name, std::span<const fs::path> folders) {
  if (name.find('/') != std::string_view::npos) return fs::path(name);
  std::string searched;
  for (const fs::path& folder : folders) {
    const fs::path file = folder / (std::string(name) + ".so");
    std::error_code error;
    if (fs::is_regular_file(file, error)) return file;
    searched += (searched.empty() ? "" : ", ") + folder.string();
  }
  return failure(fmt::format("plugin \"{}\": expected {}.so in plugin_dirs, found it in none of: {}", name, name,
                             searched.empty() ? "(no folder is configured)" : searched),
                 "install it there, or give its path");
}

}  // namespace postern::host
