// SPDX-License-Identifier: Apache-2.0
#include "config/policy_shelf.hpp"

#include <algorithm>
#include <set>

#include "config/files.hpp"
#include "config/policy_file.hpp"

namespace postern::config {
namespace {

using namespace core::policy;
namespace fs = std::filesystem;

constexpr int kDeepestExtension = 4;

std::string text_of(const Node* node) {
  return node != nullptr && node->kind == Node::Kind::text ? node->text : std::string();
}

/// Lays one list of rules on another, by their ids.
void extend_list(Node& base, Node&& over) {
  std::set<std::string> replaced;
  for (const Node& item : over.items) replaced.insert(text_of(item.find("id")));
  std::erase_if(base.items, [&](const Node& item) { return replaced.count(text_of(item.find("id"))) != 0; });
  for (Node& item : over.items) base.items.push_back(std::move(item));
}

}  // namespace

void extend_pack(Node& base, Node&& over) {
  for (Member& member : over.members) {
    const auto same = std::find_if(base.members.begin(), base.members.end(),
                                   [&](const Member& other) { return other.name == member.name; });
    if (same == base.members.end())
      base.members.push_back(std::move(member));
    else if (same->value.kind == Node::Kind::list && member.value.kind == Node::Kind::list)
      extend_list(same->value, std::move(member.value));
    else
      merge(same->value, std::move(member.value));
  }
  base.place = over.place;
}

fs::path PolicyShelf::find(std::string_view platform, std::string_view version) const {
  fs::path found;
  std::error_code ignored;
  for (const fs::path& folder : folders_) {
    const fs::path file = folder / platform / (std::string(version) + ".toml");
    if (fs::is_regular_file(file, ignored)) found = file;
  }
  return found;
}

std::vector<std::string> PolicyShelf::versions(std::string_view platform) const {
  std::set<std::string> found;
  std::error_code error;
  for (const fs::path& folder : folders_)
    for (const auto& entry : fs::directory_iterator(folder / platform, error))
      if (entry.path().extension() == ".toml") found.insert(entry.path().stem().string());
  return {found.begin(), found.end()};
}

std::optional<Node> PolicyShelf::read(const fs::path& file, std::string_view platform, const Place& asked, int depth,
                                      Problems& problems) {
  const auto text = read_config_file(file);
  if (!text) {
    problems.add(asked, text.error().what, text.error().remedy);
    return std::nullopt;
  }
  std::optional<Node> document = parse_document(*text, file.string(), problems);
  const Node* extends = document ? document->find("extends") : nullptr;
  if (extends == nullptr) return document;
  const fs::path base_file = find(platform, text_of(extends));
  if (base_file.empty() || depth == kDeepestExtension) {
    problems.add(extends->place,
                 "\"extends\": there is no pack \"" + text_of(extends) + "\" of " + std::string(platform) +
                     (base_file.empty() ? "" : " that ends"),
                 "name a version that stands in policy_dirs");
    return std::nullopt;
  }
  std::optional<Node> base = read(base_file, platform, extends->place, depth + 1, problems);
  if (base) extend_pack(*base, std::move(*document));
  return base;
}

std::shared_ptr<const Pack> PolicyShelf::pack(std::string_view platform, std::string_view wanted, Micros now,
                                              const Place& asked, Problems& problems) {
  fs::path file = wanted.ends_with(".toml") ? fs::path(wanted) : fs::path();
  if (file.empty()) {
    const std::vector<std::string> all = versions(platform);
    const std::string today = rfc3339(now).substr(0, 10);
    std::string version(wanted);
    if (wanted.empty())
      for (const std::string& candidate : all)
        if (candidate <= today && candidate > version && candidate[0] >= '0' && candidate[0] <= '9')
          version = candidate;
    file = find(platform, version);
    if (version.empty() || file.empty()) {
      std::string list;
      for (const std::string& candidate : all) list += (list.empty() ? "" : ", ") + candidate;
      problems.add(asked,
                   "there is no policy pack " + (wanted.empty() ? "" : "\"" + std::string(wanted) + "\" ") +
                       "for the platform " + std::string(platform),
                   list.empty() ? "put one into policy_dirs" : "there are: " + list);
      return nullptr;
    }
  }
  const auto [entry, is_new] = read_.try_emplace({std::string(platform), file});
  if (is_new) entry->second = read_checked(file, platform, asked, problems);
  return entry->second;
}

std::shared_ptr<const Pack> PolicyShelf::read_checked(const fs::path& file, std::string_view platform,
                                                      const Place& asked, Problems& problems) {
  const std::optional<Node> document = read(file, platform, asked, 0, problems);
  if (!document) return nullptr;
  const std::optional<PackData> data = read_pack(*document, problems);
  if (!data) return nullptr;
  if (data->platform != platform) {
    problems.add(document->place,
                 "the pack is for the platform \"" + std::string(data->platform) + "\", it is used for \"" +
                     std::string(platform) + "\"",
                 "name another pack");
    return nullptr;
  }
  return std::make_shared<const Pack>(*data);
}

}  // namespace postern::config
