// SPDX-License-Identifier: Apache-2.0
// What a message says and carries, whoever wrote it.
#pragma once
#include <postern/events.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace whatsapp {

/// A type of message that is a file, and what Postern calls it. `voice` is what voice notes were before 2022.
struct FileKind {
  std::string_view type, attachment;
};
inline constexpr FileKind kFiles[] = {{"image", "image"}, {"video", "video"},   {"audio", "audio"},
                                      {"voice", "voice"}, {"document", "file"}, {"sticker", "sticker"}};

inline postern::Json some(boost::json::object members) {
  return members.empty() ? postern::Json() : postern::Json(std::move(members));
}

/// A file has an id and no address: the task `media` asks for one, which lives for five minutes.
inline void write_file(std::string_view attachment, postern::Node file, postern::Events& events) {
  const std::string id = file["id"].id();
  boost::json::object rest;
  if (const auto hash = file["sha256"].text(); !hash.empty()) rest["sha256"] = hash;
  if (file["animated"].boolean()) rest["animated"] = true;
  const postern::Json extra = some(std::move(rest));
  events.text(file["caption"].text());
  events.attach({.type = file["voice"].boolean() ? "voice" : attachment,
                 .url = file["link"].text(),
                 .id = id,
                 .mime = file["mime_type"].text(),
                 .title = file["filename"].text(),
                 .extra = extra});
}

inline void write_location(postern::Node place, postern::Events& events) {
  const std::string latitude = place["latitude"].decimal(), longitude = place["longitude"].decimal();
  boost::json::object rest;
  if (const auto address = place["address"].text(); !address.empty()) rest["address"] = address;
  const postern::Json extra = some(std::move(rest));
  events.attach({.type = "location",
                 .url = place["url"].text(),
                 .title = place["name"].text(),
                 .latitude = latitude,
                 .longitude = longitude,
                 .extra = extra});
}

/// A tap on what the brand had offered. The words on it are what the person says, its id is what was pressed.
inline void write_choice(postern::Node interactive, postern::Events& events) {
  const std::string_view type = interactive["type"].text();
  const postern::Node choice = interactive[type];
  if (type == "nfm_reply") {  // a form that was filled in; its answers are JSON in a string
    events.text(choice["body"].text());
    events.extra("flow", choice);
    return;
  }
  events.text(choice["title"].text()).quick_reply(choice["id"].text());
  if (const auto description = choice["description"].text(); !description.empty())
    events.extra("description", description);
  if (type != "button_reply" && type != "list_reply") events.extra("interactive", interactive);
}

/// What the platform will not show (polls, view-once pictures) and types that came later are messages all the same:
/// somebody waits for an answer.
inline void write_unsupported(std::string_view type, postern::Node message, postern::Events& events) {
  events.extra("unsupported", true).extra("type", type);
  if (message[type]) events.extra("raw", message[type]);
}

/// The content of a message that has a `type` and a member of that name.
inline void write_content(postern::Node message, postern::Events& events) {
  const std::string_view type = message["type"].text();
  const postern::Node content = message[type];
  const auto file = std::ranges::find(kFiles, type, &FileKind::type);
  if (type == "text") {
    events.text(content["body"].text());
  } else if (file != std::end(kFiles)) {
    write_file(file->attachment, content, events);
  } else if (type == "location") {
    write_location(content, events);
  } else if (type == "contacts") {
    for (const postern::Node card : content)
      events.attach({.type = "contact", .title = card["name"]["formatted_name"].text(), .extra = card});
  } else if (type == "button") {  // of a template
    events.text(content["text"].text()).quick_reply(content["payload"].text());
  } else if (type == "interactive") {
    write_choice(content, events);
  } else if (type == "order") {
    events.text(content["text"].text()).extra("order", content);
  } else {
    write_unsupported(type, message, events);
  }
}

/// What it answers, and whence it comes: another message, another chat, a product, an advertisement.
inline void write_context(postern::Node message, postern::Events& events) {
  const postern::Node context = message["context"], referral = message["referral"];
  events.reply_to(context["id"].text());
  for (const auto name : {"forwarded", "frequently_forwarded"})
    if (context[name].boolean()) events.extra(name, true);
  if (context["referred_product"]) events.extra("product", context["referred_product"]);
  if (!referral.is_object()) return;
  const std::string ad = referral["source_id"].id_if_any();
  events.referral({.ref = referral["ctwa_clid"].text(), .source = referral["source_type"].text(), .ad_id = ad});
  events.extra("referral", referral);
}

}  // namespace whatsapp
