// SPDX-License-Identifier: Apache-2.0
// Every effect that the SDK offers, and what becomes of an author's mistakes.
#include <postern/fake_host.hpp>
#include <postern/handler.hpp>

#include "catch.hpp"

namespace {

class Probe final : public postern::Handler {
 public:
  static constexpr char facts[] = R"({"scope": "contact", "needs": ["profile"]})";

  Probe(const postern::Config&, const postern::Log& log) : log_(log) { log_.info("ready"); }

 private:
  postern::Flow handle(const postern::Event& event, postern::Turn& turn) override {
    if (event.text() == "throw") throw std::runtime_error("the author's words");
    if (event.text() == "throw a number") throw 7;
    if (event.text() == "half") {
      turn.state().set("lost", true);
      turn.reply("never seen");
      throw std::runtime_error("after a reply");
    }
    if (event.text() == "who") return who(turn);
    return everything(event, turn);
  }

  static postern::Flow who(postern::Turn& turn) {
    const auto context = turn.context();
    turn.note(std::string(context.first_name()) + (context.first() ? " first" : "") +
              (context.has_tag("vip") ? " vip" : "") + " " + std::string(context.attribute("city")) +
              (turn.replied() ? " replied" : "") + " " + std::to_string(turn.attempt()) + " " +
              postern::time_text(turn.now()));
    return postern::next;
  }

  static postern::Flow everything(const postern::Event& event, postern::Turn& turn) {
    turn.reply("Which?", {.attachments = {{"image", "https://example.org/a.png"}},
                          .quick_replies = {{"A", "a"}, {"B", "b"}},
                          .ack = true,
                          .reply_to = event.platform_id()});
    turn.comment_reply("thanks");
    turn.private_reply("psst");
    turn.send("00112233445566778899aabbccddeeff", "you too");
    turn.typing();
    turn.seen();
    turn.react("\xE2\x9D\xA4");
    turn.hide();
    turn.note("n");
    turn.tag("vip");
    turn.untag("new");
    turn.set("order", "7");
    turn.set_contact("city", "Lisbon");
    turn.assign("desk");
    turn.release();
    turn.priority(2);
    turn.escalate("angry");
    turn.close("done");
    turn.reopen();
    turn.notify("look");
    turn.schedule("later", std::chrono::minutes(1));
    turn.schedule_at("then", turn.now());
    turn.cancel("later");
    turn.effect({{"effect", "fetch"}, {"url", "https://example.org/"}});
    turn.state().set("seen", std::string("x"));
    turn.state().set("n", 3);
    return postern::stop;
  }

  postern::Log log_;
};
POSTERN_HANDLER(Probe, "org.example.probe", "0.0.1", "Does everything once.");

}  // namespace

TEST_CASE("each effect is written as the contract has it") {
  postern::FakeHost host;
  CHECK(host.logged == std::vector<std::string>{"ready"});
  const auto said = host.handle(R"({"kind": "message", "text": "all", "platform_id": "m_1"})");
  REQUIRE(said.ok());
  std::string all;
  for (const auto& item : said.items) all += boost::json::serialize(item) + "\n";
  CHECK(all ==
        R"({"effect":"reply","text":"Which?","attachments":[{"type":"image","url":"https://example.org/a.png"}],)"
        R"("quick_replies":[{"title":"A","payload":"a"},{"title":"B","payload":"b"}],"ack":true,"reply_to":"m_1"}
{"effect":"comment_reply","text":"thanks"}
{"effect":"private_reply","text":"psst"}
{"effect":"send","conversation":"00112233445566778899aabbccddeeff","text":"you too"}
{"effect":"typing"}
{"effect":"seen"}
{"effect":"react","emoji":"❤"}
{"effect":"hide"}
{"effect":"note","text":"n"}
{"effect":"tag","tag":"vip"}
{"effect":"untag","tag":"new"}
{"effect":"set","scope":"conversation","name":"order","value":"7"}
{"effect":"set","scope":"contact","name":"city","value":"Lisbon"}
{"effect":"assign","to":"desk"}
{"effect":"release"}
{"effect":"priority","value":2}
{"effect":"escalate","reason":"angry"}
{"effect":"close","reason":"done"}
{"effect":"reopen"}
{"effect":"notify","text":"look"}
{"effect":"schedule","id":"later","in":60}
{"effect":"schedule","id":"then","at":"2026-01-01T00:00:00.000Z"}
{"effect":"cancel","id":"later"}
{"effect":"fetch","url":"https://example.org/"}
{"effect":"state","value":{"seen":"x","n":3}}
)");
}

TEST_CASE("context and turn are read") {
  postern::FakeHost host;
  const auto said =
      host.handle(R"({"kind": "message", "text": "who"})",
                  R"({"first_name": "Rita", "first": true, "tags": ["x", "vip"], "attributes": {"city": "Porto"}})",
                  R"({"replied": true, "attempt": 2})");
  REQUIRE(said.items.size() == 1);
  CHECK(said.items[0].at("text") == "Rita first vip Porto replied 2 2026-01-01T00:00:00.000Z");
}

TEST_CASE("what an author throws is a fault with its text, and nothing else") {
  postern::FakeHost host;
  const auto thrown = host.handle(R"({"text": "throw"})");
  CHECK(thrown.code == POSTERN_FAULT);
  CHECK(thrown.error == "the author's words");
  CHECK(host.handle(R"({"text": "throw a number"})").error == "threw something that is not a std::exception");
  const auto half = host.handle(R"({"text": "half"})");
  CHECK(half.items.empty());
  CHECK(host.state == "{}");
  CHECK(host.handle(R"({"text": "all"})").ok());  // and the instance is none the worse for it
}

TEST_CASE("an event that is not JSON is an error") {
  postern::FakeHost host;
  CHECK(host.handle("{").code == POSTERN_BAD_INPUT);
}
