// SPDX-License-Identifier: Apache-2.0
// What Messenger and Instagram have in common: one webhook engine, one Send API, one list of errors. A plugin derives
// from Graph, says in a Dialect how it differs, and reads its own public events.
#pragma once
#include <postern/comment.hpp>
#include <postern/platform.hpp>

#include <string>
#include <string_view>
#include <utility>

#include "check.hpp"
#include "errors.hpp"
#include "facts.hpp"
#include "listing.hpp"
#include "messaging.hpp"

namespace meta {

struct Dialect {
  std::string_view object;         // of the webhook's envelope
  std::string_view platform;       // among a Page's conversations
  std::string_view site;           // where links without a host belong
  std::string_view version;        // of the API, unless the account's option api_version says another
  std::string_view comment_edge;   // POST /{comment}/<edge> answers below a comment
  std::string_view hide_field;     // of a comment
  std::string_view profile;        // fields of a person
  std::string_view subscriptions;  // fields of the webhook
  std::string_view scopes;         // permissions that the token needs; empty where the API does not tell them
  bool says_type;                  // messaging_type stands in each message, not only beside a tag
  bool quotes;                     // a message can point at the one it answers
  bool names_reactions;            // "love" instead of the emoji
};

class Graph : public postern::Platform {
 public:
  explicit Graph(const Dialect& dialect) : dialect_(dialect) {}

  void decode(const postern::Webhook& webhook, postern::Events& events) final {
    const Node body = webhook.json();
    const bool ours = body["object"].text() == dialect_.object;
    if (!body["entry"].is_array()) events.unknown({}, body);
    for (const Node entry : body["entry"]) {
      const std::string account = entry["id"].id_if_any();
      const bool any = ours && decode_entry(account, entry, events);
      if (!any) events.unknown(account, entry);
    }
  }

  void encode(const postern::Task& task, postern::Request& request) final {
    const std::string root = root_of(task);
    if (task.kind() == "part") return encode_part(task, root, request);
    if (task.kind() == "list") return Listing(task).encode(root, dialect_.platform, request);
    if (task.kind() == "profile") {
      request.get(root + postern::segment(task.sender())).query("fields", dialect_.profile).bearer().safe();
    } else if (task.kind() == "check") {
      request.get(root + "me").query("fields", "id,name").bearer().safe();
    } else if (task.kind() == "subscribe") {
      request.post(root + "me/subscribed_apps").bearer().safe();
      request.json().object().field("subscribed_fields", dialect_.subscriptions).end();
    } else {
      request.cannot("task", "this platform has no task of the kind " + std::string(task.kind()));
    }
  }

  void interpret(const postern::Task& task, const postern::Answer& answer, postern::Outcome& outcome) final {
    const postern::Part part = task.part();
    const bool repeatable = task.kind() != "part";
    if (task.kind() == "check") {
      const std::string root = root_of(task);
      const Check check(task, root, {dialect_.subscriptions, dialect_.scopes});
      if (answer.ok() && answer.json().is_object()) return check.interpret(answer.json(), outcome);
      if (check.forgives()) return check.without(outcome);
    }
    if (!answer.ok()) return interpret_error(find_send_error, answer, repeatable, outcome);
    if (!repeatable) return interpret_sent(answer, part.action().empty(), opens_thread(task), outcome);
    if (!answer.json().is_object()) return outcome.retry("transient", "the answer cannot be read");
    if (task.kind() == "list") return Listing(task).interpret(answer.json(), outcome);
    outcome.done();
    if (task.kind() == "profile") write_profile(answer.json(), outcome);
  }

 protected:
  using Node = postern::Node;

  /// One public event: the field of a change and its value; `time` is the entry's. Throws postern::BadInput.
  virtual void decode_change(std::string_view account, std::string_view field, Node value, Node time,
                             postern::Events& events) = 0;
  /// A public answer to something else than a comment. False: it is a comment.
  virtual bool encode_public(const postern::Task&, const std::string& /*root*/, postern::Request&) { return false; }

 private:
  std::string root_of(const postern::Task& task) const {
    return "/" + postern::segment(task.option("api_version").text(dialect_.version)) + "/";
  }

  /// False if there was nothing in it that has a name.
  bool decode_entry(std::string_view account, Node entry, postern::Events& events) {
    for (const bool standby : {false, true})
      for (const Node item : entry[standby ? "standby" : "messaging"])
        events.item(account, item, [&] { Item(account, dialect_.site, item, standby, events).read(); });
    const auto change = [&](Node each) {
      events.item(account, each,
                  [&] { decode_change(account, each["field"].text(), each["value"], entry["time"], events); });
    };
    for (const Node each : entry["changes"]) change(each);
    if (entry["field"]) change(entry);  // the shape without a list is about as frequent
    return entry["messaging"].is_array() || entry["standby"].is_array() || entry["changes"].is_array() ||
           entry["field"];
  }

  static bool opens_thread(const postern::Task& task) { return !task.is_public() && !task.part().to_comment().empty(); }

