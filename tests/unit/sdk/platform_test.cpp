// SPDX-License-Identifier: Apache-2.0
// A codec for a made-up platform that uses everything the SDK offers.
#include <postern/fake_host.hpp>
#include <postern/platform.hpp>

#include "catch.hpp"

namespace {

class Probe final : public postern::Platform {
 public:
  static constexpr char facts[] = R"({"platform": "probe"})";

  void decode(const postern::Webhook& webhook, postern::Events& events) override {
    for (const postern::Node item : webhook.json()["items"]) {
      const auto type = item["type"].text();
      if (type == "message") {
        message(webhook, item, events);
      } else if (type == "guarded") {
        events.item(webhook.account(), item, [&] {
          const auto known = [](std::string_view name) { return name == "type" || name == "id"; };
          events.add("message").rest(item, known).key(item["id"].id());
        });
      } else if (type == "dropped") {
        events.add("message").text("half").attach({.type = "image"}).drop();
      } else {
        events.unknown(webhook.account(), item);
      }
    }
  }

  void encode(const postern::Task& task, postern::Request& request) override {
    if (task.part().action() == "hide") return request.cannot("no_hide", "comments cannot be hidden here");
    if (task.kind() == "poll") {
      request.get("/updates").query("after", task.cursor()).query("limit", 100).auth_path().safe().timeout(task.wait());
      return;
    }
    if (task.kind() == "list") {
      request.post("/list").form("page", 2).form("q", "a&b").auth_query("access_token", "app").header("X-A", "b");
      return;
    }
    if (task.kind() == "check") return static_cast<void>(request.json());  // and makes no request line
    request.post("/messages").bearer();
    request.json().object().field("to", task.thread()).field("text", task.part().text()).field("id", task.id()).end();
  }

  void interpret(const postern::Task& task, const postern::Answer& answer, postern::Outcome& outcome) override {
    const auto kind = answer.json()["kind"].text();
    if (!answer.json()) return outcome.unclear("the answer is not JSON");
    if (kind == "sent") return outcome.sent(answer.json()["id"].id());
    if (kind == "slow")
      return outcome.retry("rate", "slow down", std::stoll(std::string(answer.header("retry-after"))));
    if (kind == "window") return outcome.failed("window", "10", std::string(499, 'x') + "\xC3\xA9");
    if (kind == "auth") return outcome.pause("auth", "190", "expired");
    if (kind == "step") {
      outcome.step({{"upload", 7}}).post("/finish").bearer();
    } else if (kind == "poll") {
      outcome.done();
      outcome.events().add("message").thread("t").text("found");
      outcome.cursor("c2");
      outcome.profile({.name = "Rita Silva", .first_name = "Rita"});
    } else if (kind == "twice") {
      outcome.done();
      outcome.done();
    } else if (kind == "early") {
      outcome.cursor("c");
    }
    (void)task;
  }

 private:
  static void message(const postern::Webhook& webhook, postern::Node item, postern::Events& events) {
    const auto id = item["id"].id();
    events.add("message")
        .account_key("acc")
        .thread(item["from"].id())
        .sender({.id = item["from"].id(), .handle = "rita"});
    events.key(id + ":message").platform_id(id).sent_at(item["at"]).text(item["text"].text()).user_action(true);
    events.extra("agent", webhook.header("user-agent")).extra("n", 1);
    for (const postern::Node media : item["media"])
      events.attach(
          {.type = "image", .url = media["url"].text(), .size = media["size"].integer(), .extra = media["more"]});
  }
};
POSTERN_PLATFORM(Probe, "org.example.probe", "0.0.1", "A made-up platform.");

std::string text(const postern::FakeHost::Said& said) {
  std::string all = said.error;
  for (const auto& item : said.items) all += (all.empty() ? "" : "\n") + boost::json::serialize(item);
  return all;
}

}  // namespace

TEST_CASE("decode writes events in order, as the contract has them") {
  postern::FakeHost host;
  const auto said = host.decode(
      R"({"items": [{"type": "message", "id": 17841405822304914, "from": "42", "at": 1767225600001, "text": "hé",
          "media": [{"url": "https://a/1"}, {"url": "https://a/2", "size": 9, "more": {"k": 1}}]},
          {"type": "dropped"}, {"type": "new thing", "id": 9}]})",
      R"({"account": "acme", "headers": {"user-agent": "probe/1"}})");
  CHECK(text(said) ==
        R"({"kind":"message","account_key":"acc","thread":"42","sender":{"id":"42","handle":"rita"},)"
        R"("key":"17841405822304914:message","platform_id":"17841405822304914","sent_at":"2026-01-01T00:00:00.001Z",)"
        R"("text":"hé","user_action":true,"attachments":[{"type":"image","url":"https://a/1"},)"
        R"({"type":"image","url":"https://a/2","size":9,"extra":{"k":1}}],"extra":{"agent":"probe/1","n":1}}
{"kind":"unknown","account_key":"acme","extra":{"raw":{"type":"new thing","id":9}}})");
}

