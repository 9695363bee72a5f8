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
constexpr std::size_t kFirstSize = offsetof(postern_plugin, handler) + sizeof(void*);  // as version 1 began

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
void copy(Struct& mine, const Struct* given, std::size_t size) {
  std::memcpy(static_cast<void*>(&mine), given, std::min(size, sizeof(Struct)));
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
  auto tables = read(*given);
  if (!tables)
    return failure(file.string() + ": " + tables.error().what, "the plugin breaks plugin.h; its author has to know");
  Library library;
  library.tables_ = std::make_shared<const Tables>(std::move(*tables));
  return library;
}

Result<Library::Tables> Library::read(const postern_plugin* given) {
  if (!given) return failure("expected a description, found null");
  if (given->size < kFirstSize)
    return failure(fmt::format("expected a description of {} bytes or more, found {}", kFirstSize, given->size));
  Tables tables;
  postern_plugin& plugin = tables.plugin;
  copy(plugin, given, given->size);
  if (!plugin.id || !plugin.version || !plugin.summary || !plugin.create || !plugin.destroy)
    return failure("expected id, version, summary, create and destroy, found null");
  if (!plugin.facts || !is_object(plugin.facts)) return failure("expected facts that are a JSON object, found others");
  tables.descriptor = {Kind::handler, plugin.id, plugin.version, plugin.summary, plugin.facts, {}};

  if (plugin.kind == POSTERN_KIND_PLATFORM && plugin.platform) {
    tables.descriptor.kind = Kind::platform;
    copy(tables.platform, plugin.platform, plugin.platform->size);
    if (!tables.platform.decode || !tables.platform.encode || !tables.platform.interpret)
      return failure("expected decode, encode and interpret, found null");
  } else if (plugin.kind == POSTERN_KIND_HANDLER && plugin.handler) {
    copy(tables.handler, plugin.handler, plugin.handler->size);
    if (!tables.handler.handle) return failure("expected handle, found null");
  } else {
    return failure(
        fmt::format("expected a platform or a handler with its functions, found kind {} without", plugin.kind));
  }

  if (plugin.option_count != 0 && (!plugin.options || plugin.option_stride == 0))
    return failure(fmt::format("expected {} options, found none", plugin.option_count));
  for (std::uint32_t i = 0; i < plugin.option_count; ++i) {
    const char* const place = reinterpret_cast<const char*>(plugin.options) + std::size_t{i} * plugin.option_stride;
    postern_option option{};
    copy(option, reinterpret_cast<const postern_option*>(place), plugin.option_stride);
    if (!option.name || !option.help || option.type < POSTERN_STRING || option.type > POSTERN_TABLE)
      return failure(
          fmt::format("expected option {} with a name, a known type and help, found type {}", i, option.type));
    tables.descriptor.options.push_back({option.name, option.type, (option.flags & POSTERN_OPTION_REQUIRED) != 0,
                                         (option.flags & POSTERN_OPTION_PER_ACCOUNT) != 0, option.standard,
                                         option.help});
  }
  return tables;
}

std::string describe(const Descriptor& plugin) {
  static constexpr std::string_view kTypes[] = {"",         "string", "integer", "real", "bool",
                                                "duration", "size",   "secret",  "list", "table"};
  boost::json::array options;
  for (const OptionInfo& option : plugin.options) {
    boost::json::object about{{"name", option.name},
                              {"type", kTypes[option.type]},
                              {"required", option.required},
                              {"per_account", option.per_account},
                              {"help", option.help}};
    if (option.standard) about["default"] = option.standard;
    options.push_back(std::move(about));
  }
  return boost::json::serialize(boost::json::object{{"plugin", plugin.id},
                                                    {"version", plugin.version},
                                                    {"kind", name_of(plugin.kind)},
                                                    {"summary", plugin.summary},
                                                    {"facts", boost::json::parse(std::string(plugin.facts))},
                                                    {"options", std::move(options)}});
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
