// SPDX-License-Identifier: Apache-2.0
#include "packs.hpp"

#include "config/files.hpp"
#include "config/policy_shelf.hpp"
#include "failure.hpp"
#include "places.hpp"

namespace postern::ctl {
namespace {

namespace fs = std::filesystem;

/// The platform that a file names; else that of the folder that it lies in.
std::string platform_of(const fs::path& file) {
  config::Problems problems;
  const auto text_of_file = config::read_config_file(file);
  if (!text_of_file) throw Failure(kNoInput, text_of_file.error());
  const auto document = config::parse_document(*text_of_file, file.string(), problems);
  if (!document) throw Failure(kConfig, problems.text());
  const auto* platform = document->find("platform");
  return platform != nullptr && platform->kind == config::Node::Kind::text ? platform->text
                                                                           : file.parent_path().filename().string();
}

}  // namespace

std::shared_ptr<const core::policy::Pack> read_pack(const Session& session, const std::string& name,
                                                    const std::string& profile) {
  auto folders = policy_folders(session.globals().config);
  const auto slash = name.find('/');
  std::string platform = name.substr(0, slash), wanted = slash == name.npos ? "" : name.substr(slash + 1);
  if (name.ends_with(".toml")) {
    const auto file = fs::absolute(name).lexically_normal();
    folders.push_back(file.parent_path().parent_path());  // where the packs of all platforms lie, if it is one of them
    platform = platform_of(file);
    wanted = file.string();
  } else if (wanted.empty()) {
    throw Failure(kUsage, "\"" + name + "\" names no pack", "name a file that ends in .toml, or PLATFORM/VERSION");
  }
  config::Problems problems;
  auto pack = config::PolicyShelf(std::move(folders)).pack(platform, wanted, session.now(), {}, problems, profile);
  if (!pack || !problems.empty()) throw Failure(kConfig, problems.text());
  return pack;
}

}  // namespace postern::ctl
