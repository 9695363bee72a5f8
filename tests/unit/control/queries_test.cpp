// SPDX-License-Identifier: Apache-2.0
// What the ledger is asked, over a real ledger.
#include "control/queries.hpp"

#include <boost/json.hpp>
#include <future>
#include <set>

#include "control/pack_json.hpp"
#include "control/request.hpp"
#include "fixture.hpp"
#include "ledger/query.hpp"

using namespace postern;
using namespace postern::control;
using namespace postern::ledger;
using namespace postern::ledger::test;
namespace json = boost::json;

namespace {

/// A ledger with `rounds` batches of six messages from three people, and a view of it.
struct Rig {
  explicit Rig(int rounds = 10) : store(must_open(folder.options())), traffic(*store) {
    Running running(*store);
    REQUIRE(running.submit(traffic.start()));
    for (int round = 0; round < rounds; ++round) REQUIRE(running.submit(traffic.batch(6, 3)));
    REQUIRE(running.settle());
    auto opened = store->open_view();
    REQUIRE(opened);
    view = std::move(*opened);
  }

  core::Reply reply(const char* method, json::object params) {
    return answer_query(*view, {7, method, json::serialize(params)});
  }
  json::object ask(const char* method, json::object params = {}) {
    const auto answer = reply(method, std::move(params));
    INFO(answer.json);
    REQUIRE(answer.ok);
    CHECK(answer.reply_to == 7);
    return json::parse(answer.json).as_object();
  }
  std::int64_t refusal(const char* method, json::object params) {
    const auto answer = reply(method, std::move(params));
    REQUIRE_FALSE(answer.ok);
    return json::parse(answer.json).at("code").as_int64();
  }
  std::string conversation(std::size_t person) const { return traffic.people().at(person).conversation.id.hex(); }

  Folder folder;
  std::unique_ptr<Store> store;
  Traffic traffic;
  std::unique_ptr<View> view;
};

}  // namespace

TEST_CASE("conversations are listed in pages, with names and how many wait") {
  Rig rig;
  std::set<std::string> seen;
  json::object params{{"limit", 2}};
  for (int pages = 0; pages < 5; ++pages) {
    const auto page = rig.ask("conversations", params);
    for (const auto& each : page.at("conversations").as_array()) {
      CHECK(seen.insert(each.at("conversation").as_string().c_str()).second);
      CHECK(each.at("account") == "acme-messenger");
      CHECK(each.at("name") == "Rita canary");
      CHECK(each.at("visibility") == "private");
      CHECK_FALSE(each.as_object().contains("sender"));  // a platform's id is nobody's business here
    }
    if (!page.contains("next")) break;
    params["before"] = page.at("next");
  }
  CHECK(seen.size() == 3);
  CHECK(rig.ask("conversations", {{"account", "acme-telegram"}}).at("conversations").as_array().empty());
}

TEST_CASE("those who wait are found") {
  Rig rig(1);
  CHECK(rig.ask("conversations", {{"waiting", true}}).at("conversations").as_array().empty());
  Running running(*rig.store);
  Batch batch;
  const auto& conversation = rig.traffic.people().at(1).conversation;
  for (std::int64_t turn : {1, 2})
    batch.rows.emplace_back(core::OpenTurnRow{turn, conversation.number, 1'767'225'600'000'000 + kHour, 1, false});
  REQUIRE(running.submit(std::move(batch)));
  REQUIRE(running.settle());
  const auto waiting = rig.ask("conversations", {{"waiting", true}}).at("conversations").as_array();
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0].at("conversation") == json::string(conversation.id.hex()));
  CHECK(waiting[0].at("waiting") == 2);
}

