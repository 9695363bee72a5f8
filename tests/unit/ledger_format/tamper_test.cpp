// SPDX-License-Identifier: Apache-2.0
// What somebody may do to a ledger, on ledgers made for the purpose: nothing of it may pass, and nothing clean may
// fail.
#include <algorithm>
#include <cstdlib>

#include "catch.hpp"
#include "random_log.hpp"
#include "vectors.hpp"

using namespace postern;
using namespace postern::ledger;
using test::MadeLog;

namespace {

/// Three epochs, 64 records, the last of them an erasure or not.
std::unique_ptr<MadeLog> small_log(unsigned seed = 1) {
  auto log = std::make_unique<MadeLog>(seed);
  for (int round = 0; round < 3; ++round) {
    for (int message = 0; message < 10; ++message) log->add_message(static_cast<std::size_t>(message) * 13);
    log->add("audit.heartbeat");
    log->keep();
    for (int message = 0; message < 9; ++message) log->add_message();
    if (round < 2) log->rotate();
  }
  log->add("audit.stop");
  log->sign();
  return log;
}

bool passes(const MadeLog& log, const Pins& pins) {
  const auto code = test::verify(log, pins).code();
  return code == Code::ok || code == Code::erased;
}

}  // namespace

TEST_CASE("clean ledgers of every size verify") {
  for (int size = 1; size <= 300; ++size) {
    MadeLog log(static_cast<unsigned>(size));
    for (int i = 1; i < size; ++i) {
      if (i % 37 == 0) {
        log.rotate();
      } else if (i % 5 == 0) {
        log.add("audit.heartbeat");
      } else {
        log.add_message();
      }
    }
    if (log.checkpoint.empty() || size % 37 != 1) log.sign();
    const auto verdict = test::verify(log, log.pins());
    INFO(size << (verdict.findings.empty() ? "" : verdict.findings[0].where + " " + verdict.findings[0].what));
    CHECK(verdict.code() == Code::ok);
    CHECK(verdict.leaves == static_cast<std::uint64_t>(size));
  }
}

// 10,000 in full: POSTERN_CLEAN_RUNS=10000.
TEST_CASE(
    "no false alarm: clean ledgers with whatever may happen in one verify, and each step of the clock is listed") {
  const char* const wanted = std::getenv("POSTERN_CLEAN_RUNS");
  const int runs = wanted != nullptr ? std::atoi(wanted) : 500;
  for (int seed = 1; seed <= runs; ++seed) {
    const auto log = test::random_log(static_cast<unsigned>(seed), static_cast<std::size_t>(1 + seed * 37 % 400));
    const auto verdict = test::verify(*log, log->pins());
    INFO(seed << (verdict.findings.empty() ? "" : verdict.findings[0].where + " " + verdict.findings[0].what));
    REQUIRE((verdict.code() == Code::ok || verdict.code() == Code::erased));
    CHECK(verdict.steps.size() ==
          static_cast<std::size_t>(std::count_if(log->leaves.begin(), log->leaves.end(), [](const auto& leaf) {
            return leaf.find("clock.step") != leaf.npos;
          })));
  }
}

TEST_CASE("no flipped bit of any note passes") {
  auto log = small_log();
  const auto pins = log->pins();
  REQUIRE(passes(*log, pins));
  const auto check = [&](std::string& note) {
    for (std::size_t bit = 0; bit < note.size() * 8; ++bit) {
      note[bit / 8] = static_cast<char>(note[bit / 8] ^ 1 << bit % 8);
      CHECK_FALSE(passes(*log, pins));
      note[bit / 8] = static_cast<char>(note[bit / 8] ^ 1 << bit % 8);
    }
  };
  check(log->checkpoint);
  check(log->kept.at(22));  // ends an epoch, two signatures
}

TEST_CASE("no flipped bit of a leaf or a body passes") {
  auto log = small_log();
  const auto pins = log->pins();
  std::size_t tried = 0;
  const auto check = [&](auto& bytes, std::size_t stride) {
    for (std::size_t bit = tried % stride; bit < bytes.size() * 8; bit += stride, ++tried) {
      bytes[bit / 8] ^= static_cast<char>(1 << bit % 8);
      CHECK(test::verify(*log, pins).code() == Code::tampered);
      bytes[bit / 8] ^= static_cast<char>(1 << bit % 8);
    }
  };
  for (auto& leaf : log->leaves) check(leaf, 31);
  for (auto& blob : log->blobs)
    if (blob) check(*blob, 97);
  CHECK(tried > 5000);
  CHECK(passes(*log, pins));
}

