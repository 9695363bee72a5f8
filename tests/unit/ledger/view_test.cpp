// SPDX-License-Identifier: Apache-2.0
#include <future>
#include <set>

#include "fixture.hpp"
#include "ledger/loader.hpp"
#include "ledger/query.hpp"
#include "ledger/reader.hpp"
#include "ledger/sent.hpp"

using namespace postern;
using namespace postern::ledger;
using namespace postern::ledger::test;

namespace {

core::Loaded ask(Loader& loader, std::promise<core::Loaded>& answer, core::Load load) {
  auto future = answer.get_future();
  REQUIRE(loader.submit(std::move(load)));
  REQUIRE(future.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
  return future.get();
}

/// Both sides of the lots: while they wait in memory, and when they are in their tables.
WriterOptions lots(bool written) {
  WriterOptions options;
  options.idle = written ? std::chrono::milliseconds(1) : std::chrono::milliseconds(600'000);
  return options;
}

}  // namespace

TEST_CASE("what was sent lately is read from the log's end, with whom it went to and what it was") {
  const bool written = GENERATE(false, true);
  const Folder folder;
  auto store = must_open(folder.options());
  Traffic traffic(*store);
  Running running(*store, lots(written));
  REQUIRE(running.submit(traffic.start()));
  for (int round = 0; round < 300; ++round) REQUIRE(running.submit(traffic.batch(5, 20)));
  REQUIRE(running.settle());
  const auto view = must_view(*store);
  const auto all = recently_sent(*view, 0);
  REQUIRE(all);
  REQUIRE(all->size() == 299 * 5);  // also those that are on their way; the last batch waits for its handlers
  std::set<std::int64_t> contacts;
  for (const auto& [number, person] : traffic.people()) contacts.insert(person.conversation.contact_number);
  for (std::size_t i = 0; i < all->size(); ++i) {
    const core::PastAttempt& sent = (*all)[i];
    CHECK((i == 0 || (*all)[i - 1].at < sent.at));
    CHECK(sent.account == "acme-messenger");
    CHECK(contacts.contains(sent.contact_number));
    CHECK(sent.effect == core::EffectKind::reply);
    CHECK(sent.author == core::policy::Author::bot);
    CHECK_FALSE(sent.media);
  }
  const auto newest = recently_sent(*view, (*all)[1'000].at);
  REQUIRE(newest);
  REQUIRE(newest->size() == all->size() - 1'001);
  CHECK(newest->front().at == (*all)[1'001].at);
}

TEST_CASE("the loader finds a cold conversation, its contact and repeated events, written or not") {
  const bool written = GENERATE(false, true);
  const Folder folder;
  auto store = must_open(folder.options());
  Traffic traffic(*store);
  Running running(*store, lots(written));
  REQUIRE(running.submit(traffic.start()));
  for (int round = 0; round < 4; ++round) REQUIRE(running.submit(traffic.batch(5, 20)));
  REQUIRE(running.settle());
  for (int tries = 0;
       written && tries < 1'000 && must_view(*store)->meta_integer("lots_through") != running.last_index(); ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(must_view(*store)->meta_integer("lots_through").has_value() == written);

  std::promise<core::Loaded> answer;
  Loader loader(
      must_view(*store), 8, [&](core::Loaded&& found) { answer.set_value(std::move(found)); }, [](Error) {});
  const auto account = core::intern("acme-messenger");
  const auto& [number, person] = *traffic.people().begin();
  core::Load load{17, account, Traffic::thread(number), Traffic::sender(number), {}, {}, {}};
  load.looks = {traffic.look(Traffic::key(3)), traffic.look("unheard-of"), traffic.look(Traffic::key(4))};
  load.keys = {Traffic::key(3), "unheard-of", "another event under the same look-up key"};
  const auto found = ask(loader, answer, std::move(load));
  CHECK(found.load == 17);
  REQUIRE(found.conversation);
  CHECK(found.conversation->id == person.conversation.id);
  CHECK(found.conversation->last_record == person.conversation.last_record);
  REQUIRE(found.conversation->doc);
  CHECK(found.conversation->doc->find(Traffic::thread(number)) != std::string::npos);
  REQUIRE(found.contact);
  CHECK(found.contact->id == person.conversation.contact);
  CHECK(found.seen == std::vector<bool>{true, false, false});

  answer = {};
  const auto none = ask(loader, answer, {18, account, "nobody", "nobody", {}, {}, {}});
  CHECK_FALSE(none.conversation);
  CHECK_FALSE(none.contact);

  answer = {};
  core::Load by_name;
  by_name.conversation = person.conversation.id;
  const auto named = ask(loader, answer, by_name);
  REQUIRE(named.conversation);
  CHECK(named.conversation->number == person.conversation.number);
  CHECK(named.conversation->doc);
  REQUIRE(named.owner);
  CHECK(named.owner->id == person.conversation.contact);
  answer = {};
  by_name.conversation = person.conversation.contact;  // a pseudonym, and no conversation's
  CHECK_FALSE(ask(loader, answer, by_name).conversation);
}

TEST_CASE("tools page through conversations, records and leaves, on the reader's thread") {
  const bool written = GENERATE(false, true);
  const Folder folder;
  auto store = must_open(folder.options());
  Traffic traffic(*store);
  {
    Running running(*store, lots(false));
    REQUIRE(running.submit(traffic.start()));
    for (int round = 0; round < 30; ++round) REQUIRE(running.submit(traffic.batch(6, 3)));
    REQUIRE(running.settle());
    if (written) running.writer().stop();
    const auto id = traffic.people().at(1).conversation.id;
    std::promise<void> done;
    Reader reader(must_view(*store), 4);
    REQUIRE(reader.submit([&](View& view) {
      const auto list = list_conversations(view, INT64_MAX, 2);
      REQUIRE(list);
      REQUIRE(list->size() == 2);
      CHECK((*list)[0].conversation.number > (*list)[1].conversation.number);
      REQUIRE((*list)[0].contact);
      CHECK((*list)[0].contact->doc->find("Rita") != std::string::npos);

      std::size_t count = 0;
      std::int64_t before = INT64_MAX;
      while (true) {
        const auto page = conversation_records(view, id, before, 7);
        REQUIRE(page);
        if (page->empty()) break;
        for (const auto& record : *page) {
          CHECK(record.index < before);
          CHECK(record.leaf.find(id.hex()) != std::string::npos);
          REQUIRE(record.body);
          CHECK(record.body->find("canary") != std::string::npos);
          before = record.index;
          ++count;
        }
      }
      std::size_t expected = 0;
      for (std::int64_t first = 0; first < record_count(view); first += 50) {
        const auto page = leaves(view, first, 50);
        REQUIRE(page);
        for (const auto& leaf : *page) expected += leaf.find(id.hex()) != std::string::npos;
      }
      CHECK(count == expected);
      CHECK(count > 100);
      const auto ended = turns(view, -1, 10);
      REQUIRE(ended);
      REQUIRE(ended->size() == 10);
      CHECK((*ended)[0].ending == "answered");
      CHECK_FALSE(*find_conversation(view, crypto::random_id()));
      done.set_value();
    }));
    REQUIRE(done.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready);
  }
}

TEST_CASE("a group's timeline holds what all of its members wrote") {
  const bool after_crash = GENERATE(false, true);  // the lot is found again from the records
  const Folder folder;
  auto store = must_open(folder.options());
  Traffic traffic(*store);
  Batch batch = traffic.batch(2, 2);
  auto start = traffic.start();
  start.records[0].index = 0;
  for (auto& record : batch.records) ++record.index;
  // The second person's message turns up in the first one's conversation.
  const auto conversation = batch.records[0].conversation;
  batch.records[1].conversation = conversation;
  {
    Running running(*store, lots(false));
    REQUIRE(running.submit(std::move(start)));
    std::vector<core::Row> rows;
    for (auto& row : batch.rows)
      if (auto* made = std::get_if<core::ConversationRow>(&row); made && made->id == conversation) {
        made->number = made->contact_number = 1;
        rows.push_back(row);
      }
    rows.emplace_back(core::IdentityRow{true, core::intern("acme-messenger"), "group", conversation, 1});
    batch.rows = std::move(rows);
    REQUIRE(running.submit(std::move(batch)));
    REQUIRE(running.settle());
    REQUIRE(running.fatal() == "");
    if (after_crash) {
      std::filesystem::copy(folder.options().directory, folder.path() / "crashed");
      std::filesystem::permissions(folder.path() / "crashed", std::filesystem::perms::owner_all);
    }
  }
  if (after_crash) {
    auto options = folder.options();
    options.directory = folder.path() / "crashed";
    store.reset();
    store = must_open(options);
    CHECK(store->shared().pending.lot().size() > 0);
  }
  const auto view = must_view(*store);
  const auto page = conversation_records(*view, conversation, INT64_MAX, 10);
  REQUIRE(page);
  REQUIRE(page->size() == 2);
  CHECK((*page)[0].index == 2);
  CHECK((*page)[1].index == 1);
}

TEST_CASE("repeated events are forgotten after forty days, those without a time never") {
  const Folder folder;
  auto store = must_open(folder.options());
  LotWriter writer(store->log(), store->keys());
  const Micros now = 1'767'225'600'000'000, old = now - LotWriter::kSeenFor;
  Lot lot;
  for (std::int64_t at = 0; at < 3'000; ++at)
    lot.seen.push_back({first_int64(crypto::random_id().bytes), at, at < 1'000 ? old : at < 2'000 ? old + 1 : 0});
  REQUIRE(writer.write(lot, old));
  CHECK(store->log().integer("SELECT count(*) FROM seen") == 3'000);
  REQUIRE(writer.write({{{1, 3'000, kDay}}, {}, {}, 3'000}, now));  // came today, from long ago
  for (std::int64_t slice = 0; slice < LotWriter::kSlices; ++slice) REQUIRE(writer.write({}, now));
  CHECK(store->log().integer("SELECT count(*) FROM seen") == 2'001);
  CHECK(store->log().integer("SELECT count(*) FROM seen WHERE i<1000") == 0);
}
