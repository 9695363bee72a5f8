// SPDX-License-Identifier: Apache-2.0
// Files that come with events, and content that has to go.
#include "catch.hpp"
#include "stage.hpp"

using namespace postern;
using namespace postern::core;

namespace {

const std::string kPicture = R"([{"type":"image","url":"https://cdn.example/a.jpg"}])";
using Outcome = FileFetched::Outcome;

std::shared_ptr<Settings> keeping(MediaPolicy policy = MediaPolicy::store, bool needs = false) {
  auto settings = one_account();
  settings->accounts[0].media = policy;
  settings->handlers[0].needs_media = needs;
  return settings;
}

FileFetched kept(const FetchFile& wanted, const std::string& file = "00112233445566778899aabbccddeeff") {
  FileFetched found;
  found.outcome = Outcome::done;
  found.medium = wanted.medium;
  found.mime = "image/jpeg";
  found.size = 1234;
  found.sha256 = "ab12";
  found.file = file;
  found.sealed = "cd34";
  found.length = 1280;
  return found;
}

FileFetched lost(const FetchFile& wanted, Outcome outcome, const std::string& reason) {
  FileFetched found;
  found.outcome = outcome;
  found.medium = wanted.medium;
  found.reason = reason;
  return found;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

}  // namespace

TEST_CASE("where only links are kept nothing is fetched") {
  Stage stage;
  stage.receive("m:1", {{"attachments", kPicture}});
  CHECK(stage.all<FetchFile>().empty());
  CHECK(stage.disk.media().empty());
}

TEST_CASE("a file is fetched once its message is durable, and what it is goes on record") {
  Stage stage(keeping());
  stage.receive("m:1", {{"attachments", kPicture}});
  const auto wanted = stage.all<FetchFile>();
  REQUIRE(wanted.size() == 1);
  CHECK(wanted[0].url == "https://cdn.example/a.jpg");
  CHECK(wanted[0].type == "image");
  CHECK(wanted[0].keep);
  CHECK(wanted[0].task.empty());
  const auto message = stage.records("msg.in").at(0);
  CHECK(wanted[0].index == message.index);
  CHECK(wanted[0].contact == message.contact);
  CHECK(wanted[0].wall == message.wall);

  stage.put(kept(wanted[0]));
  const auto record = stage.records("msg.media").at(0);
  CHECK(record.cause == message.index);
  CHECK(record.contact == message.contact);
  CHECK(record.conversation == message.conversation);
  CHECK(record.message == message.message);
  CHECK(record.decision == "store");
  CHECK(record.retention == message.retention);
  CHECK(record.count == 1234);
  REQUIRE(record.body);
  CHECK(has(*record.body, R"("file":"00112233445566778899aabbccddeeff","h":"cd34","n":1280)"));
  CHECK(stage.disk.media().begin()->second.record == record.index);
  CHECK(stage.all<Publish>().at(0).what == "media");
}

TEST_CASE("of a hash only the hash is kept") {
  Stage stage(keeping(MediaPolicy::hash));
  stage.receive("m:1", {{"attachments", kPicture}});
  const auto wanted = stage.all<FetchFile>().at(0);
  CHECK_FALSE(wanted.keep);
  auto found = kept(wanted, "");
  stage.put(std::move(found));
  const auto record = stage.records("msg.media").at(0);
  CHECK(record.decision == "hash");
  CHECK(has(*record.body, R"("sha256":"ab12")"));
  CHECK_FALSE(has(*record.body, "file"));
}

TEST_CASE("a file without an address is asked of the codec, where it knows how") {
  const std::string id = R"([{"type":"voice","id":"f_7","mime":"audio/ogg"},{"type":"location","latitude":"1"}])";
  Stage without(keeping());
  without.receive("m:1", {{"attachments", id}});
  CHECK(without.all<FetchFile>().empty());

  auto settings = keeping();
  settings->accounts[0].resolves_media = true;
  Stage stage(settings);
  stage.receive("m:1", {{"attachments", id}});
  const auto wanted = stage.all<FetchFile>();
  REQUIRE(wanted.size() == 1);
  CHECK(wanted[0].url.empty());
  CHECK(has(wanted[0].task, R"("kind":"media","account":"acme","account_key":"4711","options":{},"thread":"t1")"));
  CHECK(has(wanted[0].task, R"("attachment":{"type":"voice","id":"f_7","mime":"audio/ogg"})"));
}

TEST_CASE("what is ours, what is no file and what is too much is not fetched") {
  Stage stage(keeping());
  stage.receive("m:1", {{"attachments", kPicture}, {"kind", "echo"}, {"direction", "out"}});
  CHECK(stage.all<FetchFile>().empty());
  stage.receive("m:2", {{"attachments", R"([{"type":"share","url":"https://x.example"},{"type":"image"},7,{}])"}});
  CHECK(stage.all<FetchFile>().empty());
  std::string many = "[";
  for (int i = 0; i < 40; ++i) many += R"({"type":"image","url":"https://cdn.example/a.jpg"},)";
  many.back() = ']';
  stage.receive("m:3", {{"attachments", many}});
  CHECK(stage.all<FetchFile>().size() == 16);
}

TEST_CASE("a file that is not there now is asked for again, later and later, and then given up") {
  Stage stage(keeping());
  stage.receive("m:1", {{"attachments", kPicture}});
  auto wanted = stage.all<FetchFile>().at(0);
  for (const Micros pause : {10 * kSecond, kMinute, 10 * kMinute}) {
    stage.put(lost(wanted, Outcome::retry, "busy"));
    CHECK(stage.records("msg.media").empty());
    stage.wait(pause - kSecond);
    CHECK(stage.all<FetchFile>().empty());
    stage.wait(kSecond);
    REQUIRE(stage.all<FetchFile>().size() == 1);
    wanted = stage.all<FetchFile>()[0];
  }
  stage.put(lost(wanted, Outcome::retry, "busy"));
  const auto record = stage.records("msg.media").at(0);
  CHECK(record.outcome == "failed");
  CHECK(record.decision == "busy");
  CHECK_FALSE(record.body);
  CHECK(stage.disk.media().empty());
}

TEST_CASE("a start goes on with what was being fetched") {
  Stage stage(keeping());
  stage.receive("m:1", {{"attachments", kPicture}});
  const auto before = stage.all<FetchFile>().at(0);
  stage.actions.clear();
  stage.start();
  stage.wait(kSecond);
  const auto again = stage.all<FetchFile>();
  REQUIRE(again.size() == 1);
  CHECK(again[0].url == before.url);
  CHECK(again[0].contact == before.contact);
  CHECK(again[0].index == before.index);
  CHECK(again[0].wall == before.wall);
  stage.put(kept(again[0]));
  CHECK(stage.records("msg.media").size() == 1);
  stage.start();
  stage.wait(kSecond);
  CHECK(stage.all<FetchFile>().empty());
}

TEST_CASE("who needs files waits for them, and is told what became of each") {
  Stage stage(keeping(MediaPolicy::store, true));
  stage.receive(
      "m:1",
      {{"attachments", R"([{"type":"image","url":"https://a.example"},{"type":"video","url":"https://b.example"}])"}});
  CHECK(stage.all<Handle>().empty());
  const auto wanted = stage.all<FetchFile>();
  REQUIRE(wanted.size() == 2);
  stage.put(kept(wanted[0]));
  CHECK(stage.all<Handle>().empty());
  stage.put(lost(wanted[1], Outcome::failed, "too-large"));
  REQUIRE(stage.all<Handle>().size() == 1);
  const auto context = stage.all<Handle>()[0].context;
  const auto id = std::to_string(stage.records("msg.media").at(0).index);
  CHECK(has(
      context,
      R"("media":[{"attachment":0,"type":"image","state":"stored","mime":"image/jpeg","size":1234,"sha256":"ab12","id":")" +
          id + R"("},{"attachment":1,"type":"video","state":"failed","reason":"too-large"}])"));
}

TEST_CASE("it waits ten seconds, and who needs none does not wait") {
  Stage stage(keeping(MediaPolicy::store, true));
  stage.receive("m:1", {{"attachments", kPicture}});
  const auto wanted = stage.all<FetchFile>().at(0);
  stage.wait(9 * kSecond);
  CHECK(stage.all<Handle>().empty());
  stage.wait(kSecond);
  REQUIRE(stage.all<Handle>().size() == 1);
  CHECK_FALSE(has(stage.all<Handle>()[0].context, "media"));
  stage.put(kept(wanted));
  CHECK(stage.all<Handle>().empty());  // not asked again

  Stage other(keeping());
  other.receive("m:1", {{"attachments", kPicture}});
  CHECK(other.all<Handle>().size() == 1);
}

TEST_CASE("a clock that is set back does not prolong the wait") {
  Stage stage(keeping(MediaPolicy::store, true));
  stage.receive("m:1", {{"attachments", kPicture}});
  stage.now.wall -= kHour;
  stage.wait(kSecond);
  CHECK(stage.all<Handle>().size() == 1);
}

TEST_CASE("what a contact takes back is shredded: message, edits, descriptions and files, and nothing else") {
  Stage stage(keeping());
  stage.receive("m1:message", {{"platform_id", "m1"}, {"attachments", kPicture}});
  stage.put(kept(stage.all<FetchFile>().at(0), "aa"));
  stage.answer({});
  stage.receive("m1:edit", {{"platform_id", "m1"}, {"kind", "edit"}});
  stage.answer({});
  stage.receive("m2:message", {{"platform_id", "m2"}});
  stage.answer({});
  stage.receive("m1:other", {{"platform_id", "m1"}, {"thread", "t2"}, {"sender", "p2"}});
  stage.answer({});
  const auto message = stage.records("msg.in").at(0), media = stage.records("msg.media").at(0);
  stage.receive("m1:unsend", {{"platform_id", "m1"}, {"kind", "unsend"}});
  const auto unsend = stage.records("msg.unsend").at(0);
  const auto purged = stage.records("retention.purged");
  REQUIRE(purged.size() == 3);
  for (const auto& record : purged) {
    REQUIRE(record.range);
    CHECK(record.range->second == record.range->first + 1);
    CHECK(record.cause == unsend.index);
    CHECK(record.retention == "dm");
    CHECK(record.decision == "unsent");
    CHECK_FALSE(stage.disk.records()[static_cast<std::size_t>(record.range->first)].body);
  }
  CHECK(purged[0].range->first == message.index);
  CHECK(purged[1].range->first == media.index);
  CHECK(stage.all<DropFiles>().at(0).files == std::vector<std::string>{"aa"});
  CHECK(stage.disk.media().empty());
  CHECK(stage.disk.shreds().empty());
  std::size_t left = 0;
  for (const auto& record : stage.records("msg.in")) left += record.body ? 1 : 0;
  CHECK(left == 2);
}

TEST_CASE("content that is sent for a time goes when it is over, also after a start, and not before") {
  Stage stage(keeping());
  stage.receive("m1", {{"expires_at", rfc3339(stage.now.wall + kMinute)}, {"attachments", kPicture}});
  stage.put(kept(stage.all<FetchFile>().at(0), "bb"));
  stage.answer({});
  stage.wait(59 * kSecond);
  CHECK(stage.records("retention.purged").empty());
  stage.start();
  stage.wait(kSecond);
  const auto purged = stage.records("retention.purged");
  REQUIRE(purged.size() == 2);
  CHECK(purged[0].decision == "expired");
  CHECK(stage.all<DropFiles>().at(0).files == std::vector<std::string>{"bb"});
  CHECK(stage.disk.shreds().empty());
  stage.start();
  stage.wait(kHour);
  CHECK(stage.records("retention.purged").size() == 2);
}

TEST_CASE("a file that comes after its message was taken back is dropped") {
  Stage stage(keeping());
  stage.receive("m1:message", {{"platform_id", "m1"}, {"attachments", kPicture}});
  const auto wanted = stage.all<FetchFile>().at(0);
  stage.answer({});
  stage.receive("m1:unsend", {{"platform_id", "m1"}, {"kind", "unsend"}});
  CHECK(stage.records("retention.purged").size() == 1);
  stage.put(kept(wanted, "cc"));
  CHECK(stage.all<DropFiles>().at(0).files == std::vector<std::string>{"cc"});
  CHECK(stage.records("msg.media").empty());
}

TEST_CASE("a handler that has the event is not robbed of it; one that failed on it does not get it again") {
  Stage stage;
  stage.receive("m1:message", {{"platform_id", "m1"}});
  stage.receive("m1:unsend", {{"platform_id", "m1"}, {"kind", "unsend"}});
  CHECK(stage.records("retention.purged").empty());
  for (int i = 0; i < 3; ++i) stage.fail();  // the message goes to quarantine
  stage.answer({});
  stage.wait(10 * kSecond);
  CHECK(stage.records("retention.purged").size() == 1);
  CHECK(stage.records("turn.declined").at(0).decision == "unsent");
  CHECK(stage.core->figures().quarantined == 0);
}

TEST_CASE("a message that comes after it was taken back is shredded, and one that never comes is forgotten") {
  Stage stage;
  stage.receive("m1:unsend", {{"platform_id", "m1"}, {"kind", "unsend"}});
  stage.answer({});
  stage.receive("m1:message", {{"platform_id", "m1"}});
  stage.answer({});
  CHECK(stage.records("retention.purged").empty());
  stage.wait(kMinute);
  CHECK(stage.records("retention.purged").size() == 1);
  CHECK(stage.disk.shreds().empty());

  stage.receive("m2:unsend", {{"platform_id", "m2"}, {"kind", "unsend"}});
  stage.answer({});
  for (int i = 0; i < 10; ++i) {
    CHECK(stage.disk.shreds().size() == 1);
    stage.wait(kMinute);
  }
  CHECK(stage.disk.shreds().empty());
}

TEST_CASE("what the brand takes back, and what an account keeps, stays") {
  Stage stage;
  stage.receive("m1:message", {{"platform_id", "m1"}, {"direction", "out"}});
  stage.receive("m1:unsend", {{"platform_id", "m1"}, {"kind", "unsend"}, {"direction", "out"}});
  CHECK(stage.disk.shreds().empty());

  auto settings = one_account();
  settings->accounts[0].shreds_unsent = false;
  Stage keeps(settings);
  keeps.receive("m1:message", {{"platform_id", "m1"}});
  keeps.receive("m1:unsend", {{"platform_id", "m1"}, {"kind", "unsend"}});
  CHECK(keeps.disk.shreds().empty());
}
