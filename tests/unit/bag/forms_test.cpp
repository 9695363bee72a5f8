// SPDX-License-Identifier: Apache-2.0
// The forms of an export, each read back as who gets it would: what a stranger writes must stay text in all of them.
#include <boost/json.hpp>

#include "bag/csv.hpp"
#include "bag/html.hpp"
#include "bag/mail.hpp"
#include "bag/rsmf.hpp"
#include "bag/zip.hpp"
#include "catch.hpp"
#include "fixture.hpp"
#include "judge.hpp"

using namespace postern;
using namespace postern::bag;

namespace {

constexpr std::string_view kLeaf =
    R"({"a":"plugin:messenger@1.0.0","b":"0f3c9a71","c":"11111111111111111111111111111111","f":"dm","h":"0000000000000000000000000000000000000000000000000000000000000000","i":7,"k":"msg.in","m":12,"n":64,"o":"ok","p":"messenger","s":"22222222222222222222222222222222","t":1767225600000000,"v":1,"w":"acme"})";

Line line(const std::string& text, const std::string& name = "Rita") {
  boost::json::object event{{"kind", "message"}, {"text", text}, {"sender", {{"id", "1"}, {"name", name}}}};
  const auto body = boost::json::serialize(event);
  const auto leaf = ledger::check_leaf(kLeaf, 7);
  REQUIRE(leaf);
  return line_of(*leaf, &body, "contact");
}

/// What /usr/bin/python3 says of a file, as its own libraries read it.
test::Said python(const std::string& file, const std::string& script) {
  const ledger::test::Folder folder;
  const auto place = folder.path() / "place";
  std::filesystem::create_directory(place);
  test::put(place / "file", file);
  test::put(place / "script.py", script);
  return test::run(place, "/usr/bin/python3 script.py");
}

}  // namespace

TEST_CASE("a line says who, when and what") {
  const auto said = line("Where is my order?");
  CHECK(said.side == Line::Side::contact);
  CHECK(said.author == "Rita");
  CHECK(said.text == "Where is my order?");
  const auto json = boost::json::parse(json_of(said)).as_object();
  CHECK(json.at("i") == 7);
  CHECK(json.at("type") == "msg.in");
  CHECK(json.at("body").at("text") == "Where is my order?");
  const auto leaf = ledger::check_leaf(kLeaf, 7);
  CHECK(line_of(*leaf, nullptr, "").erased);
  const std::string spread = "{\n\"kind\":\"message\",\n\"text\":\"x\"}";
  CHECK(json_of(line_of(*leaf, &spread, "")).find('\n') == std::string::npos);
}

TEST_CASE("a cell is no formula, and what it holds comes back") {
  for (const char* evil : {"=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "  =1", "\n=1", "\uff1d1"})
    CHECK(csv_cell(evil).starts_with("\"'"));
  CHECK(csv_cell("a \"b\",\nc") == "\"a \"\"b\"\",\nc\"");
  const auto said = python(csv_head() + csv_row(line("=HYPERLINK(\"http://x\")", "a,\"b\"\nc")) + csv_row(line("ok")),
                           "import csv\nrows = list(csv.DictReader(open('file', newline='', encoding='utf-8')))\n"
                           "print(len(rows), rows[0]['author'] == 'a,\"b\"\\nc', rows[0]['text'], rows[1]['text'])\n");
  CHECK(said.text == "2 True '=HYPERLINK(\"http://x\") ok\n");
}

TEST_CASE("a page has no markup but its own") {
  CHECK(html_text("<script>&\"'") == "&lt;script&gt;&amp;&quot;&#39;");
  CHECK(html_text("a\u202eb\u2066c\x01") == "a\uFFFDb\uFFFDc\uFFFD");
  CHECK(html_text("\u00e9\n\U0001F600") == "\u00e9\n\U0001F600");
  const auto page = html_head("<b>", "about") + html_line(line("<img src=x onerror=alert(1)>", "<i>")) + html_tail();
  const auto said = python(page,
                           "import html.parser\nclass P(html.parser.HTMLParser):\n"
                           "  tags = set()\n  def handle_starttag(self, tag, attrs): self.tags.add(tag); "
                           "assert not [a for a in attrs if a[0].startswith('on')]\n"
                           "p = P()\np.feed(open('file', encoding='utf-8').read())\nprint(' '.join(sorted(p.tags)))\n");
  CHECK(said.text == "bdi body div h1 head html meta p style time title\n");
}

TEST_CASE("a mail's headers are its own, and its text comes back") {
  CHECK(mail_date(1'767'225'600'000'000) == "Thu, 01 Jan 2026 00:00:00 +0000");
  const std::string text = "Grüße\r\nBcc: all@example.org\n" + std::string(500, 'x');
  const auto mail = mail_of(line(text, "Ríta\r\nBcc: all@example.org"), "test.example/postern/x/0");
  const auto said = python(mail,
                           "import email, email.policy\nm = email.message_from_binary_file(open('file', 'rb'), "
                           "policy=email.policy.default)\n"
                           "print(m['bcc'], m['date'].datetime.year, m['x-postern-record'], not m.defects, "
                           "m.get_content().startswith('Grüße'), 'Ríta' in str(m['from']))\n");
  CHECK(said.text == "None 2026 7 True True True\n");
}

TEST_CASE("a conversation is an RSMF file, and a ZIP archive the same for the same files") {
  const std::vector<Line> lines{line("Where is my order?"), line("\"quoted\"\n\u00e9")};
  const auto file = rsmf_of(lines, "test.example/postern/x/0");
  REQUIRE(file);
  const auto said = python(
      *file,
      "import email, email.policy, io, json, zipfile\n"
      "m = email.message_from_binary_file(open('file', 'rb'), policy=email.policy.default)\n"
      "(a,) = m.iter_attachments()\nz = zipfile.ZipFile(io.BytesIO(a.get_content()))\n"
      "assert z.testzip() is None and z.namelist() == ['rsmf_manifest.json'] and a.get_filename() == 'rsmf.zip'\n"
      "j = json.loads(z.read('rsmf_manifest.json'))\np = {p['id'] for p in j['participants']}\n"
      "assert all(e['participant'] in p for e in j['events'])\n"
      "print(m['x-rsmf-version'], m['x-rsmf-eventcount'], j['version'], len(j['conversations']), "
      "[e['body'] for e in j['events']])\n");
  CHECK(said.text == "2.0.0 2 2.0.0 1 ['Where is my order?', '\"quoted\"\\né']\n");
  CHECK(*zip({{"a", "b"}}) == *zip({{"a", "b"}}));
}
