// SPDX-License-Identifier: Apache-2.0
// Public comments. One commenter under one post is one conversation, so that each person's comments stay in order.
#pragma once
#include <string>
#include <string_view>

#include "postern/events.hpp"

namespace postern {
inline namespace sdk_v1 {

struct PublicComment {
  std::string id, parent_id, post_id;
  std::string_view verb = "add";
  std::string author;  // empty without the permission that tells it
  std::string_view name = {}, handle = {}, text = {};
  Node time = {};
  std::string revision = {};  // tells one edit from the next; a repetition of the event brings the same
};

/// The thread of a person below a post. Who is not told is known by the comment.
inline std::string comment_thread(std::string_view prefix, const std::string& post, const std::string& author,
                                  const std::string& comment) {
  return std::string(prefix) + ":" + post + ":" + (author.empty() ? comment : author);
}

/// A comment that was changed or taken back is an edit or an unsend, as of a message: only a new one wants an answer.
/// What the account itself wrote is an echo, and that it hid a comment is a notice.
inline std::string_view comment_kind(std::string_view verb, bool own) {
  if (verb == "edited") return "edit";
  if (verb == "remove") return "unsend";
  if (verb == "hide" || verb == "unhide") return "notice";
  return own ? "echo" : "comment";
}

/// Begins the event and leaves it open.
inline void write_comment(std::string_view account, const PublicComment& comment, Events& events) {
  if (comment.id.empty()) throw BadInput("a comment has no id");
  const bool own = comment.author == account && !comment.author.empty();
  events.add(comment_kind(comment.verb, own)).account_key(account).is_public();
  events.thread(comment_thread("comment", comment.post_id, comment.author, comment.id));
  if (!comment.author.empty()) events.sender({.id = comment.author, .name = comment.name, .handle = comment.handle});
  if (own) events.outbound();
  events.key(comment.id + ":" + std::string(comment.verb) + ":" + comment.revision).platform_id(comment.id);
  events.sent_at(comment.time).text(comment.text).user_action(false);
  events.comment({.id = comment.id,
                  .parent_id = comment.parent_id == comment.post_id ? std::string() : comment.parent_id,
                  .post_id = comment.post_id,
                  .verb = comment.verb});
}

}  // namespace sdk_v1
}  // namespace postern