TEST_CASE("no deletion, insertion, exchange, copy or move of records passes") {
  const auto clean = small_log();
  const auto pins = clean->pins();
  const auto size = clean->leaves.size();
  const auto place = [](auto& list, std::size_t at) { return list.begin() + static_cast<std::ptrdiff_t>(at); };
  const auto spoiled = [&](const auto& change) {
    auto log = small_log();
    change(log->leaves);
    change(log->blobs);
    return !passes(*log, pins);
  };
  for (std::size_t at = 0; at < size; ++at) {
    const auto other = (at * 7 + 3) % size;
    CHECK(spoiled([&](auto& list) { list.erase(place(list, at)); }));
    CHECK(spoiled([&](auto& list) { list.resize(at); }));
    CHECK(spoiled([&](auto& list) {
      auto copy = list[other];
      list.insert(place(list, at), std::move(copy));
    }));
    if (at != other) CHECK(spoiled([&](auto& list) { std::swap(list[at], list[other]); }));
    if (at != other) CHECK(spoiled([&](auto& list) { list[at] = list[other]; }));
    auto log = small_log();
    if (!log->blobs[at]) continue;
    log->blobs[at].reset();
    CHECK(test::verify(*log, pins).code() == Code::incomplete);
  }
}

TEST_CASE("a shredded body needs a later leaf that covers it") {
  auto log = small_log();
  log->erase(3);
  log->purge(5, 9);
  log->sign();
  auto verdict = test::verify(*log, log->pins());
  CHECK(verdict.code() == Code::erased);
  CHECK(verdict.shredded == 5);
  CHECK(verdict.intact == 57 - 5);

  // The same subject's body after the erasure is not covered, nor is one outside of the range.
  log->blobs[9].reset();
  verdict = test::verify(*log, log->pins());
  CHECK(verdict.code() == Code::incomplete);
  CHECK(verdict.missing == 1);
}

TEST_CASE("who has today's key cannot rewrite an epoch that is over") {
  const auto altered = [] {
    auto log = small_log();
    auto& leaf = log->leaves[4];
    leaf.replace(leaf.find("telegram"), 8, "whatsapp");
    return log;
  };
  auto thief = altered();
  const auto pins = thief->pins();
  thief->sign();
  CHECK(test::verify(*thief, pins).code() == Code::tampered);

  // Dropping what contradicts him leaves the epochs without an end.
  thief->kept.clear();
  CHECK(test::verify(*thief, pins).code() == Code::incomplete);

  // Ending them himself lacks the old key.
  for (const std::uint64_t end : {22, 43})
    thief->kept[end] =
        make_checkpoint(checkpoint_body(MadeLog::kOrigin, end, thief->root_at(end)), {thief->keys.back().get()});
  CHECK(test::verify(*thief, pins).code() == Code::tampered);  // the last key signed before its epoch
}

TEST_CASE("a cut back or forked ledger is seen by who kept one checkpoint") {
  const auto full = small_log();
  auto pins = full->pins();
  pins.external.push_back(parse_note(full->kept.at(54)).value());
  CHECK(passes(*full, pins));

  MadeLog cut(1);  // the same seed makes the same ledger, only shorter
  for (int message = 0; message < 10; ++message) cut.add_message(static_cast<std::size_t>(message) * 13);
  cut.add("audit.heartbeat");
  cut.keep();
  CHECK(passes(cut, full->pins()));
  CHECK(test::verify(cut, pins).code() == Code::tampered);
}

TEST_CASE("365 rotations verify from the genesis key within a second") {
  MadeLog log;
  for (int day = 0; day < 365; ++day) {
    log.add_message();
    log.rotate();
  }
  const auto begin = test::cpu_seconds();
  const auto verdict = test::verify(log, log.pins());
  CHECK(test::cpu_seconds() - begin < 1.0);
  CHECK(verdict.code() == Code::ok);
  CHECK(verdict.epochs == 366);
}

TEST_CASE("verifying costs little", "[.bench]") {
  MadeLog log;
  for (int i = 0; i < 200'000; ++i) {
    if (i % 3 == 0)
      log.add_message(600);
    else
      log.add("audit.heartbeat");
  }
  log.sign();
  const auto begin = test::cpu_seconds();
  CHECK(test::verify(log, log.pins()).code() == Code::ok);
  WARN("a record: " << (test::cpu_seconds() - begin) * 1e6 / 200'000 << " us");
}
