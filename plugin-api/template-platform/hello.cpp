// SPDX-License-Identifier: Apache-2.0
#include <postern/platform.hpp>

#include <string>

// A platform whose webhooks bring {"account", "messages": [{"id", "from", "text"}]}. A codec: it has no socket, no
// clock and no secret. The daemon checks signatures, sends requests and puts the token in.
class Hello final : public postern::Platform {
 public:
  static constexpr char facts[] = R"({
    "platform": "hello",
    "base_url": "https://api.example.org",
    "signature": {"scheme": "hmac-sha256", "header": "X-Signature", "encoding": "hex", "signed": "{body}",
                  "secret": "app_secret"},
    "secret_of": "section",
    "handshake": null,
    "credentials": [{"name": "token", "required": true}],
    "traits": {"kinds": ["message"], "attachments": [], "text_unit": "codepoints", "receipts": false, "edit": false,
               "comments": false, "groups": false, "settle": "nothing", "tasks": ["part", "check"], "poll": false,
               "typing": false, "seen": false}
  })";

  static constexpr postern::Option options[] = {
      {"app_secret", postern::secret, postern::required, "What the platform signs its webhooks with."}};

  // One webhook, any number of events. What cannot be understood becomes an event all the same: unknown.
  void decode(const postern::Webhook& webhook, postern::Events& events) override {
    const postern::Node body = webhook.json();
    const std::string account = body["account"].id_if_any();
    if (!body["messages"].is_array()) return static_cast<void>(events.unknown(account, body));
    for (const postern::Node item : body["messages"])
      events.item(account, item, [&] {
        const std::string from = item["from"].id();
        if (from.empty()) throw postern::BadInput("a message from nobody");
        events.add("message").account_key(account).thread(from).sender({.id = from});
        events.key(item["id"].id() + ":message").platform_id(item["id"].id());
        events.user_action(true).text(item["text"].text());
      });
  }

  // One task, one request. The path may hold only what cannot lead out of it: postern::segment() sees to that.
  void encode(const postern::Task& task, postern::Request& request) override {
    if (task.kind() == "check") {
      request.get("/v1/me").bearer().safe();
    } else if (task.kind() == "part" && !task.part().text().empty()) {
      request.post("/v1/people/" + postern::segment(task.thread()) + "/messages").bearer();
      request.json().object().field("text", task.part().text()).end();
    } else {
      request.cannot("task", "this platform sends text alone");
    }
  }

  // What an answer means. Whoever cannot tell says unclear: what is called failed and had arrived is said twice.
  void interpret(const postern::Task& task, const postern::Answer& answer, postern::Outcome& outcome) override {
    if (answer.status() == 401) return outcome.pause("auth", "401", "the token is not valid: issue a new one");
    if (answer.status() == 429) return outcome.retry("rate", "the platform's limit is reached");
    if (answer.status() >= 400 && answer.status() < 500)
      return outcome.failed("invalid", std::to_string(answer.status()), "the platform refuses the request");
    if (!answer.ok()) return outcome.unclear("HTTP " + std::to_string(answer.status()));
    if (task.kind() != "part") return outcome.done();
    const std::string id = answer.json()["id"].id_if_any();
    if (id.empty()) return outcome.unclear("the answer names no message");
    outcome.sent(id);
  }
};
POSTERN_PLATFORM(Hello, "org.example.hello", "1.0.0", "Direct messages of Hello.");
