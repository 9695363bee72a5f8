// SPDX-License-Identifier: Apache-2.0
// Packs as files: which one is taken, how one extends another, what its hash follows.
#include "config/policy_file.hpp"

#include <map>

#include "config/policy_shelf.hpp"
#include "fixture.hpp"

using namespace postern;
using namespace postern::config;

namespace {

std::string rule(const std::string& id) {
  return "id = \"" + id + "\"\nsource = \"a document\"\ndate = 2026-05-05\nsays = \"A rule.\"\n";
}

std::string pack(const std::string& version, const std::string& more = "") {
  return "platform = \"demo\"\nversion = \"" + version +
         "\"\nsource = \"documents\"\nreview_by = 2027-03-01\n"
         "[[window]]\n" +
         rule("d.window") +
         "author = [\"bot\"]\nlength = \"24h\"\n"
         "[text]\n" +
         rule("d.text") +
         "max = 100\n"
         "[attachments]\n" +
         rule("d.attachments") +
         "types = [\"image\"]\n"
         "[[rate]]\n" +
         rule("d.rate") + "count = 5\nper = \"1s\"\n" + more;
}

std::shared_ptr<const core::policy::Pack> get(const Folder& folder, const std::string& wanted, std::string& said) {
  Problems problems;
  PolicyShelf shelf({folder.path() / "vendor", folder.path() / "own"});
  auto found = shelf.pack("demo", wanted, kToday, {"postern.toml", 7, 1}, problems);
  said = folder.local(problems.text());
  return found;
}

std::string hash_of(const std::string& text) {
  Problems problems;
  const auto document = parse_document(text, "pack.toml", problems);
  REQUIRE(document);
  const auto data = read_pack(*document, problems);
  INFO(problems.text());
  REQUIRE(data);
  return std::string(data->hash);
}

std::string complaints(const std::string& text) {
  Problems problems;
  const auto document = parse_document(text, "pack.toml", problems);
  if (document) CHECK_FALSE(read_pack(*document, problems));
  return problems.text();
}

}  // namespace

TEST_CASE("the newest pack that is not in the future is taken, unless one is named") {
  const Folder folder;
  for (const char* version : {"2023-11", "2026-03", "2026-12", "strict"})
    folder.write("vendor/demo/" + std::string(version) + ".toml", pack(version));
  std::string said;
  CHECK(get(folder, "", said)->data().version == "2026-03");
  CHECK(get(folder, "2023-11", said)->data().version == "2023-11");
  CHECK(get(folder, "strict", said)->data().version == "strict");
  CHECK(get(folder, "2024-01", said) == nullptr);
  CHECK(said ==
        "postern.toml:7:1: there is no policy pack \"2024-01\" for the platform demo (there are: 2023-11, "
        "2026-03, 2026-12, strict)\n");
}

TEST_CASE("a later folder hides the earlier one's pack, and no folder at all is a problem") {
  const Folder folder;
  std::string said;
  CHECK(get(folder, "", said) == nullptr);
  CHECK(said == "postern.toml:7:1: there is no policy pack for the platform demo (put one into policy_dirs)\n");
  folder.write("vendor/demo/2026-03.toml", pack("2026-03"));
  folder.write("own/demo/2026-03.toml", pack("2026-03", "applies = \"media\"\n"));
  CHECK(get(folder, "", said)->data().rules.back().text("applies") == "media");
}