TEST_CASE("a body that cannot be read is an error and no event") {
  postern::FakeHost host;
  for (const std::string body : {"", "{", "\xff\xfe", R"({"items": [{"type": "message", "id": 1.5}]})"}) {
    const auto said = host.decode(body);
    CHECK(said.code == POSTERN_BAD_INPUT);
    CHECK(said.items.empty());
  }
  CHECK(host.decode("{}").ok());
}

TEST_CASE("a bad item of a batch becomes unknown, and costs its neighbours nothing") {
  postern::FakeHost host;
  const auto said = host.decode(R"({"items": [{"type": "guarded", "id": 1, "new": [7]}, {"type": "guarded", "id": {}},
      {"type": "guarded", "id": 2}]})");
  CHECK(text(said) == R"({"kind":"message","key":"1","extra":{"new":[7]}}
{"kind":"unknown","extra":{"raw":{"type":"guarded","id":{}}}}
{"kind":"message","key":"2"})");
}

TEST_CASE("encode writes one request") {
  postern::FakeHost host;
  CHECK(text(host.encode(R"({"task": "ab", "kind": "part", "thread": "42", "part": {"text": "a\"b"}})")) ==
        R"({"method":"POST","path":"/messages","json":{"to":"42","text":"a\"b","id":"ab"},"auth":{"as":"bearer"}})");
  CHECK(text(host.encode(R"({"kind": "poll", "cursor": "c1", "wait": 50})")) ==
        R"({"method":"GET","path":"/updates","query":{"after":"c1","limit":"100"},)"
        R"("auth":{"as":"path"},"safe":true,"timeout":50})");
  CHECK(text(host.encode(R"({"kind": "list"})")) ==
        R"({"method":"POST","path":"/list","headers":{"X-A":"b"},"form":{"page":"2","q":"a&b"},)"
        R"("auth":{"as":"query","name":"access_token","credential":"app"}})");
  CHECK(text(host.encode(R"({"kind": "part", "part": {"action": "hide"}})")) ==
        R"({"cannot":"no_hide","text":"comments cannot be hidden here"})");
  CHECK(text(host.encode(R"({"kind": "check"})")) == "encode() made no request and did not say that it cannot");
}

TEST_CASE("interpret gives one outcome and then what was found") {
  postern::FakeHost host;
  const auto interpret = [&](const char* body) {
    return text(host.interpret("{}", 200, R"({"retry-after": "7"})", body));
  };
  CHECK(interpret(R"({"kind": "sent", "id": 5})") == R"({"outcome":"sent","id":"5"})");
  CHECK(interpret(R"({"kind": "slow"})") == R"({"outcome":"retry","class":"rate","after":7,"text":"slow down"})");
  CHECK(interpret(R"({"kind": "window"})") ==
        R"({"outcome":"failed","class":"window","code":"10","text":")" + std::string(499, 'x') + "\"}");
  CHECK(interpret(R"({"kind": "auth"})") == R"({"outcome":"pause","class":"auth","code":"190","text":"expired"})");
  CHECK(interpret("<html>") == R"({"outcome":"unclear","text":"the answer is not JSON"})");
  CHECK(interpret(R"({"kind": "step"})") ==
        R"({"request":{"method":"POST","path":"/finish","auth":{"as":"bearer"}},"memo":{"upload":7}})");
  CHECK(interpret(R"({"kind": "poll"})") == R"({"outcome":"done"}
{"event":{"kind":"message","thread":"t","text":"found"}}
{"cursor":"c2"}
{"profile":{"name":"Rita Silva","first_name":"Rita"}})");
}

TEST_CASE("an interpret that breaks the order is a fault") {
  postern::FakeHost host;
  const auto interpret = [&](const char* body) { return text(host.interpret("{}", 200, "{}", body)); };
  CHECK(interpret(R"({"kind": "nothing"})") == "interpret() gave no outcome");
  CHECK(interpret(R"({"kind": "twice"})") == "interpret() gave a second outcome");
  CHECK(interpret(R"({"kind": "early"})") == "interpret() gave something found before its outcome");
}
