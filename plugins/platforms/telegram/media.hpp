// SPDX-License-Identifier: Apache-2.0
// What a Telegram message carries beside its text. A file is named by its file_id; it has no address of its own.
#pragma once
#include <postern/events.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace telegram {

/// A member of a message that is a file, and what Postern calls it.
struct FileKind {
  std::string_view member, type;
};

/// A GIF comes as `animation` and again as `document`, a venue again as `location`: what stands first here counts.
inline constexpr FileKind kFiles[] = {{"animation", "gif"}, {"video", "video"}, {"video_note", "video"},
                                      {"audio", "audio"},   {"voice", "voice"}, {"sticker", "sticker"},
                                      {"document", "file"}};

/// What has no common type: kept whole, as a file of its kind.
inline constexpr std::string_view kOthers[] = {"poll",     "dice",      "game", "invoice",    "paid_media",
                                               "giveaway", "checklist", "gift", "unique_gift"};

/// Whether a member of a message is read by write_media().
inline bool is_media(std::string_view member) {
  static constexpr std::string_view kSingle[] = {"photo", "venue", "location", "contact", "story"};
  return std::ranges::count(kSingle, member) != 0 || std::ranges::count(kOthers, member) != 0 ||
         std::ranges::count(kFiles, member, &FileKind::member) != 0;
}

inline void attach_file(std::string_view type, std::string_view member, postern::Node file, postern::Events& events) {
  postern::Json extra = boost::json::object();
  if (const auto unique = file["file_unique_id"].text(); !unique.empty()) extra.as_object()["file_unique_id"] = unique;
  if (member == "video_note") extra.as_object()["kind"] = member;
  if (const auto emoji = file["emoji"].text(); !emoji.empty()) extra.as_object()["emoji"] = emoji;
  events.attach({.type = type,
                 .id = file["file_id"].text(),
                 .mime = file["mime_type"].text(),
                 .title = file["file_name"].text(file["title"].text()),
                 .size = file["file_size"].integer(),
                 .extra = extra});
}

inline void attach_location(postern::Node place, std::string_view title, postern::Node details,
                            postern::Events& events) {
  const std::string latitude = place["latitude"].decimal(), longitude = place["longitude"].decimal();
  events.attach({.type = "location", .title = title, .latitude = latitude, .longitude = longitude, .extra = details});
}

inline void attach_contact(postern::Node contact, postern::Events& events) {
  std::string name(contact["first_name"].text());
  if (const auto last = contact["last_name"].text(); !last.empty()) name.append(" ").append(last);
  events.attach({.type = "contact", .title = name, .extra = contact});
}

inline void write_media(postern::Node message, postern::Events& events) {
  using postern::Node;
  if (const Node sizes = message["photo"]; sizes.size() != 0 && sizes.is_array())
    attach_file("image", "photo", sizes.at(sizes.size() - 1), events);  // the last is the largest
  for (const auto& [member, type] : kFiles) {
    if (!message[member].is_object()) continue;
    attach_file(type, member, message[member], events);
    if (member == "animation") break;
  }
  if (const Node venue = message["venue"]; venue.is_object())
    attach_location(venue["location"], venue["title"].text(), venue, events);
  else if (const Node place = message["location"]; place.is_object())
    attach_location(place, {}, {}, events);
  if (message["contact"].is_object()) attach_contact(message["contact"], events);
  if (message["story"].is_object()) {
    const std::string id = message["story"]["id"].id();
    events.attach({.type = "story", .id = id, .extra = message["story"]});
  }
  for (const auto member : kOthers) {
    if (!message[member]) continue;
    const postern::Json extra = {{"kind", member}, {"raw", *message[member].json()}};
    events.attach({.type = "file", .extra = extra});
  }
}

}  // namespace telegram
