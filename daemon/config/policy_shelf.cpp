// SPDX-License-Identifier: Apache-2.0
#include "config/policy_shelf.hpp"

#include <algorithm>
#include <set>

#include "config/files.hpp"
#include "config/policy_file.hpp"
#include "core/interned.hpp"

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
                                              const Place& asked, Problems& problems, std::string_view profile) {
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
  const auto [entry, is_new] = read_.try_emplace({std::string(platform), file, std::string(profile)});
  if (!is_new) return entry->second;
  std::optional<PackData> data = read_checked(file, platform, asked, problems);
  if (!data) return nullptr;
  if (!profile.empty() && profile != "none") add_profile(*data, profile, asked, problems);
  return entry->second = std::make_shared<const Pack>(std::move(*data));
}

// Of a kind that a pack has once, the pack's own rule stays: whoever wrote it knew the account.
void PolicyShelf::add_profile(PackData& pack, std::string_view profile, const Place& asked, Problems& problems) {
  const fs::path file = find("profiles", profile);
  if (file.empty()) {
    std::string list = "none";
    for (const std::string& candidate : versions("profiles")) list += ", " + candidate;
    problems.add(asked, "there is no profile \"" + std::string(profile) + "\"", "there are: " + list);
    return;
  }
  const std::optional<Node> document = read(file, "profiles", asked, 0, problems);
  std::optional<PackData> added = document ? read_pack(*document, problems, true) : std::nullopt;
  if (!added) return;
  const std::size_t own = pack.rules.size();
  for (Rule& rule : added->rules) {
    const auto is_same_kind = [&](const Rule& other) { return other.kind == rule.kind; };
    const auto end = pack.rules.begin() + static_cast<std::ptrdiff_t>(own);
    if (rule_kind(rule.kind)->many || std::none_of(pack.rules.begin(), end, is_same_kind))
      pack.rules.push_back(std::move(rule));
  }
  pack.source += "; " + added->source;
  pack.shelf_life_ends = std::min(pack.shelf_life_ends, added->shelf_life_ends);
  pack.hash = core::intern(content_hash(pack));
}

std::optional<PackData> PolicyShelf::read_checked(const fs::path& file, std::string_view platform, const Place& asked,
                                                  Problems& problems) {
  const std::optional<Node> document = read(file, platform, asked, 0, problems);
  if (!document) return std::nullopt;
  std::optional<PackData> data = read_pack(*document, problems);
  if (!data) return std::nullopt;
  if (data->platform != platform) {
    problems.add(document->place,
                 "the pack is for the platform \"" + std::string(data->platform) + "\", it is used for \"" +
                     std::string(platform) + "\"",
                 "name another pack");
    return std::nullopt;
  }
  return data;
}

}  // namespace postern::config