TEST_CASE("a conversation is shown with what was said, in order and in pages") {
  Rig rig;
  std::vector<std::int64_t> indices;
  json::object params{{"conversation", rig.conversation(1)}, {"limit", 30}};
  for (int pages = 0; pages < 10; ++pages) {
    const auto page = rig.ask("show", params);
    CHECK(page.at("name") == "Rita canary");
    std::vector<std::int64_t> here;
    for (const auto& record : page.at("records").as_array()) {
      here.push_back(record.at("index").as_int64());
      CHECK(json::serialize(record.at("body")).find("canary") != std::string::npos);
      const auto type = std::string(record.at("type").as_string().c_str());
      if (type == "msg.in") CHECK(record.at("body").at("kind") == "message");
      if (type == "msg.out.sent") CHECK(record.at("cause").as_int64() < here.back());
    }
    CHECK(std::is_sorted(here.begin(), here.end()));
    if (!indices.empty() && !here.empty()) CHECK(here.back() < indices.front());
    indices.insert(indices.begin(), here.begin(), here.end());
    if (!page.contains("next")) break;
    params["before"] = page.at("next");
  }
  // Twenty messages each; of the last two batches answers or results are still to come.
  CHECK(indices.size() > 50);
  CHECK(rig.refusal("show", {{"conversation", std::string(32, '0')}}) == kNotFound);
}

TEST_CASE("the tail is the leaves as they were hashed, and can be followed") {
  Rig rig;
  const auto last = rig.ask("audit.tail", {{"count", 3}});
  const auto size = last.at("size").as_int64();
  REQUIRE(last.at("leaves").as_array().size() == 3);
  CHECK(last.at("last").as_int64() == size - 1);
  CHECK(last.at("leaves").as_array()[0].at("i").as_int64() == size - 3);
  const auto none = rig.ask("audit.tail", {{"after", size - 1}});
  CHECK(none.at("leaves").as_array().empty());
  CHECK(none.at("last").as_int64() == size - 1);
  const auto all = rig.ask("audit.tail", {{"count", 200}, {"after", -1}});
  CHECK(all.at("leaves").as_array()[0].at("k") == "audit.start");
}

