// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

using namespace postern;
using namespace postern::ledger;
using namespace postern::ledger::test;

TEST_CASE("what was committed is there again after a start") {
  const Folder folder;
  std::int64_t last = -1;
  Id conversation;
  {
    auto store = must_open(folder.options());
    Traffic traffic(store->take_image());
    Running running(*store);
    REQUIRE(running.submit(traffic.start()));
    for (int round = 0; round < 20; ++round) REQUIRE(running.submit(traffic.batch(7, 10)));
    REQUIRE(running.settle());
    CHECK(running.fatal() == "");
    last = running.last_index();
    CHECK(last == traffic.next() - 1);
    conversation = traffic.people().at(3).conversation.id;
  }
  auto store = must_open(folder.options());
  const auto image = store->take_image();
  CHECK(image.next_index == last + 1);
  // Of the last two rounds nothing was sent yet: seven messages have no intent, seven wait for their result.
  CHECK(image.open_turns.size() == 14);
  CHECK(image.outbox.size() == 7);
  for (const auto& event : image.open_events) {
    REQUIRE(event);
    CHECK(event->find("plaintext canary") != std::string::npos);
  }
  for (const auto& intent : image.intents) {
    REQUIRE(intent);
    CHECK(intent->find("the answer canary") != std::string::npos);
  }
  CHECK(image.intent_actors.front() == "plugin:stock@1.2.0");
  REQUIRE_FALSE(image.conversations.empty());
  for (const auto& row : image.conversations) {
    REQUIRE(row.doc);
    CHECK(row.doc->find("-canary") != std::string::npos);
  }
  const auto view = store->open_view();
  REQUIRE(view);
  const auto found = (*view)->identity("acme-messenger", Lookup::Kind::thread, Traffic::thread(3));
  REQUIRE(found);
  CHECK(found->id == conversation);
  CHECK_FALSE((*view)->identity("acme-messenger", Lookup::Kind::contact, Traffic::thread(3)));
}
