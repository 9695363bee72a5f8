// SPDX-License-Identifier: Apache-2.0
// Facebook Messenger: the direct messages of Pages, and the public comments that lead to them. README.md says what is
// special about it; what it shares with Instagram is in ../meta.
#include "../meta/graph.hpp"

namespace {

class Messenger final : public meta::Graph {
 public:
  static constexpr char facts[] = META_SEND_FACTS("messenger", "https://graph.facebook.com", "codepoints", "");

  static constexpr postern::Option options[] = {meta::kAppSecret, meta::kVerifyToken, meta::api_version("v25.0")};

  Messenger()
      : Graph({.object = "page",
               .platform = "messenger",
               .site = "https://www.facebook.com",
               .version = "v25.0",
               .comment_edge = "comments",
               .hide_field = "is_hidden",
               .profile = "name,first_name,last_name,locale",
               .subscriptions = "messages,messaging_postbacks,messaging_optins,messaging_referrals,message_deliveries,"
                                "message_reads,message_reactions,message_edits,message_echoes,messaging_handovers,"
                                "messaging_policy_enforcement,standby,feed,mention",
               .scopes = "pages_messaging,pages_manage_metadata,pages_read_engagement",
               .says_type = true,
               .quotes = true,
               .names_reactions = false}) {}

 protected:
  void decode_change(std::string_view account, std::string_view field, Node value, Node,
                     postern::Events& events) override {
    const std::string_view item = value["item"].text();
    if (field == "feed" && item == "comment")
      comment(account, value, events);
    else if (field == "feed" && item == "like" && !value["post_id"] && !value["comment_id"])
      like(account, value, events);
    else if (field == "feed" && (item == "reaction" || item == "like"))
      reaction(account, value, events);
    else if (field == "mention")
      mention(account, value, events);
    else if (field == "feed" && !item.empty())  // the Page's own news: posts, photos, shares
      events.add("notice")
          .account_key(account)
          .sent_at(value["created_time"])
          .extra("type", "feed")
          .extra("raw", value);
    else
      throw postern::BadInput("a change of an unknown field");
  }

 private:
  static void comment(std::string_view account, Node value, postern::Events& events) {
    postern::PublicComment comment;
    comment.id = value["comment_id"].id();
    comment.parent_id = value["parent_id"].id_if_any();
    comment.post_id = value["post_id"].id_if_any();
    comment.verb = value["verb"].text("add");
    if (comment.verb == "edit") comment.verb = "edited";
    comment.author = value["from"]["id"].id_if_any();
    comment.name = value["from"]["name"].text();
    comment.text = value["message"].text();
    comment.time = value["created_time"];
    comment.revision = value["created_time"].id_if_any();
    postern::write_comment(account, comment, events);
    for (const auto& [member, type] : {std::pair{"photo", "image"}, {"video", "video"}})
      if (value[member].is_string()) events.attach({.type = type, .url = value[member].text()});
  }

  /// Somebody likes the Page itself, or no longer: of such a like no post is named.
  static void like(std::string_view account, Node value, postern::Events& events) {
    std::string who = value["from"]["id"].id_if_any();
    if (who.empty()) who = value["user_id"].id_if_any();
    if (who.empty()) throw postern::BadInput("a like of nobody");
    const std::string_view verb = value["verb"].text("add");
    events.add("like").account_key(account).thread(who).sender({.id = who, .name = value["from"]["name"].text()});
    events.key("like:" + who + ":" + std::string(verb) + ":" + value["created_time"].id_if_any());
    events.sent_at(value["created_time"]).user_action(false);
    if (verb == "remove") events.field("undone", true);
  }

  static void reaction(std::string_view account, Node value, postern::Events& events) {
    const std::string author = value["from"]["id"].id_if_any(), post = value["post_id"].id_if_any();
    std::string target = value["comment_id"].id_if_any();
    if (target.empty()) target = post;
    if (target.empty()) throw postern::BadInput("a reaction to nothing");
    const bool taken_back = value["verb"].text() == "remove";
    events.add("reaction")
        .account_key(account)
        .is_public()
        .thread(postern::comment_thread("comment", post, author, target));
    if (!author.empty()) events.sender({.id = author, .name = value["from"]["name"].text()});
    if (!author.empty() && author == account) events.outbound();
    events.sent_at(value["created_time"]).platform_id(target).user_action(false);
    events.reaction({.name = value["reaction_type"].text("like"),
                     .action = taken_back ? "unreact" : "react",
                     .platform_id = target});
  }

  /// Somebody names the Page in a post or comment elsewhere.
  static void mention(std::string_view account, Node value, postern::Events& events) {
    const std::string post = value["post_id"].id_if_any();
    std::string target = value["comment_id"].id_if_any(), author = value["from"]["id"].id_if_any();
    if (target.empty()) target = post;
    if (target.empty()) throw postern::BadInput("a mention in nothing");
    if (author.empty()) author = value["sender_id"].id_if_any();
    const std::string_view verb = value["verb"].text("add");
    events.add("mention").account_key(account).is_public().thread(
        postern::comment_thread("comment", post, author, target));
    if (!author.empty()) events.sender({.id = author, .name = value["from"]["name"].text(value["sender_name"].text())});
    events.key(target + ":mention:" + std::string(verb) + ":" + value["created_time"].id_if_any());
    events.platform_id(target).sent_at(value["created_time"]).text(value["message"].text()).user_action(false);
    events.extra("item", value["item"].text("post")).extra("verb", verb);
  }
};

}  // namespace

POSTERN_PLATFORM(Messenger, "org.postern.messenger", "1.0.0",
                 "Facebook Messenger: direct messages and comments of Pages.");
