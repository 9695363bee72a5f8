// SPDX-License-Identifier: Apache-2.0
// Telegram's Bot API, by webhook or by long poll. The platform to learn from: its API is open, documented and small.
// update.hpp reads what comes in; this file says what the platform is and makes and reads the requests.
#include <postern/platform.hpp>

#include <charconv>
#include <string>
#include <string_view>

#include "update.hpp"

namespace {

using postern::Node;
using postern::Writer;
using telegram::Thread;

/// An attachment's type, and the method and member by which it is sent. A file is named by its address or file_id.
struct Sending {
  std::string_view type, method, member;
};
constexpr Sending kSendings[] = {{"image", "sendPhoto", "photo"},      {"video", "sendVideo", "video"},
                                 {"audio", "sendAudio", "audio"},      {"voice", "sendVoice", "voice"},
                                 {"file", "sendDocument", "document"}, {"gif", "sendAnimation", "animation"},
                                 {"sticker", "sendSticker", "sticker"}};

constexpr std::size_t kMostPayload = 64;  // bytes of a button's callback_data

class Telegram final : public postern::Platform {
 public:
  static constexpr char facts[] = R"({
    "platform": "telegram",
    "base_url": "https://api.telegram.org",
    "signature": {"scheme": "token", "header": "X-Telegram-Bot-Api-Secret-Token", "secret": "secret_token"},
    "secret_of": "account",
    "handshake": null,
    "credentials": [{"name": "token", "required": true}],
    "traits": {"kinds": ["message", "edit", "unsend", "postback", "reaction", "optin", "optout", "member", "moved",
                         "echo", "notice"],
               "attachments": ["image", "video", "audio", "voice", "file", "gif", "sticker", "location"],
               "text_unit": "codepoints", "receipts": false, "edit": false, "comments": false, "groups": true,
               "settle": "nothing", "tasks": ["part", "poll", "profile", "media", "check"], "poll": true, "typing": true,
               "seen": true}
  })";

  static constexpr postern::Option options[] = {
      {"secret_token", postern::secret, postern::absent,
       "What setWebhook was told as secret_token; not needed by an account that polls.", postern::per_account}};

  void decode(const postern::Webhook& webhook, postern::Events& events) override {
    telegram::decode_update(webhook.json(), events);
  }

  void encode(const postern::Task& task, postern::Request& request) override {
    if (task.kind() == "part") return encode_part(task, telegram::parse_thread(task.thread()), request);
    if (task.kind() == "poll") return encode_poll(task, request);
    if (task.kind() == "profile") {
      Writer& json = call("getChat", request.safe()).object();
      write_number(json, "chat_id", task.sender());
      json.end();
    } else if (task.kind() == "media") {
      call("getFile", request.safe()).object().field("file_id", task["attachment"]["id"].text()).end();
    } else if (task.kind() == "check") {
      call("getMe", request.safe()).object().end();
    } else {
      request.cannot("task", "Telegram has no task of the kind " + std::string(task.kind()));
    }
  }

  void interpret(const postern::Task& task, const postern::Answer& answer, postern::Outcome& outcome) override {
    const Node body = answer.json(), result = body["result"];
    if (!body["ok"].boolean()) return interpret_error(task, answer, outcome);
    if (task.kind() == "poll") return interpret_poll(result, outcome);
    if (task.kind() == "profile") return interpret_profile(result, outcome);
    if (task.kind() == "media") return interpret_file(result, outcome);
    if (task.kind() != "part") return outcome.done();
    interpret_sent(task, result, outcome);
  }

 private:
  /// The token stands in the path: the daemon puts it in, and keeps the path out of its logs.
  static Writer& call(std::string_view method, postern::Request& request) {
    return request.post("/bot{token}/" + std::string(method)).auth_path().json();
  }

  /// Ids are integers in the Bot API. What is none, as the name of a channel, stays a string.
  static void write_number(Writer& json, std::string_view name, std::string_view id) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
    if (error == std::errc() && end == id.data() + id.size())
      json.field(name, number);
    else
      json.field(name, id);
  }

  static Writer& begin(std::string_view method, const Thread& thread, postern::Request& request) {
    Writer& json = call(method, request).object();
    write_number(json, "chat_id", thread.chat);
    if (!thread.topic.empty()) write_number(json, "message_thread_id", thread.topic);
    return json.optional("business_connection_id", thread.connection);
  }

  static void encode_part(const postern::Task& task, const Thread& thread, postern::Request& request) {
    const postern::Part part = task.part();
    if (!part.to_comment().empty()) return request.cannot("comment", "Telegram has no public comments");
    if (!part.action().empty()) return encode_action(part, thread, request);
    for (const Node reply : part.quick_replies())
      if (reply["payload"].text(reply["title"].text()).size() > kMostPayload)
        return request.cannot("payload", "a button's payload has at most 64 bytes");
    if (!part.text().empty()) {
      Writer& json = begin("sendMessage", thread, request).field("text", part.text());
      return finish(part, json);
    }
    encode_attachment(part, thread, request);
  }

  static void encode_attachment(const postern::Part& part, const Thread& thread, postern::Request& request) {
    const Node attachment = part.attachment();
    const std::string_view type = attachment["type"].text();
    if (type == "location") {
      Writer& json = begin("sendLocation", thread, request);
      for (const auto name : {"latitude", "longitude"}) json.field(name, degrees(attachment[name].text()));
      return finish(part, json);
    }
    for (const auto& [name, method, member] : kSendings) {
      if (name != type) continue;
      Writer& json = begin(method, thread, request).field(member, attachment["url"].text(attachment["id"].text()));
      return finish(part, json);
    }
    request.cannot("attachment", "Telegram cannot send an attachment of the type " + std::string(type));
  }

  static double degrees(std::string_view text) {
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }

  /// What any message may carry. Each quick reply is a row of its own, since its words may be long.
  static void finish(const postern::Part& part, Writer& json) {
    if (!part.reply_to().empty() && !part.reply_to().starts_with(telegram::kTap)) {
      json.object("reply_parameters");
      write_number(json, "message_id", telegram::message_of(part.reply_to()));
      json.end();
    }
    if (part.quick_replies().size() != 0) {
      json.object("reply_markup").array("inline_keyboard");
      for (const Node reply : part.quick_replies()) {
        const std::string_view title = reply["title"].text();
        json.array().object().field("text", title).field("callback_data", reply["payload"].text(title)).end().end();
      }
      json.end().end();
    }
    json.end();
  }

  static void encode_action(const postern::Part& part, const Thread& thread, postern::Request& request) {
    const std::string_view action = part.action(), message = telegram::message_of(part.reply_to());
    if (action == "typing") {
      begin("sendChatAction", thread, request).field("action", "typing").end();
    } else if (part.reply_to().starts_with(telegram::kTap) && action == "seen") {
      call("answerCallbackQuery", request).object().field("callback_query_id", message).end();
    } else if (part.reply_to().starts_with(telegram::kTap)) {
      request.cannot("action", "a tap on a button can only be seen");
    } else if (action == "seen" && !thread.connection.empty()) {
      Writer& json = begin("readBusinessMessage", thread, request);
      write_number(json, "message_id", message);
      json.end();
    } else if (action == "react" || action == "unreact") {
      Writer& json = call("setMessageReaction", request).object();  // takes neither topic nor connection
      write_number(json, "chat_id", thread.chat);
      write_number(json, "message_id", message);
      json.array("reaction");
      if (action == "react") json.object().field("type", "emoji").field("emoji", part.emoji()).end();
      json.end().end();
    } else {
      request.cannot("action", "Telegram cannot do this here: " + std::string(action));
    }
  }

  /// Asking from the cursor on confirms all before it, so it must be the committed one.
  static void encode_poll(const postern::Task& task, postern::Request& request) {
    Writer& json = call("getUpdates", request.safe().timeout(task.wait() + 10)).object();
    if (!task.cursor().empty()) write_number(json, "offset", task.cursor());
    json.field("timeout", task.wait()).field("limit", 100).array("allowed_updates");
    for (const auto kind : telegram::kUpdates) json.value(kind);
    json.end().end();
  }

  static void interpret_poll(Node updates, postern::Outcome& outcome) {
    outcome.done();
    std::int64_t next = 0;
    for (const Node update : updates) {
      telegram::decode_update(update, outcome.events());
      next = std::max(next, update["update_id"].integer() + 1);
    }
    if (next > 0) outcome.cursor(std::to_string(next));
  }

  static void interpret_profile(Node chat, postern::Outcome& outcome) {
    std::string name(chat["first_name"].text(chat["title"].text()));
    if (const auto last = chat["last_name"].text(); !last.empty()) name.append(" ").append(last);
    outcome.done();
    outcome.profile({.name = name, .first_name = chat["first_name"].text(), .handle = chat["username"].text()});
  }

  /// A file of more than 20 MB has no path. The token stands in the address, so that it is asked for like a method.
  static void interpret_file(Node file, postern::Outcome& outcome) {
    const std::string_view path = file["file_path"].text();
    if (path.empty()) return outcome.failed("gone", {}, "the file has no path: it is too large for bots, or was deleted");
    outcome.done();
    outcome.media().get("/file/bot{token}/" + std::string(path)).auth_path().safe();
  }

  /// A message is named by chat and number; typing and reactions are answered with `true`.
  static void interpret_sent(const postern::Task& task, Node result, postern::Outcome& outcome) {
    const bool action = !task.part().action().empty();
    const std::string chat = result["chat"]["id"].id_if_any(), number = result["message_id"].id_if_any();
    const std::string id = chat.empty() || number.empty() ? "" : chat + ":" + number;
    if (!action && id.empty()) return outcome.unclear("ok, but without the message that was sent");
    outcome.sent(id);
    tell_move(task, outcome);
  }

  static void interpret_error(const postern::Task& task, const postern::Answer& answer, postern::Outcome& outcome) {
    const Node body = answer.json();
    const bool readable = body["error_code"].integer() != 0;
    const std::int64_t code = readable ? body["error_code"].integer() : answer.status();
    const std::string moved_to = body["parameters"]["migrate_to_chat_id"].id_if_any();
    if (task.kind() == "part" && !moved_to.empty() && !task.memo()) return follow_move(task, moved_to, outcome);
    const std::string text =
        "HTTP " + std::to_string(code) + ": " + std::string(body["description"].text("no description"));
    classify(task, answer, readable, code, text, outcome);
    tell_move(task, outcome);
  }

  static void classify(const postern::Task& task, const postern::Answer& answer, bool readable, std::int64_t code,
                       const std::string& text, postern::Outcome& outcome) {
    const std::string number = std::to_string(code);
    if (code == 429) return outcome.retry("rate", text, seconds_to_wait(answer));
    if (readable && (code == 401 || code == 404)) return outcome.pause("auth", number, "the bot's token is not valid");
    if (readable && code == 409)
      return outcome.pause("configuration", number, "a webhook is set, or another program polls, with the same token");
    if (readable && code == 403) return outcome.failed("permission", number, text);
    if (readable && code >= 400 && code < 500)
      return outcome.failed(text.find("chat not found") != text.npos ? "gone" : "invalid", number, text);
    // The bot may have sent it before it failed: there is no key by which a repetition would be recognised.
    if (task.kind() == "part") return outcome.unclear(text);
    outcome.retry("transient", text);
  }

  static std::int64_t seconds_to_wait(const postern::Answer& answer) {
    const std::int64_t told = answer.json()["parameters"]["retry_after"].integer();
    return told > 0 ? told : answer.retry_after();
  }

  /// The group has become a supergroup, and nothing was sent: the same part goes to the new id.
  static void follow_move(const postern::Task& task, const std::string& chat, postern::Outcome& outcome) {
    Thread thread = telegram::parse_thread(task.thread());
    thread.chat = chat;
    encode_part(task, thread, outcome.step({{"moved_to", chat}}));
  }
  static void tell_move(const postern::Task& task, postern::Outcome& outcome) {
    const std::string_view to = task.memo()["moved_to"].text();
    if (to.empty()) return;
    postern::Events& events = outcome.events();
    events.add("moved")
        .thread(task.thread())
        .key("moved:" + std::string(to))
        .field("moved_to", to)
        .field("group", true);
  }
};

}  // namespace

POSTERN_PLATFORM(Telegram, "org.postern.telegram", "1.0.0",
                 "Telegram: private chats, groups and business chats of a bot.");
