// SPDX-License-Identifier: Apache-2.0
#include "core/seen.hpp"

#include "catch.hpp"

using namespace postern;
using namespace postern::core;
using Answer = Seen::Answer;

TEST_CASE("what was remembered is known, per account") {
  Seen seen(crypto::Key{1}, 10);
  const auto digest = seen.digest("acme", "m:1");
  CHECK(seen.ask(digest, 5) == Answer::fresh);
  seen.remember(digest, 5);
  CHECK(seen.ask(digest, 5) == Answer::known);
  CHECK(seen.ask(seen.digest("other", "m:1"), 5) == Answer::fresh);
  CHECK(seen.ask(seen.digest("acme", "m:2"), 5) == Answer::fresh);
  CHECK(seen.digest("ac", "mem:1") != seen.digest("acme", "m:1"));
}

TEST_CASE("the oldest by the platform's time is evicted, and only what is as old has to be looked up") {
  Seen seen(crypto::Key{1}, 3);
  for (const Micros at : {30, 10, 20, 40}) seen.remember(seen.digest("a", std::to_string(at)), at);
  CHECK(seen.ask(seen.digest("a", "10"), 10) == Answer::maybe_on_disk);
  CHECK(seen.ask(seen.digest("a", "20"), 20) == Answer::known);
  CHECK(seen.ask(seen.digest("a", "new"), 11) == Answer::fresh);
  CHECK(seen.ask(seen.digest("a", "new"), 10) == Answer::maybe_on_disk);
  seen.remember(seen.digest("a", "5"), 5);  // older than all: it is itself what goes
  CHECK(seen.ask(seen.digest("a", "5"), 5) == Answer::maybe_on_disk);
  CHECK(seen.ask(seen.digest("a", "new"), 11) == Answer::fresh);
}

TEST_CASE("an event without a time counts as older than any, once something was evicted") {
  Seen seen(crypto::Key{1}, 1);
  CHECK(seen.ask(seen.digest("a", "x"), 0) == Answer::fresh);
  seen.remember(seen.digest("a", "1"), 0);
  seen.remember(seen.digest("a", "2"), 0);
  CHECK(seen.ask(seen.digest("a", "1"), 0) == Answer::maybe_on_disk);
}

TEST_CASE("after a start what is known by half a digest is looked up") {
  Seen first(crypto::Key{1}, 10), seen(crypto::Key{1}, 10);
  const auto digest = first.digest("a", "1");
  seen.restore({{digest.look, 0, 100}}, 50);
  CHECK(seen.ask(digest, 100) == Answer::maybe_on_disk);
  CHECK(seen.ask(first.digest("a", "2"), 51) == Answer::fresh);
  CHECK(seen.ask(first.digest("a", "2"), 50) == Answer::maybe_on_disk);
  seen.remember(digest, 100);
  CHECK(seen.ask(digest, 100) == Answer::known);
}
