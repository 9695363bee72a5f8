// SPDX-License-Identifier: Apache-2.0
// How fast history is judged again: replay_bench FOLDER KEK_FILE NAME [--check], over a ledger that postern-fill has
// made. Shows the rate by the clock and by the processor's time; --check fails below 50,000 decisions a second of the
// latter, which does not depend on what else the machine does.
#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "control/pack_json.hpp"
#include "control/replaying.hpp"
#include "store.hpp"

using namespace postern;
using namespace postern::ledger;

namespace {

using List = std::vector<std::string>;

std::string params() {
  core::policy::PackData pack;
  pack.platform = "messenger";
  pack.add("stop", "msgr.stop", {{"author", List{"bot", "campaign"}}})
      .add("window", "msgr.window", {{"author", List{"bot"}}, {"length", 24 * kHour}})
      .add("text", "msgr.text", {{"max", 2'000}, {"split", 1}})
      .add("attachments", "msgr.attachments", {{"types", List{"image"}}})
      .add("rate", "msgr.rate", {{"count", 200}, {"per", kSecond}});
  return R"({"pack":)" + control::pack_json(pack) + "}";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) std::fputs("usage: replay_bench FOLDER KEK_FILE NAME [--check]\n", stderr), exit(64);
  const auto store = bench::open_store(argv[1], argv[2], argv[3]);
  auto view = store->open_view();
  if (!view) std::fprintf(stderr, "%s\n", text(view.error()).c_str()), exit(74);

  core::Reply answer;
  const auto begin = std::chrono::steady_clock::now();
  const std::clock_t worked = std::clock();
  auto run = control::Replaying::begin(**view, {1, "policy.replay", params()}, {}, answer);
  if (!run) std::fprintf(stderr, "%s\n", answer.json.c_str()), exit(70);
  while (!run->stride(**view)) {
  }
  answer = run->answer();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const double cpu = static_cast<double>(std::clock() - worked) / CLOCKS_PER_SEC;
  const auto report = boost::json::parse(answer.json).as_object();
  const auto decisions = static_cast<double>(report.at("decisions").as_int64());
  std::printf("%.0f decisions of %lld records: %.0f/s by the clock, %.0f/s of the processor's time; %lld differ\n",
              decisions, static_cast<long long>(report.at("records").as_int64()), decisions / took.count(),
              decisions / cpu, static_cast<long long>(report.at("differ").as_int64()));
  return std::strcmp(argv[argc - 1], "--check") == 0 && decisions / cpu < 50'000 ? 1 : 0;
}
