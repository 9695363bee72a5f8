// SPDX-License-Identifier: Apache-2.0
// What its functions give.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <random>

#include "core/effect.hpp"
#include "core/event.hpp"
#include "samples.hpp"

namespace postern::ctl {
namespace {

namespace json = boost::json;

constexpr std::size_t kLongestText = 500;
const Finding kNoPlatform{Verdict::skip, "it is a handler"}, kNoHandler{Verdict::skip, "it is a platform"};

bool is_platform(const host::Library& library) {
  return library.descriptor().kind == host::Kind::platform;
}

std::string beginning(std::string_view text) {
  return std::string(text.substr(0, 80)) + (text.size() > 80 ? "…" : "");
}

// ---- what a call may give; an empty text: it is well

std::string wrong_with_events(const host::Instance::Given& given) {
  if (!given) return {};
  for (std::size_t i = 0; i < (*given)->size(); ++i) {
    const auto event = core::parse_event(std::string((**given)[i]));
    if (!event) return event.error().what + " in " + beginning((**given)[i]);
  }
  return {};
}

std::string wrong_with_request(const host::Instance::Given& given) {
  if (!given) return "fault: " + given.error().what;
  if ((*given)->size() != 1) return fmt::format("expected one request, found {}", (*given)->size());
  json::error_code code;
  const auto value = json::parse(json::string_view((**given)[0].data(), (**given)[0].size()), code);
  const auto* object = code ? nullptr : value.if_object();
  if (!object) return "the request is no JSON object";
  if (object->contains("cannot")) return {};
  const auto* path = object->if_contains("path");
  if (!path || !path->is_string() || !path->get_string().starts_with('/'))
    return "path: expected a text that begins with /";
  return object->contains("method") ? "" : "method is missing";
}

std::string wrong_with_outcome(const host::Instance::Given& given) {
  if (!given) return "fault: " + given.error().what;
  if ((*given)->size() == 0) return "it gave no outcome";
  json::error_code code;
  const auto value = json::parse(json::string_view((**given)[0].data(), (**given)[0].size()), code);
  const auto* object = code ? nullptr : value.if_object();
  if (!object) return "the outcome is no JSON object";
  if (object->contains("request")) return {};
  constexpr std::array<std::string_view, 6> kOutcomes{"sent", "retry", "failed", "pause", "unclear", "done"};
  const auto* outcome = object->if_contains("outcome");
  const auto* word = outcome ? outcome->if_string() : nullptr;
  if (!word ||
      std::find(kOutcomes.begin(), kOutcomes.end(), std::string_view(word->data(), word->size())) == kOutcomes.end())
    return "outcome: expected sent, retry, failed, pause, unclear or done";
  if (const auto* about = object->if_contains("text");
      about && about->is_string() && about->get_string().size() > kLongestText)
    return "text: longer than 500 bytes";
  return {};
}

std::string wrong_with_effects(const host::Instance::Given& given) {
  if (!given) return "fault: " + given.error().what;
  for (std::size_t i = 0; i < (*given)->size(); ++i) {
    const auto effect = core::parse_effect((**given)[i]);
    if (!effect) return effect.error().what + " in " + beginning((**given)[i]);
  }
  return {};
}

// ---- checks

Finding decodes_cases(const Subject& subject) {
  const auto library = load(subject);
  if (!is_platform(library)) return kNoPlatform;
  const auto webhooks = sample_webhooks(subject);
  if (webhooks.empty()) return {Verdict::skip, "there are no cases (--cases DIR)"};
  auto instance = instance_of(library, subject);
  for (const auto& webhook : webhooks) {
    const auto given = instance.decode(webhook.body, webhook.meta, kSampleTime);
    if (const auto wrong = wrong_with_events(given); !wrong.empty()) return {Verdict::fail, wrong};
  }
  return {Verdict::pass, fmt::format("{} webhooks", webhooks.size())};
}

std::vector<std::string> rubbish(const Subject& subject) {
  std::vector<std::string> all{"",
                               "{",
                               "]",
                               "\xff\xfe\x00",
                               "{\"a\":\"\xc3\x28\"}",
                               std::string(3 << 20, 'a'),
                               std::string(100'000, '['),
                               "{\"object\":\"page\",\"entry\":[",
                               std::string(64, '\0')};
  for (const auto& webhook : sample_webhooks(subject))
    if (webhook.body.size() > 2 && webhook.body.front() == '{')
      all.push_back(webhook.body.substr(0, webhook.body.size() - 1));
  return all;
}

Finding refuses_rubbish(const Subject& subject) {
  const auto library = load(subject);
  if (!is_platform(library)) return kNoPlatform;
  auto instance = instance_of(library, subject);
  for (const auto& body : rubbish(subject)) {
    const auto given = instance.decode(body, R"({"method":"POST","path":"/","query":{},"headers":{}})", kSampleTime);
    if (given && (*given)->size() > 0)
      return {Verdict::fail, "it makes an event of a body that is no document: " + beginning((**given)[0])};
    if (given)
      return {Verdict::fail, fmt::format("it takes {} bytes that are no document without an error", body.size())};
  }
  return {};
}

Finding encodes(const Subject& subject) {
  const auto library = load(subject);
  if (!is_platform(library)) return kNoPlatform;
  auto instance = instance_of(library, subject);
  const auto tasks = sample_tasks(library, subject);
  for (const auto& task : tasks)
    if (const auto wrong = wrong_with_request(instance.encode(task, kSampleTime)); !wrong.empty())
      return {Verdict::fail, wrong + ", for the task " + beginning(task)};
  return {Verdict::pass, fmt::format("{} tasks", tasks.size())};
}

Finding interprets(const Subject& subject) {
  const auto library = load(subject);
  if (!is_platform(library)) return kNoPlatform;
  auto instance = instance_of(library, subject);
  const auto answers = sample_answers(library, subject);
  for (const auto& each : answers) {
    const auto given = instance.interpret(each.task, each.status, each.headers, each.body, kSampleTime);
    if (const auto wrong = wrong_with_outcome(given); !wrong.empty())
      return {Verdict::fail,
              fmt::format("{}, for status {} and the body {}", wrong, each.status, beginning(each.body))};
  }
  return {Verdict::pass, fmt::format("{} answers", answers.size())};
}

Finding handles(const Subject& subject) {
  const auto library = load(subject);
  if (is_platform(library)) return kNoHandler;
  auto instance = instance_of(library, subject);
  for (const auto& each : sample_events()) {
    const auto given = instance.handle(each.event, each.context, "{}", each.turn, kSampleTime);
    if (const auto wrong = wrong_with_effects(given); !wrong.empty())
      return {Verdict::fail, wrong + ", for the event " + beginning(each.event)};
  }
  return {};
}

/// All that the samples give, as one text.
std::string everything(const host::Library& library, host::Instance& instance, const Subject& subject) {
  std::string all;
  if (!is_platform(library)) {
    for (const auto& each : sample_events())
      all += written(instance.handle(each.event, each.context, "{}", each.turn, kSampleTime));
    return all;
  }
  for (const auto& each : sample_webhooks(subject)) all += written(instance.decode(each.body, each.meta, kSampleTime));
  for (const auto& task : sample_tasks(library, subject)) all += written(instance.encode(task, kSampleTime));
  for (const auto& each : sample_answers(library, subject))
    all += written(instance.interpret(each.task, each.status, each.headers, each.body, kSampleTime));
  return all;
}

Finding same_again(const Subject& subject) {
  const auto library = load(subject);
  auto instance = instance_of(library, subject);
  const std::string first = everything(library, instance, subject);
  if (everything(library, instance, subject) != first)
    return {Verdict::fail, "the same inputs gave something else the second time: it keeps something, or asks a clock"};
  return {};
}

Finding nothing_shared(const Subject& subject) {
  const auto library = load(subject);
  auto alone = instance_of(library, subject);
  const std::string expected = everything(library, alone, subject);
  auto other = instance_of(library, subject), another = instance_of(library, subject);
  if (everything(library, other, subject) != expected || everything(library, another, subject) != expected)
    return {Verdict::fail, "what one instance was asked changes what another one says"};
  return {};
}

constexpr std::array kChecks{
    Check{"platform.cases", "decodes its author's cases into events", decodes_cases},
    Check{"platform.rubbish", "refuses what is cut off, huge or no document, without an event", refuses_rubbish},
    Check{"platform.encode", "makes one request of each task that it knows", encodes},
    Check{"platform.interpret", "says of any answer what it means", interprets},
    Check{"handler.effects", "gives effects that can be read", handles},
    Check{"calls.same", "the same input gives the same output", same_again},
    Check{"calls.apart", "two instances share nothing", nothing_shared},
};

/// A sample with some bytes changed, doubled, cut or taken from another one.
std::string mutated(std::string text, const std::string& other, std::mt19937_64& chance) {
  for (auto times = chance() % 4 + 1; times > 0 && !text.empty(); --times) {
    const std::size_t at = chance() % text.size();
    switch (chance() % 5) {
      case 0:
        text[at] = static_cast<char>(chance());
        break;
      case 1:
        text.erase(at, chance() % 16);
        break;
      case 2:
        text.insert(at, text.substr(at, chance() % 32));
        break;
      case 3:
        text.insert(at, std::to_string(static_cast<std::int64_t>(chance())));
        break;
      default:
        if (!other.empty()) text.replace(at, chance() % 32, other.substr(chance() % other.size(), 32));
    }
  }
  return text;
}

}  // namespace

std::span<const Check> checks_of_calls() {
  return kChecks;
}

Finding fuzz(const Subject& subject) {
  const auto library = load(subject);
  auto instance = instance_of(library, subject);
  const auto webhooks = sample_webhooks(subject);
  const auto tasks = is_platform(library) ? sample_tasks(library, subject) : std::vector<std::string>();
  const auto answers = is_platform(library) ? sample_answers(library, subject) : std::vector<Answered>();
  const auto events = sample_events();
  std::mt19937_64 chance(subject.seed);
  const auto end = std::chrono::steady_clock::now() + subject.fuzz;
  const auto any = [&](const auto& list) -> const auto& {
    return list[chance() % list.size()];
  };
  std::uint64_t calls = 0;
  while (std::chrono::steady_clock::now() < end) {
    ++calls;
    std::string wrong;
    if (!is_platform(library)) {
      const auto& event = any(events);
      // What the daemon hands over is an event that it could read.
      const std::string text = mutated(event.event, any(events).event, chance);
      if (!core::parse_event(text)) continue;
      wrong = wrong_with_effects(instance.handle(text, event.context, "{}", event.turn, kSampleTime));
      if (wrong.starts_with("fault:")) wrong.clear();  // a handler may throw
    } else if (const auto what = chance() % 3; what == 0) {
      const std::string body = webhooks.empty() ? mutated("{\"a\":[1,\"b\"]}", "", chance)
                                                : mutated(any(webhooks).body, any(webhooks).body, chance);
      wrong = wrong_with_events(
          instance.decode(body, R"({"method":"POST","path":"/","query":{},"headers":{}})", kSampleTime));
    } else if (!tasks.empty()) {
      const auto& each = any(answers);
      if (what == 1)
        wrong = wrong_with_request(instance.encode(any(tasks), kSampleTime));
      else
        wrong = wrong_with_outcome(instance.interpret(each.task, static_cast<std::uint32_t>(100 + chance() % 500), "{}",
                                                      mutated(each.body, any(answers).body, chance), kSampleTime));
    }
    if (!wrong.empty()) return {Verdict::fail, fmt::format("{} (--seed {}, call {})", wrong, subject.seed, calls)};
  }
  return {Verdict::pass, fmt::format("{} calls, seed {}", calls, subject.seed)};
}

}  // namespace postern::ctl
