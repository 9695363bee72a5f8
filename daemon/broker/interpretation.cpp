// SPDX-License-Identifier: Apache-2.0
#include "broker/interpretation.hpp"

#include <boost/json.hpp>

#include "core/time_text.hpp"

namespace postern::broker {
namespace {

namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* string = value ? value->if_string() : nullptr;
  return string ? std::string(string->data(), string->size()) : std::string();
}

constexpr std::size_t kMostText = 500;

Result<core::Attempted> parse_outcome(const json::object& object) {
  using Outcome = core::Attempted::Outcome;
  core::Attempted attempted;
  const std::string word = text_of(object, "outcome");
  if (word == "sent" || word == "done")
    attempted.outcome = Outcome::sent;
  else if (word == "retry")
    attempted.outcome = Outcome::retry;
  else if (word == "failed")
    attempted.outcome = Outcome::failed;
  else if (word == "pause")
    attempted.outcome = Outcome::pause;
  else if (word == "unclear")
    attempted.outcome = Outcome::unclear;
  else
    return failure("outcome: expected sent, retry, failed, pause, unclear or done");
  attempted.error_class = text_of(object, "class");
  attempted.code = text_of(object, "code");
  attempted.text = text_of(object, "text").substr(0, kMostText);
  attempted.id = text_of(object, "id");
  attempted.thread = text_of(object, "thread");
  if (const auto* after = object.if_contains("after")) {
    if (after->is_int64())
      attempted.after = after->get_int64() * kSecond;
    else if (after->is_double())
      attempted.after = static_cast<Micros>(after->get_double() * kSecond);
  }
  attempted.after = std::clamp<Micros>(attempted.after, 0, kDay);
  return attempted;
}

std::vector<std::string> texts_of(const json::object& object, std::string_view name) {
  std::vector<std::string> texts;
  if (const auto* list = object.if_contains(name); list && list->is_array())
    for (const auto& item : list->get_array())
      if (const auto* string = item.if_string())
        texts.push_back(std::string(string->data(), string->size()).substr(0, kMostText));
  return texts;
}

AccountTold account_told(const json::object& object) {
  AccountTold told{text_of(object, "id"), text_of(object, "name"), 0, texts_of(object, "scopes"),
                   texts_of(object, "missing")};
  told.ends = core::parse_rfc3339(text_of(object, "expires_at"));
  return told;
}

}  // namespace

Result<Interpretation> parse_interpretation(std::span<const zmq::message_t> items, Places places) {
  Interpretation all;
  for (const auto& item : items) {
    unsigned char buffer[8192];
    json::monotonic_resource memory(buffer, sizeof buffer);
    json::error_code code;
    const json::value value = json::parse(json::string_view(item.data<char>(), item.size()), code, &memory);
    const auto* object = code ? nullptr : value.if_object();
    if (!object) return failure("interpret: expected JSON objects");
    if (object->contains("outcome")) {
      auto outcome = parse_outcome(*object);
      if (!outcome) return tl::unexpected(outcome.error());
      all.outcome = std::move(*outcome);
    } else if (const auto* event = object->if_contains("event")) {
      auto parsed = core::parse_event(json::serialize(*event));
      if (!parsed) return tl::unexpected(parsed.error());
      all.events.push_back(std::move(*parsed));
    } else if (object->contains("cursor")) {
      all.cursor = text_of(*object, "cursor");
    } else if (const auto* profile = object->if_contains("profile"); profile && profile->is_object()) {
      const auto& found = profile->get_object();
      all.profile = core::Profiled{0, text_of(found, "name"), text_of(found, "first_name"), text_of(found, "handle"),
                                   text_of(found, "locale")};
    } else if (const auto* told = object->if_contains("account"); told && told->is_object()) {
      all.account = account_told(told->get_object());
    } else if (const auto* media = object->if_contains("media")) {
      auto file = parse_file_at(*media);
      if (!file) return tl::unexpected(file.error());
      all.file = std::move(*file);
    } else if (const auto* step = object->if_contains("request")) {
      auto request = parse_request(*step, places);
      if (!request) return tl::unexpected(request.error());
      all.step = std::move(*request);
      if (const auto* memo = object->if_contains("memo")) all.memo = json::serialize(*memo);
    }
  }
  if (!all.outcome && !all.step) return failure("interpret: gave no outcome");
  return all;
}

}  // namespace postern::broker
