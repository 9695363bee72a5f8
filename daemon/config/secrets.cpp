// SPDX-License-Identifier: Apache-2.0
#include "config/secrets.hpp"

#include <algorithm>
#include <cstdlib>

#include "config/files.hpp"
#include "config/schema.hpp"

namespace postern::config {
namespace {

/// A credential is the name of one file in one folder, never a way out of it.
bool is_credential_name(std::string_view name) {
  return !name.empty() && name[0] != '.' && name.find('/') == std::string_view::npos;
}

void read_one(const Node& reference, const std::filesystem::path& folder, const Surroundings& around,
              std::vector<Secret>& out, Problems& problems) {
  const Member& member = reference.members.front();
  const bool credential = member.name == "credential";
  const std::string& name = member.value.text;
  if (credential && !is_credential_name(name))
    return problems.add(member.value.place, "\"" + name + "\" is no name of a credential",
                        "use the name that LoadCredential= in the unit has, or { file = \"…\" }");
  if (credential && around.credentials_dir.empty())
    return problems.add(member.value.place,
                        "the credential \"" + name + "\" cannot be read: $CREDENTIALS_DIRECTORY is not set",
                        "start through systemd with LoadCredential=" + name + ":…, or use { file = \"…\" }");
  const std::filesystem::path file = credential ? around.credentials_dir / name : folder / name;
  auto secret = read_secret_file(file, credential);
  if (!secret) return problems.add(member.value.place, secret.error().what, secret.error().remedy);
  out.push_back(std::move(*secret));
}

}  // namespace

Surroundings Surroundings::of_process() {
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  return {folder == nullptr ? "" : folder};
}

bool refers_to_secrets(const Node& value) {
  return is_secret_reference(value) || (value.kind == Node::Kind::list && !value.items.empty() &&
                                        std::all_of(value.items.begin(), value.items.end(), is_secret_reference));
}

std::vector<Secret> read_secrets(const Node& value, const std::filesystem::path& folder, const Surroundings& around,
                                 Problems& problems) {
  std::vector<Secret> out;
  if (is_secret_reference(value)) read_one(value, folder, around, out, problems);
  for (const Node& item : value.items) read_one(item, folder, around, out, problems);
  return out;
}

}  // namespace postern::config
