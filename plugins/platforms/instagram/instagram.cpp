// SPDX-License-Identifier: Apache-2.0
// Instagram: the direct messages of professional accounts, and the public comments and mentions that lead to them.
// README.md says what is special about it; what it shares with Messenger is in ../meta.
#include "../meta/graph.hpp"

namespace {

class Instagram final : public meta::Graph {
 public:
  // A token lasts 60 days, and is refreshed with itself once it is a day old.
#define INSTAGRAM_REFRESH                                                                              \
  R"(, "refresh": {"when": "expires", "before": "7d", "first_after": "1d", "single_use": false, )"     \
  R"("only_at": "https://graph.instagram.com", )"                                                      \
  R"("request": {"method": "GET", "path": "/refresh_access_token", )"                                  \
  R"("query": {"grant_type": "ig_refresh_token"}, "auth": {"as": "query", "name": "access_token"}}, )" \
  R"("answer": {"token": "/access_token", "expires_in": "/expires_in", "error": "/error/code"}})"
  static constexpr char facts[] =
      META_SEND_FACTS("instagram", "https://graph.instagram.com", "bytes", INSTAGRAM_REFRESH);

  static constexpr postern::Option options[] = {meta::kAppSecret, meta::kVerifyToken, meta::api_version("v26.0")};

  Instagram()
      : Graph({.object = "instagram",
               .platform = "instagram",
               .site = "https://www.instagram.com",
               .version = "v26.0",
               .comment_edge = "replies",
               .hide_field = "hide",
               .profile = "name,username",
               .subscriptions =
                   "messages,messaging_postbacks,messaging_seen,message_reactions,messaging_referral,"
                   "messaging_optins,message_echoes,messaging_handover,standby,comments,live_comments,mentions",
               .scopes = "",
               .says_type = false,
               .quotes = false,
               .names_reactions = true}) {}

 protected:
  void decode_change(std::string_view account, std::string_view field, Node value, Node time,
                     postern::Events& events) override {
    if (field == "comments" || field == "live_comments")
      comment(account, field, value, time, events);
    else if (field == "mentions")
      mention(account, value, time, events);
    else
      throw postern::BadInput("a change of an unknown field");
  }

  /// A mention is answered at the account's own edge; the thread keeps what has to be named there.
  bool encode_public(const postern::Task& task, const std::string& root, postern::Request& request) override {
    std::string_view thread = task.thread();
    if (!thread.starts_with(kMention)) return false;
    thread.remove_prefix(kMention.size());
    const auto colon = thread.find(':');
    const std::string_view media = thread.substr(0, colon);
    const std::string_view comment = colon == thread.npos ? std::string_view() : thread.substr(colon + 1);
    request.post(root + postern::segment(task.account_key()) + "/mentions").bearer();
    postern::Writer& json = request.json().object().field("media_id", media);
    if (comment != media) json.optional("comment_id", comment);
    json.field("message", task.part().text()).end();
    return true;
  }

 private:
  static constexpr std::string_view kMention = "mention:";

  static void comment(std::string_view account, std::string_view field, Node value, Node time,
                      postern::Events& events) {
    postern::PublicComment comment;
    comment.id = value["id"].id();
    comment.parent_id = value["parent_id"].id_if_any();
    comment.post_id = value["media"]["id"].id_if_any();
    comment.author = value["from"]["id"].id_if_any();
    comment.handle = value["from"]["username"].text();
    comment.text = value["text"].text();
    comment.time = time;  // of the notification: there is none of the comment
    postern::write_comment(account, comment, events);
    if (field == "live_comments") events.extra("live", true);  // takes a private reply only during the broadcast
    if (value["media"].size() > 1) events.extra("media", value["media"]);
  }

  /// The webhook tells nothing but where: not who wrote, nor what.
  static void mention(std::string_view account, Node value, Node time, postern::Events& events) {
    const std::string media = value["media_id"].id(), comment = value["comment_id"].id_if_any();
    const std::string& target = comment.empty() ? media : comment;
    if (media.empty()) throw postern::BadInput("a mention in nothing");
    events.add("mention").account_key(account).is_public().thread(std::string(kMention) + media + ":" + target);
    events.key(target + ":mention").platform_id(target).sent_at(time).user_action(false);
    events.extra("media_id", media);
  }
};

}  // namespace

POSTERN_PLATFORM(Instagram, "org.postern.instagram", "1.0.0", "Instagram: direct messages, comments and mentions.");
