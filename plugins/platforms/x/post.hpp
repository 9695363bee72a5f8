// SPDX-License-Identifier: Apache-2.0
// Public posts that concern the account: mentions, replies, quotes. Two shapes: the v2 Post and the older Tweet.
#pragma once
#include <postern/comment.hpp>

#include <string>
#include <string_view>

#include "message.hpp"

namespace x {

struct Post {
  std::string id, conversation, author, replied_user, replied_post, quoted_post;
  std::string_view text;
  postern::Node user, time;
  bool repost = false;
};

inline Post read_v2(postern::Node payload, postern::Node users) {
  Post post;
  post.id = payload["id"].id();
  post.author = payload["author_id"].id();
  post.conversation = payload["conversation_id"].id();
  post.replied_user = payload["in_reply_to_user_id"].id();
  for (const postern::Node each : payload["referenced_tweets"]) {
    const auto type = each["type"].text();
    if (type == "replied_to") post.replied_post = each["id"].id();
    if (type == "quoted") post.quoted_post = each["id"].id();
    if (type == "retweeted") post.repost = true;
  }
  post.text = payload["note_tweet"]["text"].text(payload["text"].text());
  post.user = find_user(users, post.author);
  post.time = payload["created_at"];
  return post;
}

inline Post read_tweet(postern::Node tweet) {
  const auto id = [&](postern::Node from, std::string_view name) {
    const postern::Node text = from[std::string(name) + "_str"];
    return text ? text.id() : from[name].id();
  };
  Post post;
  post.id = id(tweet, "id");
  post.author = id(tweet["user"], "id");
  post.replied_user = id(tweet, "in_reply_to_user_id");
  post.replied_post = id(tweet, "in_reply_to_status_id");
  post.quoted_post = id(tweet, "quoted_status_id");
  post.conversation = post.replied_post;  // the root is not told
  post.repost = tweet["retweeted_status"].is_object();
  post.text = tweet["extended_tweet"]["full_text"].text(tweet["full_text"].text(tweet["text"].text()));
  post.user = tweet["user"];
  post.time = tweet["timestamp_ms"];
  return post;
}

/// A reply to the account is a comment, whatever else it says; a mention or a quote is a mention. What the account
/// itself wrote is the echo of an answer, or concerns nobody. Leaves the event open. The same post may come several
/// times, as a mention and as a reply: its key is one.
inline void write_post(const Reader& reader, const Post& post, postern::Node raw, postern::Events& events) {
  if (post.id.empty() || post.author.empty()) throw postern::BadInput("a post without an id or an author");
  const bool own = post.author == reader.account;
  const std::string& person = own ? post.replied_user : post.author;
  if (post.repost || (own && (person.empty() || person == reader.account))) {
    events.add("notice").account_key(reader.account).key(post.id + ":post").extra("type", "post").extra("raw", raw);
    return;
  }
  const std::string& root = post.conversation.empty() ? post.id : post.conversation;
  const bool reply = post.replied_user == reader.account;
  events.add(own ? "echo" : reply ? "comment" : "mention").account_key(reader.account).is_public();
  events.thread(postern::comment_thread("post", root, person, post.id)).key(post.id + ":post").platform_id(post.id);
  write_sender(post.author, post.user, events);
  if (own) events.outbound();
  if (postern::time_of(post.time))
    events.sent_at(post.time);
  else
    events.sent_at(time_of_id(post.id));
  events.text(post.text).user_action(false);
  events.comment({.id = post.id, .parent_id = post.replied_post, .post_id = root});
  if (!post.quoted_post.empty()) events.extra("quoted", post.quoted_post);
}

/// A deleted post is named by its id and author alone; what else there was in its thread is not told.
inline void write_deletion(const Reader& reader, const std::string& id, const std::string& author, postern::Node time,
                           postern::Events& events) {
  if (id.empty()) throw postern::BadInput("a deletion without the post's id");
  reader.begin("unsend", postern::comment_thread("post", id, author, id), author, id + ":delete", events);
  events.is_public().platform_id(id).sent_at(time).user_action(false);
}

}  // namespace x
