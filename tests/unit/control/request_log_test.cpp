// SPDX-License-Identifier: Apache-2.0
// The log of requests, over a real ledger: every request with the answer that came last, in the time that was asked
// for.
#include <boost/json.hpp>

#include "control/queries.hpp"
#include "control/request.hpp"
#include "fixture.hpp"
#include "ledger/query.hpp"

using namespace postern;
using namespace postern::control;
using namespace postern::ledger;
using namespace postern::ledger::test;
namespace json = boost::json;

namespace {

constexpr Micros kBegin = 1'767'225'600'000'000;  // 2026-01-01T00:00:00Z

struct Rig {
  Rig() : store(must_open(folder.options())), running(*store) { add("audit.start"); }

  /// A record a minute after the one before; its number.
  std::int64_t add(std::string_view type, std::int64_t cause = core::kNone, std::string decision = {},
                   std::string_view outcome = "ok") {
    Batch batch;
    auto& made = batch.records.emplace_back();
    made.index = next;
    made.wall = made.boot = kBegin + next * kMinute;
    made.boot_id = {'0', 'f', '3', 'c', '9', 'a', '7', '1'};
    made.type = type;
    made.outcome = outcome;
    made.cause = cause;
    made.decision = std::move(decision);
    if (type.starts_with("subject.")) made.contact = contact;
    REQUIRE(running.submit(std::move(batch)));
    return next++;
  }
  json::object ask(json::object params = {}) {
    REQUIRE(running.settle());
    auto view = store->open_view();
    REQUIRE(view);
    const auto answer = answer_query(**view, {1, "audit.requests", json::serialize(params)});
    INFO(answer.json);
    REQUIRE(answer.ok);
    return json::parse(answer.json).as_object();
  }

  Folder folder;
  std::unique_ptr<Store> store;
  Running running;
  std::int64_t next = 0;
  Id contact = *Id::from_hex("8c1d000000000000000000000000aa07");
};

}  // namespace

TEST_CASE("the log of requests has the six fields of each, and its newest answer") {
  Rig rig;
  const auto access = rig.add("subject.access", core::kNone, "mail");
  const auto erase = rig.add("subject.erase.requested", core::kNone, "web");
  rig.add("subject.erase.deferred", erase, "hold/41ab", "deferred");
  const auto given = rig.add("subject.access", access, "access");
  rig.add("msg.in");
  rig.add("subject.erased", erase, {}, "deferred");  // a lot of it
  const auto open = rig.ask().at("requests").as_array();
  REQUIRE(open.size() == 2);
  CHECK(open[0] == json::value{{"request", access},
                               {"requested_at", rfc3339(kBegin + access * kMinute)},
                               {"nature", "access"},
                               {"via", "mail"},
                               {"contact", json::string(rig.contact.hex())},
                               {"account", ""},
                               {"answered_at", rfc3339(kBegin + given * kMinute)},
                               {"answer", "given"},
                               {"record", given}});
  CHECK(open[1].at("answer") == "deferred");
  CHECK(open[1].at("basis") == "hold/41ab");

  const auto erased = rig.add("subject.erased", erase);
  const auto done = rig.ask().at("requests").as_array();
  CHECK(done[1].at("answer") == "erased");
  CHECK(done[1].at("record") == erased);
  CHECK_FALSE(done[1].as_object().contains("basis"));
}

TEST_CASE("an unanswered request has no answer, and what is done at once has its own") {
  Rig rig;
  rig.add("subject.erase.requested");
  rig.add("subject.restricted", core::kNone, "on");
  rig.add("subject.restricted", core::kNone, "off");
  rig.add("subject.rectified");
  const auto log = rig.ask().at("requests").as_array();
  REQUIRE(log.size() == 4);
  CHECK_FALSE(log[0].as_object().contains("answered_at"));
  CHECK(log[0].at("via") == "control");
  const char* natures[] = {"erase", "restrict", "end of restriction", "rectify"};
  for (std::size_t at = 0; at < 4; ++at) CHECK(log[at].at("nature") == natures[at]);
  for (std::size_t at = 1; at < 4; ++at) CHECK(log[at].at("answer") == "done");
}

TEST_CASE("the log is narrowed by when something was asked, and comes in pages") {
  Rig rig;
  std::vector<std::int64_t> asked;
  for (int each = 0; each < 5; ++each) asked.push_back(rig.add("subject.erase.requested"));
  for (const auto request : asked) rig.add("subject.erased", request);
  const auto between =
      rig.ask({{"since", rfc3339(kBegin + asked[1] * kMinute)}, {"until", rfc3339(kBegin + asked[3] * kMinute)}});
  REQUIRE(between.at("requests").as_array().size() == 2);
  CHECK(between.at("requests").as_array()[0].at("request") == asked[1]);
  CHECK(between.at("requests").as_array()[1].at("answer") == "erased");  // though that came after `until`
  json::object params{{"limit", 2}};
  std::vector<std::int64_t> seen;
  for (int pages = 0; pages < 5; ++pages) {
    const auto page = rig.ask(params);
    for (const auto& each : page.at("requests").as_array()) seen.push_back(each.at("request").as_int64());
    if (!page.contains("next")) break;
    params["after"] = page.at("next");
  }
  CHECK(seen == asked);
}
