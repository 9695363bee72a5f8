// SPDX-License-Identifier: Apache-2.0
// Files are handed out piece by piece, and only what was kept.
#include "control/media_desk.hpp"

#include <boost/json.hpp>
#include <fstream>

#include "control/request.hpp"
#include "core/json_text.hpp"
#include "diary.hpp"

using namespace postern;
using namespace postern::control;
using namespace postern::ledger;
using namespace postern::ledger::test;
namespace json = boost::json;

namespace {

/// A ledger with one message and its picture.
struct Rig {
  explicit Rig(std::string picture_bytes) : store(must_open(folder.options())), diary(*store), plain(picture_bytes) {
    message = diary.message("m1", "look");
    diary.commit();
    Shop shop(*store, media);
    const auto kept = shop.keep(picture(diary, message, std::move(picture_bytes)));
    file = kept.file;
    std::string body;
    core::JsonObject(body)
        .add("attachment", 0)
        .add("type", "gif")
        .add("mime", kept.mime)
        .add("sha256", kept.sha256)
        .add("file", kept.file)
        .add("h", kept.sealed)
        .end();
    record = diary.say("msg.media", body, message);
    diary.commit();
    view = std::move(*store->open_view());
  }
  core::Reply ask(const char* method, json::object params) {
    return desk.answer(*view, {7, method, json::serialize(params)});
  }
  json::object got(const char* method, json::object params) {
    const auto reply = ask(method, std::move(params));
    INFO(reply.json);
    REQUIRE(reply.ok);
    CHECK(reply.reply_to == 7);
    return json::parse(reply.json).as_object();
  }
  std::int64_t refusal(const char* method, json::object params) {
    const auto reply = ask(method, std::move(params));
    REQUIRE_FALSE(reply.ok);
    return json::parse(reply.json).at("code").as_int64();
  }

  Folder folder;
  std::filesystem::path media = folder.path() / "state" / "media";
  std::unique_ptr<Store> store;
  Diary diary;
  MediaDesk desk{media};
  std::unique_ptr<View> view;
  std::string plain, file;
  std::int64_t message = 0, record = 0;
};

std::string data_of(const json::object& answer) {
  const auto bytes = unbase64(std::string(answer.at("data").as_string()));
  REQUIRE(bytes);
  return std::string(chars(*bytes));
}

}  // namespace

TEST_CASE("a small file comes at once") {
  Rig rig("GIF89a small");
  const auto answer = rig.got("media.get", {{"media", rig.record}});
  CHECK(data_of(answer) == rig.plain);
  CHECK(answer.at("mime").as_string() == "image/gif");
  CHECK(answer.at("size").as_int64() == static_cast<std::int64_t>(rig.plain.size()));
  CHECK(answer.at("event").as_int64() == rig.message);
  CHECK_FALSE(answer.contains("next"));
}

TEST_CASE("a large one comes in pieces, and its ticket ends with the last") {
  std::string plain = "GIF89a";
  for (int i = 0; plain.size() < 1'000'000; ++i) plain += std::to_string(i);
  Rig rig(plain);
  const auto first = rig.got("media.get", {{"media", rig.record}});
  const json::object other = rig.got("media.get", {{"media", rig.record}});  // somebody else, in between
  CHECK(first.at("ticket") != other.at("ticket"));
  std::string all = data_of(first);
  auto answer = first;
  int pieces = 1;
  while (answer.contains("next")) {
    answer = rig.got("media.more", {{"ticket", first.at("ticket")}, {"from", answer.at("next")}});
    all += data_of(answer);
    ++pieces;
  }
  CHECK(all == plain);
  CHECK(pieces == 3);
  CHECK(rig.refusal("media.more", {{"ticket", first.at("ticket")}, {"from", 0}}) == kNotFound);
  CHECK(rig.got("media.more", {{"ticket", other.at("ticket")}, {"from", 0}}).contains("next"));
}

TEST_CASE("what is no kept file is refused") {
  Rig rig("GIF89a");
  for (const std::int64_t record : {std::int64_t{-1}, std::int64_t{0}, rig.message, std::int64_t{1} << 40})
    CHECK(rig.refusal("media.get", {{"media", record}}) == kNotFound);
  CHECK(rig.refusal("media.get", {}) == kNotFound);
  CHECK(rig.refusal("media.more", {{"ticket", "nobody's"}, {"from", 0}}) == kNotFound);
  CHECK(rig.refusal("media.more", {{"ticket", "nobody's"}}) == kInvalidParams);
}

TEST_CASE("a file that was changed or is gone is not handed out, nor one whose description was shredded") {
  Rig rig("GIF89a picture");
  rig.diary.shred(rig.record, rig.record);
  rig.diary.commit();
  CHECK(rig.refusal("media.get", {{"media", rig.record}}) == kNotFound);

  Rig changed("GIF89a picture");
  {
    std::fstream file(changed.media / changed.file, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(90);
    file.put('!');
  }
  CHECK(changed.refusal("media.get", {{"media", changed.record}}) == kNotDone);
  std::filesystem::remove(changed.media / changed.file);
  CHECK(changed.refusal("media.get", {{"media", changed.record}}) == kNotDone);
}