  void encode_part(const postern::Task& task, const std::string& root, postern::Request& request) {
    const postern::Part part = task.part();
    if (part.action() == "hide") return encode_hide(part, root, request);
    if (!part.action().empty()) return encode_action(task, root, request);
    if (task.is_public()) return encode_comment(task, root, request);
    encode_message(task, root, request);
  }

  void encode_hide(const postern::Part& part, const std::string& root, postern::Request& request) {
    if (part.to_comment().empty()) return request.cannot("hide", "only a comment can be hidden");
    request.post(root + postern::segment(part.to_comment())).bearer();
    request.json().object().field(dialect_.hide_field, true).end();
  }

  void encode_comment(const postern::Task& task, const std::string& root, postern::Request& request) {
    const postern::Part part = task.part();
    if (part.text().empty()) return request.cannot("attachment", "a public comment can only be answered with text");
    if (encode_public(task, root, request)) return;
    if (part.to_comment().empty()) return request.cannot("comment", "a public answer needs a comment that it is for");
    request.post(root + postern::segment(part.to_comment()) + "/" + std::string(dialect_.comment_edge)).bearer();
    request.json().object().field("message", part.text()).end();
  }

  void encode_action(const postern::Task& task, const std::string& root, postern::Request& request) {
    const postern::Part part = task.part();
    const std::string_view action = part.action();
    const bool reacts = action == "react" || action == "unreact";
    const std::string_view reaction = dialect_.names_reactions ? reaction_name(part.emoji()) : part.emoji();
    if (!reacts && action != "typing" && action != "seen")
      return request.cannot("action", "this platform has no action " + std::string(action));
    if (action == "react" && reaction.empty())
      return request.cannot("emoji", "this platform cannot react with " + std::string(part.emoji()));
    request.post(root + "me/messages").bearer();
    postern::Writer& json = request.json().object().object("recipient").field("id", task.thread()).end();
    json.field("sender_action", action == "typing" ? "typing_on" : action == "seen" ? "mark_seen" : action);
    if (reacts) {
      json.object("payload").field("message_id", part.reply_to());
      if (action == "react") json.field("reaction", reaction);
      json.end();
    }
    json.end();
  }

  void encode_message(const postern::Task& task, const std::string& root, postern::Request& request) {
    const postern::Part part = task.part();
    const std::string_view type = attachment_type(part.attachment()["type"].text());
    if (part.text().empty() && type.empty())
      return request.cannot("attachment",
                            "this platform cannot send a " + std::string(part.attachment()["type"].text("part")));
    request.post(root + "me/messages").bearer();
    postern::Writer& json = request.json().object();
    const bool human = part.tag() == "human_agent";
    if (human)
      json.field("messaging_type", "MESSAGE_TAG").field("tag", "HUMAN_AGENT");
    else if (dialect_.says_type)
      json.field("messaging_type", "RESPONSE");
    json.object("recipient");
    json.field(opens_thread(task) ? "comment_id" : "id", opens_thread(task) ? part.to_comment() : task.thread()).end();
    if (dialect_.quotes && !part.reply_to().empty()) json.object("reply_to").field("mid", part.reply_to()).end();
    json.object("message");
    if (!part.text().empty())
      json.field("text", part.text());
    else
      json.object("attachment")
          .field("type", type)
          .object("payload")
          .field("url", part.attachment()["url"].text())
          .end()
          .end();
    if (part.quick_replies().size() != 0) write_quick_replies(part, json);
    json.field("metadata", task.id()).end().end();  // comes back in the echo, and settles what became of the part
  }

  static void write_quick_replies(const postern::Part& part, postern::Writer& json) {
    json.array("quick_replies");
    for (const Node reply : part.quick_replies())
      json.object()
          .field("content_type", "text")
          .field("title", reply["title"].text())
          .field("payload", reply["payload"].text(reply["title"].text()))
          .end();
    json.end();
  }

  /// Meta has no voice messages and no GIFs of their own; what it has not at all gives nothing.
  static std::string_view attachment_type(std::string_view type) {
    if (type == "voice") return "audio";
    if (type == "gif") return "image";
    return type == "image" || type == "video" || type == "audio" || type == "file" ? type : std::string_view();
  }

  static std::string_view reaction_name(std::string_view emoji) {
    static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
        {"❤", "love"}, {"❤️", "love"}, {"😆", "laugh"}, {"😂", "laugh"}, {"😮", "wow"},
        {"😢", "sad"},  {"😠", "angry"},     {"😡", "angry"}, {"👍", "like"}};
    for (const auto& [sign, name] : kNames)
      if (sign == emoji) return name;
    return {};
  }

  static void write_profile(Node person, postern::Outcome& outcome) {
    std::string name(person["name"].text());
    const std::string_view first = person["first_name"].text(), last = person["last_name"].text();
    if (name.empty()) name.append(first).append(first.empty() || last.empty() ? "" : " ").append(last);
    outcome.profile(
        {.name = name, .first_name = first, .handle = person["username"].text(), .locale = person["locale"].text()});
  }

  const Dialect dialect_;
};

}  // namespace meta
