// SPDX-License-Identifier: Apache-2.0
#include <random>

#include "fixture.hpp"
#include "ledger/format/verify.hpp"
#include "ledger/live.hpp"
#include "ledger/query.hpp"

using namespace postern;
using namespace postern::ledger;
using namespace postern::ledger::test;

TEST_CASE("what was committed is there again after a start") {
  const Folder folder;
  std::int64_t last = -1;
  Id conversation;
  {
    auto store = must_open(folder.options());
    Traffic traffic(*store);
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
  CHECK(image.last_boot == "0f3c9a71");
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
  const auto view = must_view(*store);
  const auto found = view->identity("acme-messenger", Lookup::Kind::thread, Traffic::thread(3));
  REQUIRE(found);
  CHECK(found->id == conversation);
  CHECK_FALSE(view->identity("acme-messenger", Lookup::Kind::contact, Traffic::thread(3)));
}

TEST_CASE("rows are written in their last form, and rows alone commit too") {
  const Folder folder;
  auto store = must_open(folder.options());
  Traffic traffic(*store);
  Running running(*store);
  REQUIRE(running.submit(traffic.start()));
  const auto account = core::intern("acme-messenger"), handler = core::intern("stock");
  const auto text = [](const char* json) { return std::make_shared<const std::string>(json); };
  const Id contact = crypto::random_id();

  Batch batch;
  core::ConversationRow row;
  row.number = 0;
  row.id = crypto::random_id();
  row.contact = contact;
  row.account = account;
  row.doc = text(R"({"thread":"t"})");
  batch.rows.emplace_back(row);
  row.doc = nullptr;  // unchanged: the form before it holds
  row.flags = 2;
  batch.rows.emplace_back(row);
  batch.rows.emplace_back(core::TimerRow{-7, 0, handler, "reminder canary", 99, false});
  batch.rows.emplace_back(core::TimerRow{8, 0, handler, "gone", 99, false});
  batch.rows.emplace_back(core::TimerRow{8, 0, handler, "gone", 99, true});
  batch.rows.emplace_back(core::StateRow{-1, handler, "all", {}, text("{\"n\":1}")});
  batch.rows.emplace_back(core::StateRow{5, handler, "contact:" + contact.hex(), contact, text("{\"n\":2}")});
  batch.rows.emplace_back(core::CursorRow{account, "first"});
  batch.rows.emplace_back(core::CursorRow{account, "second"});
  batch.rows.emplace_back(core::AccountRow{account, "token refused", "auth"});
  batch.rows.emplace_back(core::CommandRow{1, 20, "{\"message\":\"new\"}", false});
  batch.rows.emplace_back(core::CommandRow{2, 10, "{\"message\":\"old\"}", false});
  batch.rows.emplace_back(core::CommandRow{3, 5, {}, false});
  batch.rows.emplace_back(core::CommandRow{3, 0, {}, true});
  REQUIRE(running.submit(std::move(batch)));
  REQUIRE(running.settle());
  CHECK(running.last_index() == 0);

  const auto view = must_view(*store);
  const auto conversation = view->rows().conversation(0);
  REQUIRE(conversation);
  CHECK(conversation->flags == 2);
  REQUIRE(conversation->doc);
  CHECK(*conversation->doc == R"({"thread":"t"})");
  REQUIRE(view->rows().timers().size() == 1);
  CHECK(view->rows().timers()[0].id == "reminder canary");
  REQUIRE(view->rows().states({}).size() == 1);
  CHECK(*view->rows().states({})[0].doc == "{\"n\":1}");
  REQUIRE(view->rows().states(contact).size() == 1);
  CHECK(view->rows().states(contact)[0].scope == "contact:" + contact.hex());
  CHECK(view->rows().cursors().at(0).cursor == "second");
  CHECK(view->rows().accounts().at(0).paused == "token refused");
  const auto commands = view->rows().commands();
  REQUIRE(commands.size() == 2);
  CHECK(commands[0].answer == "{\"message\":\"old\"}");
  CHECK(commands[1].key == 1);
  CHECK(view->take_error());
}

// 1,000 in full: POSTERN_FLIPS=1000.
TEST_CASE("nothing is signed that differs from what was hashed") {
  const char* const wanted = std::getenv("POSTERN_FLIPS");
  const int rounds = wanted != nullptr ? std::atoi(wanted) : 50;
  const Folder folder;
  auto options = folder.options();
  std::mt19937_64 random(20261124);
  must_open(options);
  {
    auto store = must_open(options);
    Traffic traffic(*store);
    Running running(*store);
    REQUIRE(running.submit(traffic.start()));
    REQUIRE(running.submit(traffic.batch(5)));
    REQUIRE(running.settle());
  }
  for (int round = 0; round < rounds; ++round) {
    auto store = must_open(options);
    Traffic traffic(*store);
    const auto before = traffic.next();
    WriterOptions writer;
    writer.commit.tamper = [&](std::string& leaves) {
      const auto bit = random() % (leaves.size() * 8);
      leaves[bit / 8] = static_cast<char>(leaves[bit / 8] ^ (1 << bit % 8));
    };
    Running running(*store, writer);
    REQUIRE(running.submit(traffic.batch(5)));
    REQUIRE(running.settle());
    CHECK(running.fatal().find("not signed") != std::string::npos);
    CHECK(record_count(*must_view(*store)) == before);
  }
}

TEST_CASE("key epochs: both keys sign their border, the old seed goes, and a start knows which key is current") {
  const Folder folder;
  const auto directory = folder.options().directory;
  std::string seed;
  for (int start = 0; start < 3; ++start) {
    auto store = must_open(folder.options());
    Traffic traffic(*store);
    Running running(*store);
    if (start == 0) REQUIRE(running.submit(traffic.start()));
    for (int epoch = 0; epoch < 3; ++epoch) {
      REQUIRE(running.submit(traffic.batch(4)));
      REQUIRE(running.submit(traffic.rotate()));
    }
    REQUIRE(running.settle());
    CHECK(running.fatal() == "");
    const auto now = read_file(directory / "sign.key");
    REQUIRE(now);
    CHECK(*now != seed);
    seed = *now;
    CHECK_FALSE(std::filesystem::exists(directory / "sign.key.next"));
  }
  SECTION("all of it verifies") {
    auto store = must_open(folder.options());
    const auto view = must_view(*store);
    auto log = open_live(*view);
    REQUIRE(log);
    Pins pins;
    pins.genesis = store->genesis();
    const auto verdict = verify(**log, pins);
    CHECK(verdict.epochs == 10);
    CHECK(verdict.code() == Code::ok);
  }
  SECTION("a crash between the commit and the renaming is made good") {
    std::filesystem::rename(directory / "sign.key", directory / "sign.key.next");
    // The old key by then: gone, whole, or overwritten in part or wholly.
    const auto* old = GENERATE("", "a", "0", "00");
    const std::size_t zeros = std::string_view(old) == "0" ? 20 : std::string_view(old) == "00" ? 65 : 0;
    if (*old != '\0')
      REQUIRE(write_file(directory / "sign.key", std::string(zeros, '\0') + std::string(65 - zeros, 'a'), 0400));
    must_open(folder.options());
    CHECK(read_file(directory / "sign.key") == seed);
    CHECK_FALSE(std::filesystem::exists(directory / "sign.key.next"));
  }
  SECTION("a next key that was never used is thrown away") {
    REQUIRE(write_file(directory / "sign.key.next", std::string(64, 'b') + "\n", 0400));
    must_open(folder.options());
    CHECK_FALSE(std::filesystem::exists(directory / "sign.key.next"));
    CHECK(read_file(directory / "sign.key") == seed);
  }
}

TEST_CASE("a defective batch is fatal and leaves nothing behind") {
  const Folder folder;
  auto store = must_open(folder.options());
  Traffic traffic(*store);
  Running running(*store);
  auto batch = traffic.start();
  SECTION("a gap in the numbers") {
    batch.records[0].index = 5;
  }
  SECTION("a text that no leaf can hold") {
    batch.records[0].decision = "two words";
  }
  SECTION("a key.rotate that is not the last") {
    batch.records[0].type = "key.rotate";
    auto more = traffic.batch(1);
    batch.records.push_back(more.records[0]);
  }
  REQUIRE(running.submit(std::move(batch)));
  REQUIRE(running.settle());
  CHECK(running.fatal() != "");
  CHECK(record_count(*must_view(*store)) == 0);
}

TEST_CASE("no more than four batches are on their way") {
  const Folder folder;
  auto store = must_open(folder.options());
  Traffic traffic(*store);
  std::mutex gate;
  gate.lock();
  WriterOptions options;
  options.commit.tamper = [&](std::string&) { std::lock_guard wait(gate); };
  Running running(*store, options);
  REQUIRE(running.submit(traffic.start()));
  for (int more = 0; more < 3; ++more) REQUIRE(running.writer().submit(traffic.batch(1)));
  Batch fifth = traffic.batch(1);
  const auto records = fifth.records.size();
  CHECK_FALSE(running.writer().submit(std::move(fifth)));
  CHECK(fifth.records.size() == records);
  gate.unlock();
}

TEST_CASE("spare subjects are made before they run out, and are durable when they are handed out") {
  const Folder folder;
  auto store = must_open(folder.options());
  Traffic traffic(*store);
  Running running(*store);
  REQUIRE(running.submit(traffic.start()));
  std::vector<Id> made;
  for (int batch = 0; batch < 12; ++batch) {
    REQUIRE(running.submit(traffic.batch(30, 10'000)));
    REQUIRE(running.settle());
    auto fresh = running.take_spares();
    traffic.add_spares(fresh);
    if (!fresh.empty()) made = std::move(fresh);
  }
  REQUIRE(made.size() == kSpares);
  auto keys = Database::open((folder.options().directory / "keys.db").string(), Access::read);
  REQUIRE(keys);
  auto count = keys->prepare("SELECT count(*) FROM subject WHERE sid=?");
  for (const auto& id : made) {
    REQUIRE(count.query(id).next());
    CHECK(count.integer(0) == 2);  // of the profile, and of this month
    count.reset();
  }
}
