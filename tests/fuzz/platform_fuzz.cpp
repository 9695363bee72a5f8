// SPDX-License-Identifier: Apache-2.0
// Whatever bytes a platform, or who pretends to be one, puts into a webhook or an answer: the codec that is linked in
// either refuses them or gives events with a kind. It never faults, and the same bytes give the same events.
#include <postern/fake_host.hpp>

#include <cstdlib>
#include <string_view>

namespace {

using postern::FakeHost;
using postern::Node;

constexpr std::string_view kPart =
    R"({"task": "0", "kind": "part", "account": "a", "thread": "-1:2", "part": {"text": "x"}})";
constexpr std::string_view kPoll = R"({"task": "0", "kind": "poll", "account": "a", "cursor": "5", "wait": 0})";
constexpr std::string_view kProfile = R"({"task": "0", "kind": "profile", "account": "a", "sender": "1"})";
constexpr std::string_view kMedia = R"({"task": "0", "kind": "media", "account": "a", "media": {"id": "1"}})";
constexpr std::string_view kSubscribe = R"({"task": "0", "kind": "subscribe", "account": "a"})";
constexpr std::string_view kCheck = R"({"task": "0", "kind": "check", "account": "a", "account_key": "1"})";
constexpr std::string_view kList = R"({"task": "0", "kind": "list", "account": "a", "thread": "1:2"})";

void require(bool holds) {
  if (!holds) std::abort();
}

void check_events(const FakeHost::Said& said) {
  require(said.ok() || said.code == POSTERN_BAD_INPUT);
  for (const auto& event : said.items) {
    const auto kind = Node(event)["kind"].text();
    require(!kind.empty());
    require(kind == "unknown" || kind == "notice" || !Node(event)["thread"].text().empty());
  }
}

void check_outcome(const FakeHost::Said& said) {
  require(said.ok());
  require(!said.items.empty());
  const Node first(said.items.front());
  require(!first["outcome"].text().empty() || first["request"]);
}

/// Every secret that the plugin may have is there.
std::string config() {
  const postern_plugin& plugin = *postern_plugin_v1();
  boost::json::object config;
  for (std::uint32_t i = 0; i < plugin.option_count; ++i) {
    const char* at = reinterpret_cast<const char*>(plugin.options) + std::size_t{i} * plugin.option_stride;
    const auto& option = *reinterpret_cast<const postern_option*>(at);
    if (option.type == POSTERN_SECRET) config[option.name] = true;
  }
  return boost::json::serialize(config);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static FakeHost host(config());
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto events = host.decode(bytes);
  check_events(events);
  require(host.decode(bytes).items == events.items);
  for (const auto task : {kPart, kPoll, kProfile, kMedia, kSubscribe, kCheck, kList})
    for (const std::uint32_t status : {200u, 400u, 429u, 503u})
      check_outcome(host.interpret(task, status, "{}", bytes));
  return 0;
}
