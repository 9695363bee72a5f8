// SPDX-License-Identifier: Apache-2.0
// What Messenger and Instagram attach to a message, in the common form.
#pragma once
#include <postern/events.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace meta {

struct Attachment {
  std::string_view type = "file";
  std::string url, id;
  std::string_view title;
  std::string latitude, longitude;
  postern::Json extra;  // null, or an object

  bool operator==(const Attachment& other) const {
    return type == other.type && (id.empty() ? !url.empty() && url == other.url : id == other.id);
  }
};

/// `site` completes the links that Meta writes without a host ("/reel/123/").
inline Attachment read_attachment(postern::Node node, std::string_view site) {
  using postern::Node;
  const std::string_view kind = node["type"].text();
  const Node payload = node["payload"];
  const auto is_any = [kind](std::initializer_list<std::string_view> kinds) {
    return std::ranges::count(kinds, kind) != 0;
  };
  Attachment out;
  out.url = payload["url"].text(node["url"].text());
  out.title = payload["title"].text(node["title"].text());

  if (kind == "sticker" || (kind == "image" && payload["sticker_id"])) {  // the shapes since and before 2026
    out.type = "sticker";
    out.id = payload["sticker_id"].id_if_any();
  } else if (is_any({"image", "video", "audio", "file"})) {
    out.type = kind;
    out.id = payload["attachment_id"].id_if_any();
  } else if (kind == "location") {
    out.type = kind;
    out.latitude = payload["coordinates"]["lat"].decimal();
    out.longitude = payload["coordinates"]["long"].decimal();
  } else if (is_any({"fallback", "share"})) {
    out.type = "share";
  } else if (is_any({"post", "ig_post", "reel", "ig_reel"})) {
    out.type = "share";
    for (const auto name : {"ig_post_media_id", "reel_video_id", "post_id"})
      if (out.id.empty()) out.id = payload[name].id_if_any();
    out.extra = {{"kind", kind}};
  } else if (is_any({"ig_story", "story_mention"})) {
    out.type = "story";
    out.id = payload["story_media_id"].id_if_any();
    out.url = payload["story_media_url"].text(out.url);
    out.extra = {{"kind", kind}};
  } else if (kind == "like_heart") {
    out.type = "sticker";
    out.extra = {{"kind", kind}};
  } else {
    out.extra = {{"kind", kind}};
    if (payload) out.extra.as_object()["raw"] = *payload.json();
  }
  if (out.url.starts_with('/')) out.url.insert(0, site);
  return out;
}

/// Writes a message's attachments, each once: a carousel carries the same post twice, and a sticker comes in its old
/// shape beside its new one.
inline void write_attachments(postern::Node attachments, std::string_view site, postern::Events& events) {
  std::vector<Attachment> seen;
  for (const postern::Node node : attachments) {
    Attachment one = read_attachment(node, site);
    if (std::ranges::find(seen, one) != seen.end()) continue;
    if (one.extra.is_object() && one.extra.as_object()["kind"] == "ephemeral") events.field("ephemeral", true);
    events.attach({.type = one.type,
                   .url = one.url,
                   .id = one.id,
                   .title = one.title,
                   .latitude = one.latitude,
                   .longitude = one.longitude,
                   .extra = one.extra});
    seen.push_back(std::move(one));
  }
}

}  // namespace meta
