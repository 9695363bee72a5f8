// SPDX-License-Identifier: Apache-2.0
#include "core/event.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "core/time_text.hpp"

namespace postern::core {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 26> kKinds = {
    "message",  "comment", "mention", "reaction", "receipt", "typing",   "postback", "edit",   "unsend",
    "request",  "optin",   "optout",  "follow",   "like",    "referral", "echo",     "member", "moved",
    "handover", "notice",  "timer",   "fetched",  "command", "sent",     "failed",   "unknown"};

class Reader {
 public:
  explicit Reader(const json::object& object, std::string_view path = {}) : object_(object), path_(path) {}

  /// Leaves `to` as it is where the field is absent or null.
  void text(std::string_view name, std::string& to) {
    const auto* value = find(name);
    if (!value) return;
    if (const auto* string = value->if_string())
      to.assign(string->data(), string->size());
    else
      wrong(name, "a string");
  }
  std::string_view word(std::string_view name) {
    const auto* value = find(name);
    if (!value) return {};
    if (const auto* string = value->if_string()) return {string->data(), string->size()};
    wrong(name, "a string");
    return {};
  }
  void flag(std::string_view name, bool& to) {
    const auto* value = find(name);
    if (!value) return;
    if (const auto* flag = value->if_bool())
      to = *flag;
    else
      wrong(name, "true or false");
  }
  const json::object* object(std::string_view name) {
    const auto* value = find(name);
    if (!value) return nullptr;
    if (const auto* object = value->if_object()) return object;
    wrong(name, "an object");
    return nullptr;
  }
  const std::string& error() const { return error_; }
  void wrong(std::string_view name, std::string_view expected) {
    if (error_.empty())
      error_ = "event field " + std::string(path_) + std::string(name) + ": expected " + std::string(expected);
  }

 private:
  const json::value* find(std::string_view name) {
    const auto* value = object_.if_contains(name);
    return value && !value->is_null() ? value : nullptr;
  }
  const json::object& object_;
  std::string_view path_;
  std::string error_;
};

bool is_file(std::string_view type) {
  constexpr std::array<std::string_view, 7> kFiles = {"image", "video", "audio", "voice", "sticker", "gif", "file"};
  return std::find(kFiles.begin(), kFiles.end(), type) != kFiles.end();
}

// What breaks the schema here is passed over: an attachment is for people, the broker only fetches what it understands.
void read_files(const json::object& event, std::vector<FileElsewhere>& files) {
  const auto* value = event.if_contains("attachments");
  const auto* list = value ? value->if_array() : nullptr;
  if (!list) return;
  const auto most = std::min<std::size_t>(list->size(), kMostFiles);
  for (std::size_t place = 0; place < most; ++place) {
    const auto* attachment = (*list)[place].if_object();
    if (!attachment) continue;
    Reader read(*attachment);
    FileElsewhere file{
        static_cast<std::int64_t>(place), std::string(read.word("type")), std::string(read.word("url")), {}};
    if (!is_file(file.type) || (file.url.empty() && read.word("id").empty())) continue;
    if (file.url.empty()) file.json = json::serialize(*attachment);
    files.push_back(std::move(file));
  }
}

}  // namespace

std::string_view name(Kind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}

bool parse(std::string_view word, Kind& kind) {
  for (std::size_t i = 0; i < kKinds.size(); ++i)
    if (kKinds[i] == word) {
      kind = static_cast<Kind>(i);
      return true;
    }
  return false;
}

Result<Event> parse_event(std::string text) {
  unsigned char buffer[8192];
  json::monotonic_resource memory(buffer, sizeof buffer);
  json::error_code code;
  const json::value value = json::parse(text, code, &memory);
  if (code) return failure("event is no JSON: " + code.message());
  const auto* object = value.if_object();
  if (!object) return failure("event: expected an object");

  Event event;
  Reader read(*object);
  if (const auto kind = read.word("kind"); !parse(kind, event.kind))
    read.wrong("kind", "one of the kinds of event.schema.json");
  event.public_ = read.word("visibility") == "public";
  event.outgoing = read.word("direction") == "out" || event.kind == Kind::echo;
  read.flag("user_action", event.user_action);
  read.flag("from_app", event.from_app);
  read.flag("standby", event.standby);
  read.flag("group", event.group);
  read.text("account_key", event.account_key);
  read.text("thread", event.thread);
  read.text("key", event.key);
  read.text("platform_id", event.platform_id);
  read.text("part", event.part);
  read.text("moved_to", event.moved_to);
  read.text("change", event.change);
  read.text("locale", event.locale);
  event.sent_at = parse_rfc3339(read.word("sent_at"));
  event.expires_at = parse_rfc3339(read.word("expires_at"));
  read_files(*object, event.files);
  if (event.kind == Kind::message || event.kind == Kind::comment) read.text("text", event.said);
  if (event.kind == Kind::optin || event.kind == Kind::optout) read.text("purpose", event.purpose);
  if (event.kind == Kind::follow || event.kind == Kind::like) read.flag("undone", event.undone);
  if (const auto* people = object->if_contains("participants"); people != nullptr && people->is_array())
    event.participants = static_cast<std::int64_t>(people->get_array().size());
  if (const auto* sender = read.object("sender")) {
    Reader inner(*sender, "sender.");
    inner.text("id", event.sender);
    inner.text("name", event.sender_name);
    if (!inner.error().empty()) return failure(inner.error());
  }
  if (const auto* receipt = read.object("receipt")) {
    Reader inner(*receipt, "receipt.");
    event.failed = event.kind == Kind::receipt && inner.word("type") == "failed";
    if (!inner.error().empty()) return failure(inner.error());
  }
  if (const auto* why = read.object("failure")) {
    Reader inner(*why, "failure.");
    inner.text("class", event.failure.error_class);
    inner.text("code", event.failure.code);
    inner.text("text", event.failure.text);
    if (!inner.error().empty()) return failure(inner.error());
  }
  if (const auto* comment = read.object("comment")) {
    Reader inner(*comment, "comment.");
    inner.text("verb", event.comment_verb);
    if (!inner.error().empty()) return failure(inner.error());
  }
  if (event.thread.empty() && event.kind != Kind::notice && event.kind != Kind::unknown)
    read.wrong("thread", "the platform's name of the thread");
  if (!read.error().empty()) return failure(read.error());
  event.text = std::make_shared<const std::string>(std::move(text));
  return event;
}

}  // namespace postern::core
