// SPDX-License-Identifier: Apache-2.0
// Parts as messages of the Cloud API.
#pragma once
#include <postern/request.hpp>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "recipient.hpp"

namespace whatsapp {

inline constexpr std::size_t kMostButtons = 3, kMostRows = 10;           // more than three choices are a list
inline constexpr std::size_t kLongestButton = 20, kLongestRow = 24;      // of a title, characters
inline constexpr std::size_t kLongestChoice = 256, kLongestBody = 1024;  // of a choice's id, bytes; of the text above

/// An attachment's type, what the API calls it, and which of its members takes the title ("": none).
struct Sending {
  std::string_view type, name, title;
};
inline constexpr Sending kSendings[] = {{"image", "image", "caption"}, {"video", "video", "caption"},
                                        {"audio", "audio", ""},        {"voice", "audio", ""},
                                        {"sticker", "sticker", ""},    {"file", "document", "filename"}};

inline std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

/// Writes one part into the request; the path is there already.
class Sender {
 public:
  Sender(const postern::Task& task, postern::Request& request) : task_(task), part_(task.part()), request_(request) {}

  void write() {
    if (!part_.to_comment().empty()) return request_.cannot("comment", "WhatsApp has no public comments");
    if (!part_.action().empty()) return action();
    if (part_["template"]) return form();
    if (part_.quick_replies().size() != 0) return choices();
    if (part_.text().empty()) return attachment();
    begin("text").object("text").field("body", part_.text()).field("preview_url", true).end().end();
  }

 private:
  using Node = postern::Node;

  /// A message of a type; what is of that type and the end of the document are the caller's. The part's id comes back
  /// in the statuses and settles what became of it.
  postern::Writer& begin(std::string_view type) {
    postern::Writer& json = request_.json().object();
    write_recipient(task_.thread(), json);
    if (!part_.reply_to().empty() && type != "reaction")
      json.object("context").field("message_id", part_.reply_to()).end();
    return json.field("biz_opaque_callback_data", task_.id()).field("type", type);
  }

  void action() {
    const std::string_view action = part_.action(), message = part_.reply_to();
    const bool typing = action == "typing", reacts = action == "react" || action == "unreact";
    if (!typing && !reacts && action != "seen")
      return request_.cannot("action", "WhatsApp has no action " + std::string(action));
    if (message.empty()) return request_.cannot("message", "this is about a message, and none is named");
    if (reacts) {
      const std::string_view emoji = action == "react" ? part_.emoji() : std::string_view();
      begin("reaction").object("reaction").field("message_id", message).field("emoji", emoji).end().end();
      return;
    }
    postern::Writer& json = request_.json().object().field("messaging_product", "whatsapp");
    json.field("status", "read").field("message_id", message);
    if (typing) json.object("typing_indicator").field("type", "text").end();  // it cannot be shown without "read"
    json.end();
  }

  /// {"name", "language", "parameters": ["…"]}, or the API's own "components" in place of the parameters.
  void form() {
    const Node form = part_["template"];
    if (form["name"].text().empty() || form["language"].text().empty())
      return request_.cannot("template", "a template needs its name and its language");
    postern::Writer& json = begin("template").object("template").field("name", form["name"].text());
    json.object("language").field("code", form["language"].text()).end();
    if (form["components"].is_array()) {
      json.field("components", form["components"]);
    } else if (form["parameters"].size() != 0) {
      json.array("components").object().field("type", "body").array("parameters");
      for (const Node text : form["parameters"]) json.object().field("type", "text").field("text", text.text()).end();
      json.end().end().end();
    }
    json.end().end();
  }

  bool all_titles_within(std::size_t most) const {
    for (const Node reply : part_.quick_replies())
      if (characters(reply["title"].text()) > most) return false;
    return true;
  }
  void choices() {
    const Node replies = part_.quick_replies();
    const bool buttons = replies.size() <= kMostButtons && all_titles_within(kLongestButton);
    if (!buttons && (replies.size() > kMostRows || !all_titles_within(kLongestRow)))
      return request_.cannot("choices", "a message has 3 buttons with titles of 20 characters, or 10 rows of 24");
    if (part_.text().empty() || characters(part_.text()) > kLongestBody)
      return request_.cannot("choices", "a text with choices has 1 to 1024 characters");
    for (const Node reply : replies)
      if (payload(reply).size() > kLongestChoice)
        return request_.cannot("payload", "a choice's payload has at most 256 bytes");
    postern::Writer& json = begin("interactive").object("interactive").field("type", buttons ? "button" : "list");
    json.object("body").field("text", part_.text()).end().object("action");
    buttons ? write_buttons(json) : write_rows(json);
    json.end().end().end();
  }
  static std::string_view payload(Node reply) {
    const std::string_view payload = reply["payload"].text();
    return payload.empty() ? reply["title"].text() : payload;
  }
  void write_buttons(postern::Writer& json) const {
    json.array("buttons");
    for (const Node reply : part_.quick_replies()) {
      json.object().field("type", "reply").object("reply");
      json.field("id", payload(reply)).field("title", reply["title"].text()).end().end();
    }
    json.end();
  }
  void write_rows(postern::Writer& json) const {
    json.field("button", task_.option("list_button").text("Options")).array("sections").object().array("rows");
    for (const Node reply : part_.quick_replies())
      json.object().field("id", payload(reply)).field("title", reply["title"].text()).end();
    json.end().end().end();
  }

  void attachment() {
    const Node attachment = part_.attachment();
    const std::string_view type = attachment["type"].text();
    if (type == "location") return location(attachment);
    const auto sending = std::ranges::find(kSendings, type, &Sending::type);
    if (sending == std::end(kSendings))
      return request_.cannot("attachment", "WhatsApp cannot send a " + std::string(type));
    postern::Writer& json = begin(sending->name).object(sending->name);
    if (const auto id = attachment["id"].text(); !id.empty())
      json.field("id", id);
    else
      json.field("link", attachment["url"].text());
    if (!sending->title.empty()) json.optional(sending->title, attachment["title"].text());
    json.end().end();
  }
  void location(Node place) {
    postern::Writer& json = begin("location").object("location");
    for (const auto name : {"latitude", "longitude"}) json.field(name, degrees(place[name].text()));
    json.optional("name", place["title"].text()).end().end();
  }
  static double degrees(std::string_view text) {
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }

  const postern::Task& task_;
  const postern::Part part_;
  postern::Request& request_;
};

}  // namespace whatsapp
