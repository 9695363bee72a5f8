// SPDX-License-Identifier: Apache-2.0
// Direct messages in their three shapes: as webhooks bring them, as a poll lists them, and encrypted.
#pragma once
#include <string>
#include <string_view>

#include "user.hpp"

namespace x {

/// Whose events are read, and by what the account's own messages are told apart.
struct Reader {
  std::string account;
  std::string_view app;  ///< id of the App that sends for us; empty: not configured
  postern::Node users;   ///< those that came with the events

  /// Begins an event of a thread. What the account did itself is outbound.
  postern::Events& begin(std::string_view kind, std::string_view thread, const std::string& who, const std::string& key,
                         postern::Events& events) const {
    events.add(kind).account_key(account).thread(thread).key(key);
    write_sender(who, find_user(users, who), events);
    if (who == account) events.outbound();
    return events;
  }
};

inline std::string_view media_type(std::string_view type) {
  if (type == "photo") return "image";
  if (type == "animated_gif") return "gif";
  return type == "video" || type == "audio" ? type : "file";
}

/// The address of a video: of its variants the one with the highest bit rate that is a file and no playlist.
inline postern::Node best_variant(postern::Node variants) {
  postern::Node best;
  for (const postern::Node each : variants)
    if (each["content_type"].text() == "video/mp4" &&
        (!best ||
         each["bitrate"].integer(each["bit_rate"].integer()) > best["bitrate"].integer(best["bit_rate"].integer())))
      best = each;
  return best;
}

/// Where the API gives out what lies at https://ton.twitter.com/…/dm/<message>/<medium>/<file>, which is closed to all
/// but X's own pages. Empty: it is no such address.
inline std::string download_path(std::string_view url) {
  constexpr std::string_view kFolder = "/dm/";
  const auto at = url.find(kFolder);
  if (!url.starts_with("https://ton.") || at == url.npos) return {};
  const std::string_view rest = url.substr(at + kFolder.size());
  const auto ids = rest.substr(0, rest.rfind('/')), file = rest.substr(ids.size());
  if (ids.find_first_not_of("0123456789/") != ids.npos || file.size() < 2 || file[1] == '.') return {};
  return "/2/dm_conversations/media/" + std::string(ids) + "/" + postern::segment(file.substr(1));
}

/// A medium of either API.
inline void attach_media(postern::Node media, std::string_view id, postern::Events& events) {
  const postern::Node video =
      best_variant(media["video_info"]["variants"] ? media["video_info"]["variants"] : media["variants"]);
  const auto still = media["media_url_https"].text(media["url"].text(media["preview_image_url"].text()));
  const auto url = video["url"].text(still);
  const bool closed = !download_path(url).empty();
  postern::Json extra;
  if (closed) extra.emplace_object()["address"] = url;
  events.attach({.type = media_type(media["type"].text()),
                 .url = closed ? std::string_view() : url,
                 .id = id,
                 .mime = video["content_type"].text(),
                 .extra = extra});
}

inline void attach_location(postern::Node location, postern::Events& events) {
  const postern::Node place = location["shared_coordinate"]["coordinates"]["coordinates"];
  const std::string longitude = place.at(0).decimal(), latitude = place.at(1).decimal();
  events.attach({.type = "location", .latitude = latitude, .longitude = longitude, .extra = location});
}

/// The text as it was written: X shortens every link in it, and adds one to what is attached.
inline std::string written_text(postern::Node data) {
  std::string text(data["text"].text());
  const auto put = [&](std::string_view link, std::string_view instead) {
    const auto at = link.empty() ? text.npos : text.find(link);
    if (at != text.npos) text.replace(at, link.size(), instead);
  };
  const auto attached = data["attachment"]["media"]["url"].text();
  put(attached, {});
  for (const postern::Node url : data["entities"]["urls"])
    if (url["url"].text() != attached) put(url["url"].text(), url["expanded_url"].text(url["url"].text()));
  if (!attached.empty()) text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

/// One of `direct_message_events`. Received and sent ones have the same shape: the sender tells.
inline void read_message(const Reader& reader, postern::Node event, postern::Events& events) {
  const postern::Node created = event["message_create"], data = created["message_data"];
  const std::string sender = created["sender_id"].id(), id = event["id"].id();
  const std::string thread = pair_thread(sender, created["target"]["recipient_id"].id());
  const bool own = sender == reader.account;
  reader.begin(own ? "echo" : "message", thread, sender, id + ":message", events);
  events.platform_id(id).sent_at(event["created_timestamp"]).text(written_text(data)).user_action(!own);
  // Without the App's id it cannot be told who wrote, and a person's answer is not made up.
  if (own && !reader.app.empty()) events.from_app(created["source_app_id"].id_if_any() == reader.app);
  if (const auto reply = data["quick_reply_response"]["metadata"].text(); !reply.empty()) events.quick_reply(reply);
  const postern::Node attachment = data["attachment"];
  if (const postern::Node media = attachment["media"]; media.is_object()) {
    const std::string key = media["id_str"].text().empty() ? media["id"].id_if_any() : media["id_str"].id();
    attach_media(media, key, events);
  }
  if (attachment["location"].is_object()) attach_location(attachment["location"], events);
  if (const auto post = event["initiated_via"]["tweet_id"].id_if_any(); !post.empty())
    events.referral({.ref = post, .source = "post"});
  else if (const auto welcome = event["initiated_via"]["welcome_message_id"].id_if_any(); !welcome.empty())
    events.referral({.ref = welcome, .source = "welcome_message"});
}

/// X Chat: end-to-end encrypted. That somebody wrote is all that can be read without their keys, and a person has to
/// answer in X's app: the message is kept as it came and never dropped.
inline void read_encrypted(const Reader& reader, std::string_view uuid, postern::Node payload,
                           postern::Events& events) {
  const std::string sender = payload["sender_id"].id();
  const bool own = sender == reader.account;
  const std::string thread = thread_of(payload["conversation_id"].id());
  reader.begin(own ? "echo" : "message", thread, sender, std::string(uuid), events);
  events.platform_id(payload["id"].id()).sent_at(payload["created_at_msec"]).user_action(!own);
  if (own) events.from_app(false);  // the API cannot encrypt: it was a person
  if (is_group(thread)) events.field("group", true);
  events.extra("encrypted", true).extra("unsupported", true).extra("raw", payload);
}

/// Who came or went, each in an event: X names only them, not the whole group.
inline void read_membership(const Reader& reader, postern::Node event, std::string_view change,
                            postern::Events& events) {
  const std::string id = event["id"].id(), thread = thread_of(event["dm_conversation_id"].id());
  for (const postern::Node each : event["participant_ids"]) {
    reader.begin("member", thread, each.id(), id + ":member:" + each.id(), events);
    events.sent_at(event["created_at"]).field("group", true).field("change", change);
    if (const std::string by = event["sender_id"].id_if_any(); by != each.id() && !by.empty()) events.extra("by", by);
  }
}

/// One of the events that GET /2/dm_events lists: groups, too, and the only place where they can be seen.
inline void read_listed(const Reader& reader, postern::Node event, postern::Node media, postern::Events& events) {
  const auto type = event["event_type"].text();
  if (type == "ParticipantsJoin") return read_membership(reader, event, "joined", events);
  if (type == "ParticipantsLeave") return read_membership(reader, event, "left", events);
  if (type != "MessageCreate") throw postern::BadInput("an event of an unknown type");
  const std::string sender = event["sender_id"].id(), id = event["id"].id();
  const std::string thread = thread_of(event["dm_conversation_id"].id());
  const bool own = sender == reader.account;
  reader.begin(own ? "echo" : "message", thread, sender, id + ":message", events);
  events.platform_id(id).sent_at(event["created_at"]).text(event["text"].text()).user_action(!own);
  if (is_group(thread)) events.field("group", true);
  for (const postern::Node key : event["attachments"]["media_keys"]) {
    postern::Node found;
    for (const postern::Node each : media)
      if (each["media_key"].text() == key.text()) found = each;
    attach_media(found, key.text(), events);
  }
  for (const postern::Node post : event["referenced_tweets"]) {
    const std::string shared = post["id"].id(), url = "https://x.com/i/status/" + shared;
    events.attach({.type = "share", .url = url, .id = shared});
  }
}

}  // namespace x
