// SPDX-License-Identifier: Apache-2.0
#include "courier/queue.hpp"

#include "catch.hpp"
#include "unit/courier/client.hpp"

using namespace postern;
using namespace postern::courier;
using namespace postern::test;

namespace {

Errand numbered(std::uint64_t id, const std::string& base_url) {
  auto errand = post(base_url);
  errand.id = id;
  return errand;
}

std::vector<std::uint64_t> take_all(Queue& queue, Micros now, std::size_t host_limit) {
  std::vector<std::uint64_t> ids;
  while (auto next = queue.next(now, host_limit)) ids.push_back(next->errand.id);
  return ids;
}

using Ids = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("hosts take turns and each keeps its order") {
  Queue queue;
  for (std::uint64_t id = 1; id <= 4; ++id) queue.put(numbered(id, "https://a"), 0, 20);
  for (std::uint64_t id = 5; id <= 6; ++id) queue.put(numbered(id, "https://b"), 0, 20);
  CHECK(take_all(queue, 0, 64) == Ids{1, 5, 2, 6, 3, 4});
}

TEST_CASE("a host runs no more than its limit until one has finished") {
  Queue queue;
  for (std::uint64_t id = 1; id <= 4; ++id) queue.put(numbered(id, "https://a"), 0, 20);
  const auto first = queue.next(0, 2);
  REQUIRE(first);
  CHECK(take_all(queue, 0, 2) == Ids{2});
  queue.finished(first->host);
  CHECK(take_all(queue, 0, 2) == Ids{3});
  CHECK(take_all(queue, 0, 3) == Ids{});  // a raised limit counts once something has finished or come
  queue.put(numbered(5, "https://a"), 0, 20);
  CHECK(take_all(queue, 0, 4) == Ids{4, 5});
}

TEST_CASE("long polls have places of their own") {
  Queue queue;
  queue.put(numbered(1, "https://a"), 0, 20);
  auto poll = numbered(2, "https://a");
  poll.request.timeout_s = 60;
  queue.put(std::move(poll), 0, 120);
  CHECK(take_all(queue, 0, 1) == Ids{1, 2});
}

TEST_CASE("what has not begun by half its time is late") {
  Queue queue;
  queue.put(numbered(1, "https://a"), 100, 20);
  queue.put(numbered(2, "https://a"), 105, 20);
  CHECK(queue.late(110).empty());
  CHECK(take_all(queue, 112, 64) == Ids{});  // the first is late, and late() has to take it out
  const auto late = queue.late(112);
  REQUIRE(late.size() == 1);
  CHECK(late[0].id == 1);
  const auto next = queue.next(112, 64);
  REQUIRE(next);
  CHECK(next->errand.id == 2);
  CHECK(next->end_by == 125);
}

TEST_CASE("clear takes all that waits and leaves what runs") {
  Queue queue;
  for (std::uint64_t id = 1; id <= 3; ++id) queue.put(numbered(id, "https://a"), 0, 20);
  const auto running = queue.next(0, 1);
  CHECK(queue.clear().size() == 2);
  queue.finished(running->host);
  CHECK_FALSE(queue.next(0, 1));
}
