// SPDX-License-Identifier: Apache-2.0
#include "platform.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <iterator>

#include "brand.hpp"
#include "core/json_text.hpp"

namespace postern::simulation {
namespace {

namespace json = boost::json;
using core::Attempted;

constexpr std::size_t kListed = 40;  // messages that a listing reaches back

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

Request read(const core::Attempt& attempt) {
  const auto task = json::parse(attempt.task).as_object();
  const auto& part = task.at("part").as_object();
  return {attempt.part,          attempt.attempt,         attempt.account,
          text_of(task, "task"), text_of(task, "thread"), text_of(part, "text")};
}

}  // namespace

// Some of the people write in groups, where the thread is not named after who speaks.
Platform::Platform(World& world, Shell& shell, std::string_view account)
    : world_(world), shell_(shell), account_(account) {
  for (int i = 0; i < 14; ++i) {
    const std::string name = "p" + std::to_string(i);
    people_.push_back({name, (i % 2 == 0 ? "" : "thread-") + name, false});
  }
  for (int i = 0; i < 4; ++i) people_.push_back({"p" + std::to_string(i), "group-" + std::to_string(i / 3), true});
}

void Platform::stir() {
  if (world_.fault(8)) return post_undecodable();
  std::vector<std::string> events;
  Promised promised{account_, {}};
  for (auto left = world_.dice.happens(800) ? 1 : world_.dice.between(2, 4); left > 0; --left)
    events.push_back(event(world_.dice.one_of(people_), promised));
  post(std::move(events), std::move(promised));
}

std::string Platform::probe() {
  Promised promised{account_, {}};
  const std::string key = "probe" + std::to_string(next_++) + ":message";
  post({text_event(world_.dice.one_of(people_), "message", "probe" + std::to_string(next_) + std::string(account_), key,
                   promised)},
       promised);
  return key;
}

std::string Platform::event(Person& person, Promised& promised) {
  const auto what = world_.dice.between(0, 99);
  if (what < 8) return receipt(person);
  if (what == 8) return moved(person, promised);
  const std::string number = std::to_string(next_++);
  const std::string token = "k" + std::string(account_) + "-" + number;
  if (what < 12) {  // somebody of the brand answers in the platform's own application
    std::string out;
    core::JsonObject object(out);
    promised.keys.push_back("app" + number + ":echo");
    object.add("kind", "echo").add("account_key", "key-" + std::string(account_)).add("thread", person.thread);
    object.add("direction", "out").add("key", promised.keys.back()).add("platform_id", "app" + number);
    object.add("from_app", false).add("sent_at", rfc3339(world_.clock.now().wall)).add("text", token).end();
    return out;
  }
  std::string_view kind = "message";
  if (what < 20) kind = "reaction";
  if (what >= 20 && what < 24) kind = "mention";
  if (what >= 24 && what < 28) kind = "edit";
  if (what >= 28 && what < 31) kind = "postback";
  if (what >= 31 && what < 43) kind = "comment";
  return text_event(person, kind, token + " hello", "m" + number + ":" + std::string(kind), promised);
}

std::string Platform::text_event(const Person& person, std::string_view kind, const std::string& text, std::string key,
                                 Promised& promised) {
  std::string out, sender;
  core::JsonObject who(sender);
  who.add("id", person.sender);
  if (world_.dice.happens(300))
    who.add("name", world_.dice.happens(900) ? "Rita " + person.sender : "R. " + person.sender);
  who.end();
  const bool comment = kind == "comment";
  core::JsonObject object(out);
  object.add("kind", kind).add("account_key", "key-" + std::string(account_));
  object.add("thread", comment ? "comment:post1:" + person.sender : person.thread).raw("sender", sender);
  object.add("key", key).add("platform_id", key.substr(0, key.find(':')));
  if (comment) object.add("visibility", "public").raw("comment", "{\"id\":\"c\",\"verb\":\"add\"}");
  if (const Micros at = platform_time(); at > 0) object.add("sent_at", rfc3339(at));
  if (kind == "message" && world_.fault(100))
    object.raw("attachments", R"([{"type":"image","url":"https://files.example/1"}])");
  if (kind == "message" && world_.fault(20))  // it may have expired before it comes
    object.add("expires_at", rfc3339(world_.clock.now().wall + world_.dice.between(-10, 600) * kSecond));
  object.add("text", text).add("user_action", !comment).end();
  promised.keys.push_back(std::move(key));
  return out;
}

std::string Platform::receipt(const Person& person) {
  std::string out, sender;
  core::JsonObject(sender).add("id", person.sender).end();
  core::JsonObject object(out);
  object.add("kind", world_.dice.happens(500) ? "receipt" : "typing")
      .add("account_key", "key-" + std::string(account_));
  object.add("thread", person.thread).raw("sender", sender).end();
  return out;
}

std::string Platform::echo(const std::string& thread, const std::string& part, const std::string& mid) {
  std::string out;
  core::JsonObject object(out);
  object.add("kind", "echo").add("account_key", "key-" + std::string(account_)).add("thread", thread);
  object.add("direction", "out").add("key", mid + ":echo").add("platform_id", mid).add("part", part);
  object.add("from_app", true).add("sent_at", rfc3339(world_.clock.now().wall)).end();
  return out;
}

// The thread gets another name; a webhook under the old one may still be on its way.
std::string Platform::moved(Person& person, Promised& promised) {
  std::string out;
  const std::string number = std::to_string(next_++);
  promised.keys.push_back("v" + number + ":moved");
  core::JsonObject object(out);
  object.add("kind", "moved").add("account_key", "key-" + std::string(account_)).add("thread", person.thread);
  if (!person.group) person.thread = person.sender + "-moved-" + number;
  object.add("moved_to", person.thread).add("key", promised.keys.back());
  object.add("sent_at", rfc3339(world_.clock.now().wall)).end();
  return out;
}

// Mostly now; sometimes long ago, and sometimes the platform gives no time at all.
Micros Platform::platform_time() {
  const Micros wall = world_.clock.now().wall;
  if (!world_.troubled) return wall;
  if (world_.dice.happens(40)) return 0;
  if (world_.dice.happens(120)) return wall - world_.dice.between(0, 40) * kHour;
  return wall - world_.dice.between(0, 3'000) * kMilli;
}

void Platform::post(std::vector<std::string> events, Promised promised) {
  const auto is_message = [](const std::string& text) { return text.find(R"("kind":"message")") != std::string::npos; };
  std::copy_if(events.begin(), events.end(), std::back_inserter(said_), is_message);
  while (said_.size() > kListed) said_.pop_front();
  if (std::all_of(events.begin(), events.end(), is_message) && world_.fault(20))
    return void(++world_.coverage.unposted);  // only a listing tells of them
  const auto webhook = std::make_shared<Webhook>(Webhook{std::move(events), std::move(promised), false, 0});
  world_.schedule.after(world_.dice.between(0, 300) * kMilli, [this, webhook] { deliver(webhook); });
  if (world_.fault(60))
    world_.schedule.after(world_.dice.between(1, 600'000) * kMilli, [this, webhook] {
      webhook->answered = false;
      deliver(webhook);
    });
}

core::Listed Platform::list(const core::List& wanted) const {
  core::Listed listed{wanted.account, {}, {}, {}};
  if (world_.fault(100)) {
    listed.error = "the platform is busy";
    return listed;
  }
  for (const auto& text : said_)
    if (auto event = core::parse_event(text); event && event->sent_at >= wanted.since)
      listed.events.push_back(std::move(*event));
  return listed;
}

void Platform::post_undecodable() {
  const std::string raw = "\xffwhat?" + std::to_string(world_.fault(300) ? 0 : next_++);
  core::Undecodable body{0, "sim", account_, std::make_shared<const std::string>(raw), "decode threw"};
  shell_.receive(std::move(body), [] {});
}

// Again and again until it is answered with 200.
void Platform::deliver(const std::shared_ptr<Webhook>& webhook) {
  ++world_.coverage.webhooks;
  const auto again = [this, webhook] {
    if (webhook->answered) return;
    ++world_.coverage.repeated;
    deliver(webhook);
  };
  if (!shell_.up() || world_.fault(30)) {
    const Micros longest = std::min(16, 2 << std::min(webhook->refused++, 3)) * kSecond;
    return world_.schedule.after(world_.dice.between(kSecond, longest), again);
  }
  webhook->refused = 0;
  core::Arrived arrived;
  arrived.section = "sim";
  if (world_.dice.happens(500)) arrived.account = account_;
  for (const auto& text : webhook->events) {
    auto event = core::parse_event(text);
    if (!event) throw Violation("simulation", "an event is refused: " + event.error().what);
    arrived.events.push_back(std::move(*event));
  }
  shell_.receive(std::move(arrived), [this, webhook] {
    for (auto* each : world_.watching) each->promised(webhook->promised);
    webhook->answered = !world_.fault(30);  // else the 200 is lost on its way
  });
  world_.schedule.after(4 * kSecond, again);
}

void Platform::request(const core::Attempt& attempt) {
  ++world_.coverage.requests;
  const Request request = read(attempt);
  for (auto* each : world_.watching) each->left(request);
  Attempted answer{Attempted::Outcome::sent, attempt.part, attempt.attempt, {}, {}, {}, {}, {}, 0};
  if (world_.fault(4)) refuses_ = true;
  bool arrives = true;
  Micros reply_after = world_.dice.between(20, 400) * kMilli;
  const auto lot = world_.troubled ? world_.dice.between(0, 999) : 999;
  if (refuses_) {
    arrives = false;
    answer.outcome = Attempted::Outcome::pause;
    answer.error_class = "auth";
    ++world_.coverage.pauses;
  } else if (lot < 50) {  // it arrives, or not, and nobody hears which
    arrives = lot < 25;
    answer.outcome = Attempted::Outcome::unclear;
    reply_after = world_.dice.between(500, 10'000) * kMilli;
    ++world_.coverage.unclear;
  } else if (lot < 100) {
    arrives = false;
    answer.outcome = Attempted::Outcome::retry;
    answer.error_class = lot < 75 ? "rate" : "transient";
    answer.after = lot < 75 ? world_.dice.between(1, 30) * kSecond : 0;
    ++world_.coverage.retries;
  } else if (lot < 120) {
    arrives = false;
    answer.outcome = Attempted::Outcome::failed;
    answer.error_class = "invalid";
    answer.code = "10/2018278 \"odd\"";
    ++world_.coverage.failures;
  }
  if (arrives) {
    const Micros transit = answer.outcome == Attempted::Outcome::unclear ? world_.dice.between(10, 5'000) * kMilli
                                                                         : world_.dice.between(10, 1'500) * kMilli;
    under_way_.insert(request.task);
    if (answer.outcome == Attempted::Outcome::sent) reply_after += transit;
    answer.id = "mid-" + request.task + "-" + std::to_string(request.attempt);
    world_.schedule.after(transit, [this, request] { apply(request); });
  }
  if (answer.outcome != Attempted::Outcome::sent) answer.id.clear();
  shell_.later(reply_after, [answer] { return answer; });
}

void Platform::apply(const Request& request) {
  ++world_.coverage.applied;
  under_way_.erase(under_way_.find(request.task));
  shown_.insert(request.task);
  for (auto* each : world_.watching) each->applied(request);
  if (account_ != kEchoes || request.text.empty()) return;
  ++world_.coverage.echoes;
  const std::string mid = "mid-" + request.task + "-" + std::to_string(request.attempt);
  world_.schedule.after(world_.dice.between(1, 8'000) * kMilli, [this, request, mid] {
    post({echo(request.thread, request.task, mid)}, {account_, {}});
  });
}

}  // namespace postern::simulation