TEST_CASE("a pack of one's own changes single rules of the one that it extends") {
  const Folder folder;
  folder.write("vendor/demo/2026-03.toml", pack("2026-03"));
  folder.write("acme.toml",
               "platform = \"demo\"\nversion = \"acme\"\nextends = \"2026-03\"\n[text]\nmax = 50\n"
               "[[rate]]\n" +
                   rule("d.rate") + "count = 1\nper = \"1m\"\n[[rate]]\n" + rule("d.more") +
                   "count = 9\nper = \"1h\"\n");
  std::string said;
  const auto own = get(folder, (folder.path() / "acme.toml").string(), said);
  INFO(said);
  REQUIRE(own);
  const core::policy::PackData& data = own->data();
  CHECK(data.version == "acme");
  std::map<std::string_view, const core::policy::Rule*> rules;
  for (const core::policy::Rule& each : data.rules) rules[each.id] = &each;
  CHECK(rules.size() == 5);
  CHECK(rules.at("d.text")->number("max") == 50);
  CHECK(rules.at("d.window")->number("length") == 24 * kHour);
  CHECK(rules.at("d.rate")->number("count") == 1);
  CHECK(rules.at("d.more")->number("count") == 9);
  CHECK(data.hash != get(folder, "2026-03", said)->data().hash);

  folder.write("acme.toml", "extends = \"2025-01\"\n");
  CHECK(get(folder, (folder.path() / "acme.toml").string(), said) == nullptr);
  CHECK(said ==
        "acme.toml:1:11: \"extends\": there is no pack \"2025-01\" of demo (name a version that stands in "
        "policy_dirs)\n");
  folder.write("own/demo/loop.toml", "extends = \"loop\"\n");
  CHECK(get(folder, "loop", said) == nullptr);
}

TEST_CASE("the hash follows the content, not the writing") {
  const std::string hash = hash_of(pack("2026-03"));
  CHECK(hash.size() == 16);
  CHECK(hash_of("# a comment\n" + pack("2026-03")) == hash);
  CHECK(hash_of(pack("2026-03", "scope = \"account\"\n")) == hash);  // the default, said
  CHECK(hash_of(pack("2026-03", "scope = \"contact\"\n")) != hash);
  CHECK(hash_of(pack("2026-04")) != hash);
}

TEST_CASE("a broken pack is refused with line, rule and remedy") {
  CHECK(complaints(pack("2026-03", "[[window]]\n" + rule("d.tagged") +
                                       "author = [\"human\", \"bot\"]\nlength = \"7d\"\ntag = \"human_agent\"\n")) ==
        "pack.toml:38:7: rule \"d.tagged\" gives a tag to a bot (a tag says that a person writes: author = "
        "[\"human\"])\n");
  CHECK(complaints(pack("2026-03", "[comment]\n" + rule("x.comment") + "max = 300\n")) ==
        "pack.toml:32:6: rule \"x.comment\" has another prefix than \"d.window\" (a pack has one prefix: call it "
        "\"d.comment\")\n");
  CHECK(complaints(pack("2026-03", "[comment]\n" + rule("d.text") + "max = 300\n")) ==
        "pack.toml:32:6: rule \"d.text\" is there already (give it another id)\n");
  CHECK(complaints(pack("2026-03", "[comment]\n" + rule("comment") + "max = 300\n")) ==
        "pack.toml:32:6: \"id\": expected \"<prefix>.<name>\" of a-z, 0-9 and -, found \"comment\"\n");
  CHECK(complaints(pack("2026-03", "[comment]\n" + rule("d.comment") + "max = 3\n")) ==
        "pack.toml:36:7: \"max\": expected 20 to 1000000, found 3\n");
  CHECK(complaints(pack("2026-03", "[comment]\nmax = 300\n")) ==
        "pack.toml:31:1: \"id\" is missing (The rule's name, \"<prefix>.<name>\".)\n"
        "pack.toml:31:1: \"source\" is missing (The document that the rule comes from.)\n"
        "pack.toml:31:1: \"date\" is missing (The date of that document.)\n"
        "pack.toml:31:1: \"says\" is missing (The rule as one sentence, for `policy explain`.)\n");
  CHECK(complaints("platform = \"demo\"\nversion = \"1\"\nsource = \"x\"\nreview_by = \"2027-03-01\"\nwindow = 5\n") ==
        "pack.toml:1:1: the pack has no rule \"text\" (every platform has one; write it down)\n"
        "pack.toml:1:1: the pack has no rule \"attachments\" (every platform has one; write it down)\n"
        "pack.toml:4:13: \"review_by\": expected a date like 2026-09-01, without quotes, found the string "
        "\"2027-03-01\"\n"
        "pack.toml:5:10: \"window\": expected a list of rules, found the integer 5 (write [[window]])\n");
}
