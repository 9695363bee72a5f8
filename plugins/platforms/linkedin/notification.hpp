// SPDX-License-Identifier: Apache-2.0
// One Organization Social Action Notification becomes one event.
//
//     {"notificationId": 5603453321, "organizationalEntity": "urn:li:organization:1000", "action": "COMMENT",
//      "sourcePost": "urn:li:activity:7094", "generatedActivity": "urn:li:comment:(activity:7094,7095)",
//      "decoratedGeneratedActivity": {"comment": {"entity": "urn:li:comment:(urn:li:activity:7094,7095)",
//                                                 "owner": "urn:li:person:zLq", "text": "…"}}, "lastModifiedAt": …}
#pragma once
#include <postern/comment.hpp>
#include <postern/platform.hpp>

#include <string>
#include <string_view>

namespace linkedin {

using postern::Node;

inline constexpr std::string_view kComment = "urn:li:comment:(";

/// What a comment's URN says it stands below: "urn:li:activity:7094". Empty if it is no comment's.
inline std::string_view post_of(std::string_view comment) {
  if (!comment.starts_with(kComment)) return {};
  comment.remove_prefix(kComment.size());
  return comment.substr(0, comment.find(','));
}

class Notification {
 public:
  Notification(Node item, postern::Events& events)
      : item_(item), account_(item["organizationalEntity"].text()), events_(events) {}

  /// Throws BadInput at an action that nobody knows.
  void read() {
    const std::string_view action = item_["action"].text();
    if (action == "COMMENT") return comment("add", false);
    if (action == "ADMIN_COMMENT") return comment("add", true);
    if (action == "COMMENT_EDIT") return comment("edited", false);
    if (action == "COMMENT_DELETE") return comment("remove", false);
    if (action == "SHARE_MENTION" || action == "PHOTO_MENTION") return mention();
    if (action == "LIKE") return like();
    if (action == "SHARE") return notice();
    throw postern::BadInput("an action that is not known");
  }

 private:
  Node generated(std::string_view what) const { return item_["decoratedGeneratedActivity"][what]; }

  /// The whole URN. Beside it LinkedIn writes a short form, whose inner URN lacks its beginning.
  std::string comment_urn() const {
    if (const std::string_view entity = generated("comment")["entity"].text(); !entity.empty())
      return std::string(entity);
    std::string urn(item_["generatedActivity"].text());
    if (urn.starts_with(kComment) && !post_of(urn).starts_with("urn:li:")) urn.insert(kComment.size(), "urn:li:");
    return urn;
  }

  void comment(std::string_view verb, bool by_brand) {
    const Node told = generated("comment");
    postern::PublicComment comment;
    comment.id = comment_urn();
    comment.post_id = post_of(comment.id);
    comment.parent_id = told["parentComment"].text();
    comment.verb = verb;
    comment.author = by_brand ? account_ : told["owner"].text();
    comment.text = told["text"].text(told["message"]["text"].text());
    comment.time = item_["lastModifiedAt"];
    if (verb == "edited") comment.revision = item_["lastModifiedAt"].id_if_any();
    postern::write_comment(account_, comment, events_);
  }

  /// Somebody names the Page in a post of theirs, which can be answered like one of the Page's own.
  void mention() {
    const Node share = generated("share");
    const std::string id(share["entity"].text(item_["generatedActivity"].text())), author(share["owner"].text());
    if (id.empty()) throw postern::BadInput("a mention in nothing");
    events_.add("mention").account_key(account_).is_public();
    events_.thread(postern::comment_thread("mention", id, author, id));
    if (!author.empty()) events_.sender({.id = author});
    events_.key(id + ":mention").platform_id(id).user_action(false).text(share["text"].text());
    events_.sent_at(item_["lastModifiedAt"]).extra("action", item_["action"].text());
  }

  /// Who likes is not always told, and then there is nobody to have a conversation with.
  void like() {
    const std::string post(item_["sourcePost"].text()), author(person());
    if (author.empty()) return notice();
    events_.add("reaction").account_key(account_).is_public();
    events_.thread(postern::comment_thread("comment", post, author, post)).sender({.id = author});
    events_.key(key("like")).user_action(false).sent_at(item_["lastModifiedAt"]);
    events_.reaction({.name = "like", .platform_id = post});
  }

  /// "urn:li:reaction:(urn:li:person:zLq,urn:li:activity:7094)"
  std::string_view person() const {
    std::string_view urn = item_["generatedActivity"].text();
    const auto at = urn.find("urn:li:person:");
    if (at == urn.npos) return {};
    urn.remove_prefix(at);
    return urn.substr(0, urn.find_first_of(",)"));
  }

  void notice() {
    events_.add("notice").account_key(account_).key(key("notice")).sent_at(item_["lastModifiedAt"]);
    events_.extra("type", item_["action"].text()).extra("raw", item_);
  }

  std::string key(std::string_view what) const {
    const std::string id = item_["notificationId"].id();
    return id.empty() ? id : id + ":" + std::string(what);
  }

  Node item_;
  std::string account_;
  postern::Events& events_;
};

}  // namespace linkedin
