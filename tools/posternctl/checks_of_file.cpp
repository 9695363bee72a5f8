// SPDX-License-Identifier: Apache-2.0
// The file and its instances.
#include <elf.h>
#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

#include "gateway/facts.hpp"
#include "samples.hpp"

namespace postern::ctl {
namespace {

namespace json = boost::json;

constexpr std::string_view kSymbol = "postern_plugin_v1";

template <typename T>
T read_at(const std::string& bytes, std::size_t at) {
  T value;
  if (at > bytes.size() || bytes.size() - at < sizeof value) throw std::runtime_error("the file is cut off");
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

/// Names that the shared object gives to others, from its table of dynamic symbols.
std::vector<std::string> exported(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  const auto head = read_at<Elf64_Ehdr>(bytes, 0);
  if (std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_ident[EI_CLASS] != ELFCLASS64)
    throw std::runtime_error("it is no 64-bit ELF file");
  std::vector<std::string> names;
  for (std::size_t i = 0; i < head.e_shnum; ++i) {
    const auto section = read_at<Elf64_Shdr>(bytes, head.e_shoff + i * sizeof(Elf64_Shdr));
    if (section.sh_type != SHT_DYNSYM) continue;
    const auto strings = read_at<Elf64_Shdr>(bytes, head.e_shoff + section.sh_link * sizeof(Elf64_Shdr));
    for (std::size_t at = 0; at + sizeof(Elf64_Sym) <= section.sh_size; at += sizeof(Elf64_Sym)) {
      const auto symbol = read_at<Elf64_Sym>(bytes, section.sh_offset + at);
      const bool given = symbol.st_shndx != SHN_UNDEF && ELF64_ST_BIND(symbol.st_info) != STB_LOCAL;
      const std::size_t name = strings.sh_offset + symbol.st_name;
      if (given && name < bytes.size()) names.emplace_back(bytes.c_str() + name);
    }
  }
  return names;
}

Finding one_symbol(const Subject& subject) {
  auto names = exported(subject.file);
  if (std::find(names.begin(), names.end(), kSymbol) == names.end())
    return {Verdict::fail, fmt::format("it does not export {}", kSymbol)};
  if (names.size() == 1) return {};
  std::erase(names, std::string(kSymbol));
  return {Verdict::warn, fmt::format("it exports {} more, {} among them: build it with postern_add_plugin()",
                                     names.size(), names.front())};
}

std::size_t entries(const char* folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

Finding quiet_at_load(const Subject& subject) {
  const auto threads = entries("/proc/self/task"), files = entries("/proc/self/fd");
  (void)load(subject);
  if (entries("/proc/self/task") > threads) return {Verdict::fail, "it starts a thread when it is loaded"};
  if (entries("/proc/self/fd") > files) return {Verdict::fail, "it opens a file when it is loaded"};
  return {};
}

Finding resolved(const Subject& subject) {
  (void)load(subject);
  return {};
}

Finding identity(const Subject& subject) {
  const auto library = load(subject);
  const auto& plugin = library.descriptor();
  if (std::count(plugin.id.begin(), plugin.id.end(), '.') < 2)
    return {Verdict::fail, fmt::format("id: expected a reverse domain name, found \"{}\"", plugin.id)};
  if (plugin.version.empty() ||
      plugin.version.find_first_not_of("0123456789.-+abcdefghijklmnopqrstuvwxyz") != std::string_view::npos)
    return {Verdict::fail, fmt::format("version: expected one like 1.0.0, found \"{}\"", plugin.version)};
  if (plugin.summary.empty()) return {Verdict::warn, "summary: it is empty, and lists show it"};
  return {};
}

Finding options(const Subject& subject) {
  const auto library = load(subject);
  std::vector<std::string_view> names;
  for (const auto& option : library.descriptor().options) {
    if (option.name.empty() ||
        option.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != std::string_view::npos)
      return {Verdict::fail, fmt::format("option \"{}\": expected small letters, digits and _", option.name)};
    if (std::find(names.begin(), names.end(), option.name) != names.end())
      return {Verdict::fail, fmt::format("option \"{}\" stands there twice", option.name)};
    if (option.help.empty()) return {Verdict::warn, fmt::format("option \"{}\" has no help", option.name)};
    names.push_back(option.name);
  }
  return {};
}

Finding facts(const Subject& subject) {
  const auto library = load(subject);
  json::error_code code;
  const auto value = json::parse(library.descriptor().facts, code);
  if (code || !value.is_object()) return {Verdict::fail, "they are no JSON object"};
  if (library.descriptor().kind == host::Kind::handler) return {};
  const auto parsed = gateway::parse_webhook_facts(library.descriptor().facts);
  if (!parsed) return {Verdict::fail, text(parsed.error())};
  for (const char* pointer : {"/platform", "/traits/text_unit", "/traits/settle", "/traits/tasks", "/credentials"})
    if (!value.find_pointer(pointer, code)) return {Verdict::fail, fmt::format("{} is missing", pointer + 1)};
  return {};
}

Finding required_option(const Subject& subject) {
  const auto library = load(subject);
  bool any = false;
  for (const auto& option : library.descriptor().options) any |= option.required && !option.per_account;
  if (!any) return {Verdict::skip, "it has no required option"};
  const auto instance = host::Instance::create(library, "{}", [](std::int32_t, std::string_view) {});
  // The daemon checks options before it makes an instance, so what is left to the plugin is a courtesy.
  if (instance) return {Verdict::warn, "it takes a configuration without its required options"};
  if (instance.error().what.size() < 5) return {Verdict::fail, "it refuses without saying why"};
  return {};
}

Finding life(const Subject& subject) {
  const auto library = load(subject);
  const auto once = [&] { (void)instance_of(library, subject); };
  for (int i = 0; i < 10; ++i) once();  // what is made once stays
  const auto before = mallinfo2().uordblks;
  for (int i = 0; i < 100; ++i) once();
  const auto after = mallinfo2().uordblks;
  if (after > before + 4096)
    return {Verdict::fail, fmt::format("a hundred instances leave {} bytes behind", after - before)};
  return {};
}

constexpr std::array kChecks{
    Check{"file.symbol", "exports one symbol", one_symbol},
    Check{"file.resolved", "loads, lacks no symbol, has the right ABI", resolved},
    Check{"file.quiet", "starts no thread and opens no file when it is loaded", quiet_at_load},
    Check{"describe.identity", "id, version and summary are in order", identity},
    Check{"describe.options", "options are named and explained", options},
    Check{"describe.facts", "facts can be read", facts},
    Check{"life.required", "refuses a configuration without a required option, and says why", required_option},
    Check{"life.leak", "a hundred instances come and go and leave nothing", life},
};

}  // namespace

std::span<const Check> checks_of_file() {
  return kChecks;
}

}  // namespace postern::ctl
