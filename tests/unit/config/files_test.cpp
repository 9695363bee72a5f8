// SPDX-License-Identifier: Apache-2.0
// Files that must not be trusted, and secrets that cannot be read.
#include "config/files.hpp"

#include "fixture.hpp"

using namespace postern;
using namespace postern::config;

namespace {

std::string complaint(const Folder& folder, const std::string& text, const Surroundings& around) {
  folder.write("postern.toml", text);
  Problems problems;
  CHECK_FALSE(load(folder.main(), around, problems));
  return folder.local(problems.text());
}

}  // namespace

TEST_CASE("a configuration that everybody may write is refused, wherever it lies") {
  const Folder folder;
  folder.write("postern.toml", "[ledger]\nkek = { file = \"kek\" }\n", 0666);
  Problems problems;
  CHECK_FALSE(load(folder.main(), folder.around(), problems));
  CHECK(folder.local(problems.text()) ==
        "postern.toml: postern.toml can be written by everybody (run chmod o-w postern.toml)\n");
  folder.write("conf.d/a.toml", "", 0602);
  CHECK(complaint(folder, "[ledger]\nkek = { file = \"kek\" }\n", folder.around()) ==
        "conf.d/a.toml: conf.d/a.toml can be written by everybody (run chmod o-w conf.d/a.toml)\n");
}

TEST_CASE("a configuration that is not there, no file, or too large is refused") {
  const Folder folder;
  Problems problems;
  CHECK_FALSE(load(folder.main(), folder.around(), problems));
  CHECK(folder.local(problems.text()) ==
        "postern.toml: cannot open postern.toml: No such file or directory (check the path)\n");
  CHECK_FALSE(read_config_file(folder.path()));
  folder.write("large.toml", std::string((1 << 20) + 1, '#'));
  CHECK(read_config_file(folder.path() / "large.toml").error().what.ends_with("is larger than 1024 KiB"));
  folder.write("just.toml", std::string(1 << 20, '#'));
  CHECK(read_config_file(folder.path() / "just.toml").has_value());
}

TEST_CASE("a secret that others can read is refused") {
  const Folder folder;
  for (const mode_t mode : {0640, 0604, 0660, 0620, 0644}) {
    folder.write("kek", kKek, mode);
    CHECK(complaint(folder, "[ledger]\nkek = { file = \"kek\" }\n", {}) ==
          "postern.toml:2:16: kek holds a secret and can be read by others than its owner (run chmod 600 kek)\n");
  }
  folder.write("kek", kKek, 0400);
  Problems problems;
  CHECK(load(folder.main(), {}, problems));
}

TEST_CASE("a credential needs the service manager, and stays in its folder") {
  const Folder folder;
  CHECK(complaint(folder, "[ledger]\nkek = { credential = \"kek.1\" }\n", {}) ==
        "postern.toml:2:22: the credential \"kek.1\" cannot be read: $CREDENTIALS_DIRECTORY is not set (start through "
        "systemd with LoadCredential=kek.1:…, or use { file = \"…\" })\n");
  CHECK(complaint(folder, "[ledger]\nkek = { credential = \"../kek\" }\n", folder.around()) ==
        "postern.toml:2:22: \"../kek\" is no name of a credential (use the name that LoadCredential= in the unit has, "
        "or { file = \"…\" })\n");
  CHECK(complaint(folder, "[ledger]\nkek = { credential = \"kek.2\" }\n", folder.around()) ==
        "postern.toml:2:22: cannot open credentials/kek.2: No such file or directory (check the path)\n");
}

TEST_CASE("an empty secret is none, and a line end is no part of one") {
  const Folder folder;
  folder.write("empty", "\n", 0600);
  CHECK_FALSE(read_secret_file(folder.path() / "empty", false));
  folder.write("text", "abc \r\n", 0600);
  CHECK(read_secret_file(folder.path() / "text", false)->equals("abc"));
  folder.write("large", std::string((64 << 10) + 1, 'x'), 0600);
  CHECK_FALSE(read_secret_file(folder.path() / "large", false));
}