TEST_CASE("records of a type are found, the newest first") {
  Rig rig(2);
  const auto found = newest_leaves(*rig.view, "msg.in", 3, 1'000);
  REQUIRE(found);
  REQUIRE(found->size() == 3);
  CHECK(json::parse(found->at(0)).at("k") == "msg.in");
  CHECK(json::parse(found->at(0)).at("i").as_int64() > json::parse(found->at(1)).at("i").as_int64());
  CHECK(newest_leaves(*rig.view, "msg.in", 200, 0)->empty());
  CHECK(rig.ask("gaps").at("gaps").as_array().empty());
  CHECK(rig.refusal("gaps", {{"limit", 0}}) == kInvalidParams);
}

TEST_CASE("the live ledger is verified, by its own key or by one that is told") {
  Rig rig;
  const auto own = rig.ask("audit.verify");
  CHECK(own.at("verdict") == "ok");
  CHECK(own.at("code") == 0);
  CHECK(own.at("leaves") == own.at("size"));
  CHECK(own.at("bodies").at("bad") == 0);
  CHECK(rig.ask("audit.verify", {{"vkey", rig.store->genesis().text()}}).at("code") == 0);
  crypto::Key seed{};
  seed[0] = 1;
  const VKey other{rig.store->origin(), KeyType::ed25519, crypto::SigningKey(seed).public_key()};
  CHECK(rig.ask("audit.verify", {{"vkey", other.text()}}).at("code") == 3);
  CHECK(rig.refusal("audit.verify", {{"vkey", "nonsense"}}) == kInvalidParams);
}

TEST_CASE("an export goes into a new folder") {
  Rig rig;
  const auto folder = rig.folder.path() / "export";
  const auto done = rig.ask("audit.export", {{"directory", folder.string()}});
  CHECK(done.at("size").as_int64() > 100);
  CHECK(done.at("vkey") == json::string(rig.store->genesis().text()));
  CHECK(std::filesystem::exists(folder / "data/leaves.jsonl"));
  CHECK(rig.refusal("audit.export", {{"directory", folder.string()}}) == kNotDone);  // it is not empty any more
  CHECK(rig.refusal("audit.export", {{"directory", "relative"}}) == kInvalidParams);
  CHECK(rig.refusal("audit.export", {}) == kInvalidParams);
}

TEST_CASE("a contact's data and a single record go into new folders") {
  Rig rig;
  const auto contact = rig.traffic.people().at(1).conversation.contact.hex();
  const auto folder = (rig.folder.path() / "contact").string();
  const auto done = rig.ask("contact.export", {{"contact", contact}, {"directory", folder}});
  CHECK(done.at("records").as_int64() > 20);
  CHECK(std::filesystem::exists(folder + "/data/profile.json"));
  const auto stranger = rig.reply("contact.export", {{"contact", std::string(32, 'd')}, {"directory", folder + "2"}});
  CHECK_FALSE(stranger.ok);
  CHECK_FALSE(std::filesystem::exists(folder + "2"));
  CHECK(rig.refusal("contact.export", {{"contact", "Rita"}, {"directory", folder + "2"}}) == kInvalidParams);

  CHECK(rig.ask("audit.disclose", {{"record", 3}, {"directory", folder + "3"}}).at("records") == 2);
  CHECK(rig.refusal("audit.disclose", {{"record", 1'000'000}, {"directory", folder + "4"}}) == kInvalidParams);
  CHECK(rig.refusal("audit.disclose", {{"directory", folder + "4"}}) == kInvalidParams);
  CHECK(rig.refusal("audit.export", {{"dispute", true}, {"directory", folder + "4"}}) == kInvalidParams);
  CHECK(rig.refusal("audit.export", {{"since", "yesterday"}, {"directory", folder + "4"}}) == kInvalidParams);
}

TEST_CASE("parameters that cannot be meant are refused") {
  Rig rig(1);
  for (const json::value& limit :
       {json::value(0), json::value(201), json::value(-1), json::value("5"), json::value(1.5)})
    for (const char* method : {"conversations", "show"})
      CHECK(rig.refusal(method, {{"limit", limit}, {"conversation", rig.conversation(1)}}) == kInvalidParams);
  CHECK(rig.refusal("conversations", {{"before", -1}}) == kInvalidParams);
  CHECK(rig.refusal("audit.tail", {{"count", 0}}) == kInvalidParams);
  CHECK(rig.refusal("show", {}) == kInvalidParams);
  CHECK(rig.refusal("nothing", {}) == kNoMethod);
}

TEST_CASE("no question waits for what takes long") {
  Rig rig(2);
  auto second = rig.store->open_view();
  REQUIRE(second);
  Reader reader(std::move(rig.view), 2), clerk(std::move(*second), 2, "clerk");
  std::promise<void> go;
  auto gate = go.get_future().share();
  std::promise<core::Reply> tail, verified;
  Queries queries(reader, clerk, {}, {},
                  [&](core::Reply&& reply) { (reply.reply_to == 1 ? verified : tail).set_value(std::move(reply)); });
  REQUIRE(clerk.submit([gate](View&) { gate.wait(); }));  // an export that has begun
  REQUIRE(queries.submit({1, "audit.verify", "{}"}));
  REQUIRE(queries.submit({2, "audit.tail", "{}"}));
  REQUIRE(tail.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready);
  auto later = verified.get_future();
  CHECK(later.wait_for(std::chrono::milliseconds(1)) == std::future_status::timeout);
  go.set_value();
  REQUIRE(later.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
  CHECK(later.get().ok);
  reader.stop();
  clerk.stop();
}

TEST_CASE("questions are answered on the reader's thread; too many are refused") {
  Rig rig(2);
  Reader reader(std::move(rig.view), 2);
  std::promise<void> go;
  auto gate = go.get_future().share();
  std::promise<core::Reply> first;
  std::atomic<int> answers = 0;
  Queries queries(reader, reader, {}, {}, [&](core::Reply&& reply) {
    if (answers++ == 0) first.set_value(std::move(reply));
  });
  REQUIRE(reader.submit([gate](View&) { gate.wait(); }));
  int taken = 0;
  while (taken < 10 && queries.submit({static_cast<std::uint64_t>(taken), "audit.tail", "{}"})) ++taken;
  CHECK(taken <= 3);  // two wait; the one that holds the thread may have left the box already
  go.set_value();
  auto future = first.get_future();
  REQUIRE(future.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
  CHECK(future.get().ok);
  reader.stop();
}

namespace {

/// The pack that the ledger's decisions name, or one that says otherwise.
core::policy::PackData messenger_pack(std::int64_t longest = 2'000) {
  core::policy::PackData pack;
  pack.platform = "messenger";
  pack.version = "test";
  pack.add("window", "msgr.window", {{"author", std::vector<std::string>{"bot"}}, {"length", 24 * kHour}})
      .add("text", "msgr.text", {{"max", longest}, {"split", 0}})
      .add("attachments", "msgr.attachments", {{"types", std::vector<std::string>{"image"}}});
  return pack;
}

json::object replay(Rig& rig, const core::policy::PackData& pack, json::object params = {}) {
  params["pack"] = json::parse(pack_json(pack));
  Reader reader(std::move(rig.view), 4);
  std::promise<core::Reply> answered;
  Queries queries(reader, reader, {}, {}, [&](core::Reply&& reply) { answered.set_value(std::move(reply)); });
  REQUIRE(queries.submit({7, "policy.replay", json::serialize(params)}));
  auto future = answered.get_future();
  REQUIRE(future.wait_for(std::chrono::seconds(60)) == std::future_status::ready);
  const auto reply = future.get();
  INFO(reply.json);
  reader.stop();
  REQUIRE(reply.ok);
  return json::parse(reply.json).as_object();
}

}  // namespace

TEST_CASE("a pack comes over the socket as it was") {
  const auto data = messenger_pack();
  const auto pack = read_pack(json::parse(pack_json(data)));
  REQUIRE(pack);
  CHECK((*pack)->data().hash == core::policy::content_hash(data));
  json::value wrong = json::parse(pack_json(data));
  wrong.at("rules").at(0).at("kind") = "horoscope";
  CHECK_FALSE(read_pack(wrong));
  wrong = json::parse(pack_json(data));
  wrong.at("rules").at(0).at("values").at("length") = "a day";
  CHECK_FALSE(read_pack(wrong));
}

TEST_CASE("what was decided is judged again, in strides; the same pack says the same") {
  Rig rig(200);  // 3,600 records
  const auto same = replay(rig, messenger_pack());
  CHECK(same.at("decisions") == 199 * 6);
  CHECK(same.at("differ") == 0);
  CHECK(same.at("unreadable") == 0);
  CHECK(same.at("kinds").as_array().empty());
}

TEST_CASE("another pack's verdicts are counted, and named as far as one wants") {
  Rig rig(20);
  const auto other = replay(rig, messenger_pack(100), {{"limit", 5}});
  CHECK(other.at("differ") == 19 * 6);
  CHECK(other.at("differences").as_array().size() == 5);
  CHECK(other.at("left_out") == 19 * 6 - 5);
  const auto& kind = other.at("kinds").at(0);
  CHECK(kind.at("count") == 19 * 6);
  CHECK(kind.at("was").at("rule") == "msgr.window");
  CHECK(kind.at("would_be").at("outcome") == "deny");
  CHECK(kind.at("would_be").at("rule") == "msgr.text");
}

TEST_CASE("how a conversation stood before is read where it is met again") {
  Rig rig(20);
  // A record takes ten milliseconds; the conversations began long before the last hundred of them.
  const Micros since = 1'767'225'600'000'000 + 10'000 * 260;
  const auto late = replay(rig, messenger_pack(), {{"since", rfc3339(since)}});
  CHECK(late.at("records").as_int64() < 110);
  CHECK(late.at("decisions").as_int64() > 20);
  CHECK(late.at("differ") == 0);  // else their window would have seemed shut
  Rig again(5);
  CHECK(replay(again, messenger_pack(), {{"account", "acme-other"}}).at("decisions") == 0);
}
