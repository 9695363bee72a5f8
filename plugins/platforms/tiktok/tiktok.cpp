// SPDX-License-Identifier: Apache-2.0
// TikTok's Business Messaging: the direct messages of business accounts, and the comments below their videos.
// notification.hpp reads what comes in; this file says what the platform is and makes and reads the requests.
#include <postern/platform.hpp>

#include <algorithm>
#include <string>
#include <string_view>

#include "answer.hpp"
#include "listing.hpp"
#include "notification.hpp"

namespace {

using postern::Node;
using postern::Writer;

const std::string kBusiness = "/open_api/v1.3/business/";  // all paths end with a slash
const std::string kMessage = kBusiness + "message/";

/// A card has a title and up to three buttons. TikTok counts characters.
constexpr std::size_t kMostTitle = 40, kMostButtons = 3, kMostButtonTitle = 20, kMostLinkTitle = 40, kMostId = 40;
constexpr std::size_t kMostComment = 150;

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

constexpr std::int64_t kLargestImage = 3 << 20;  // bytes

class TikTok final : public postern::Platform {
 public:
  static constexpr char facts[] = R"({
    "platform": "tiktok",
    "base_url": "https://business-api.tiktok.com",
    "signature": {"scheme": "hmac-sha256", "header": "TikTok-Signature", "encoding": "hex",
                  "signed": "{timestamp}.{body}", "value": {"param": "s"}, "timestamp": {"param": "t"},
                  "tolerance": 300, "secret": "app_secret"},
    "secret_of": "section",
    "handshake": {"method": "GET", "present": ["challenge"], "answer": {"param": "challenge", "as": "plain"}},
    "credentials": [
      {"name": "token", "required": true,
       "refresh": {"when": "expires", "before": "1h",
                   "request": {"method": "POST", "path": "/open_api/v1.3/tt_user/oauth2/refresh_token/",
                               "json": {"client_id": "{credential:app_id}", "client_secret": "{credential:app_secret}",
                                        "grant_type": "refresh_token", "refresh_token": "{credential:refresh_token}"}},
                   "answer": {"token": "/data/access_token", "expires_in": "/data/expires_in",
                              "refresh_token": "/data/refresh_token", "error": "/code"}}},
      {"name": "refresh_token", "required": false}],
    "traits": {"kinds": ["message", "comment", "mention", "reaction", "receipt", "postback", "unsend", "referral",
                         "echo", "notice"],
               "attachments": ["image", "share"], "text_unit": "codepoints", "receipts": true, "edit": false,
               "comments": true, "groups": false, "settle": "echo",
               "tasks": ["part", "media", "profile", "list", "check", "subscribe"], "poll": false, "typing": true,
               "seen": true}
  })";

  static constexpr postern::Option options[] = {
      {"app_secret", postern::secret, postern::required, "The app's secret, which signs the webhooks."},
      {"app_id", postern::secret, postern::absent, "The app's id: to refresh tokens and to register the webhook."},
      {"webhook_url", postern::string, postern::absent,
       "Where TikTok posts: https://<your host>/webhooks/<section>. Needed to register it from here.",
       postern::per_account}};

  void decode(const postern::Webhook& webhook, postern::Events& events) override {
    const Node body = webhook.json();
    const auto one = [&](Node item) {
      events.item(item["user_openid"].text(), item, [&] { tiktok::Notification(item, events).read(); });
    };
    if (body["events"].is_array())  // some accounts' webhooks come wrapped
      for (const Node item : body["events"]) one(item);
    else
      one(body["data"].is_object() && !body["event"] ? body["data"] : body);
  }

  void encode(const postern::Task& task, postern::Request& request) override {
    if (task.kind() == "part") return encode_part(task, request);
    if (task.kind() == "media") return encode_media(task, request);
    if (task.kind() == "list") return tiktok::Listing(task).encode(kMessage, request);
    if (task.kind() == "profile") {
      // Names stand beside the messages of a conversation, and nowhere else.
      request.get(kMessage + "content/list/").auth_header("Access-Token").safe();
      request.query("business_id", task.account_key()).query("conversation_id", task.thread());
    } else if (task.kind() == "check") {
      request.get(kMessage + "conversation/list/").auth_header("Access-Token").safe();
      request.query("business_id", task.account_key()).query("conversation_type", "SINGLE").query("limit", 1);
    } else if (task.kind() == "subscribe") {
      encode_subscribe(kEvents[0], task, request);
    } else {
      request.cannot("task", "TikTok has no task of the kind " + std::string(task.kind()));
    }
  }

  void interpret(const postern::Task& task, const postern::Answer& answer, postern::Outcome& outcome) override {
    const Node body = answer.json(), data = body["data"];
    const bool is_upload = task.kind() == "part" && task.is_to_upload("image");
    const bool is_part = task.kind() == "part" && !is_upload, is_list = task.kind() == "list";
    const std::int64_t code = body["code"].integer(-1);
    // A conversation of a listing that is gone meanwhile has no messages.
    if (code != 0 && !(is_list && code == 40007)) return tiktok::interpret_error(answer, !is_part, outcome);
    if (is_part) return interpret_sent(task, data, outcome);
    if (is_upload) return interpret_uploaded(task, data["media_id"].id_if_any(), outcome);
    if (is_list) return tiktok::Listing(task).interpret(data, outcome);
    if (task.kind() == "subscribe" && !task.memo())
      return encode_subscribe(kEvents[1], task, outcome.step({{"then", "comments"}}));
    const std::string_view file = data["download_url"].text();
    if (task.kind() == "media" && file.empty()) return outcome.failed("gone", {}, "the file has no address");
    outcome.done();
    if (task.kind() == "media") outcome.media(file, "header", "x-user");
    if (task.kind() == "profile") interpret_profile(task, data, outcome);
  }

 private:
  static constexpr std::string_view kEvents[] = {"DIRECT_MESSAGE", "COMMENT"};  // of the webhook

  static void encode_part(const postern::Task& task, postern::Request& request) {
    const postern::Part part = task.part();
    if (part.action() == "hide") return encode_public("hide/", task, request);
    if (!part.action().empty()) return encode_action(task, request);
    if (task.is_public()) return encode_public("reply/create/", task, request);
    if (!part.to_comment().empty()) return encode_private_reply(task, request);
    if (part.quick_replies().size() != 0) return encode_card(task, request);
    if (part.text().empty()) return encode_attachment(task, request);
    Writer& json = begin("TEXT", task, request).object("text").field("body", part.text()).end();
    if (!part.reply_to().empty())
      json.object("referenced_message_info").field("referenced_message_id", part.reply_to()).end();
    json.end();
  }

  static Writer& call(const std::string& path, const postern::Task& task, postern::Request& request) {
    Writer& json = request.post(path).auth_header("Access-Token").json();
    return json.object().field("business_id", task.account_key());
  }
  static Writer& begin(std::string_view type, const postern::Task& task, postern::Request& request) {
    Writer& json = call(kMessage + "send/", task, request).field("recipient_type", "CONVERSATION");
    return json.field("recipient", task.thread()).field("message_type", type);
  }

  static void encode_action(const postern::Task& task, postern::Request& request) {
    const std::string_view action = task.part().action();
    if (task.is_public() || (action != "typing" && action != "seen"))
      return request.cannot("action", "TikTok cannot do this here: " + std::string(action));
    begin("SENDER_ACTION", task, request).field("sender_action", action == "typing" ? "TYPING" : "MARK_READ").end();
  }

  /// A thread of comments holds the video, which TikTok wants to be told: comment:<video>:<person>.
  static void encode_public(const std::string& what, const postern::Task& task, postern::Request& request) {
    const postern::Part part = task.part();
    constexpr std::string_view kPrefix = "comment:";
    std::string_view video = task.thread();
    video = video.starts_with(kPrefix) ? video.substr(kPrefix.size()) : std::string_view();
    video = video.substr(0, video.find(':'));
    if (video.empty() || part.to_comment().empty())
      return request.cannot("comment", "only a comment below a video of the account can be answered or hidden");
    if (part.action().empty() && part.text().empty())
      return request.cannot("attachment", "a comment can only be answered with text");
    if (characters(part.text()) > kMostComment)
      return request.cannot("text", "an answer to a comment has at most 150 characters");
    Writer& json = call(kBusiness + "comment/" + what, task, request).field("video_id", video);
    json.field("comment_id", part.to_comment());
    if (part.action().empty())
      json.field("text", part.text()).end();
    else
      json.field("action", "HIDE").end();
  }

  static void encode_private_reply(const postern::Task& task, postern::Request& request) {
    const postern::Part part = task.part();
    if (part.text().empty()) return request.cannot("attachment", "a private reply to a comment can only be text");
    Writer& json = call(kMessage + "send/", task, request).field("message_type", "TEXT");
    json.object("text").field("body", part.text()).end();
    json.object("direct_reply").field("reply_type", "COMMENT_REPLY");
    json.object("comment_reply").field("comment_id", part.to_comment()).end().end().end();
  }

  /// Short titles are buttons, longer ones links; both come back as a text that names the button.
  static void encode_card(const postern::Task& task, postern::Request& request) {
    const postern::Part part = task.part();
    const Node replies = part.quick_replies();
    if (part.text().empty() || characters(part.text()) > kMostTitle || replies.size() > kMostButtons)
      return request.cannot("card", "TikTok shows choices below a text of at most 40 characters, and at most three");
    bool is_short = true;
    for (const Node reply : replies) {
      const std::string_view title = reply["title"].text();
      is_short = is_short && characters(title) <= kMostButtonTitle;
      if (characters(title) > kMostLinkTitle || characters(reply["payload"].text(title)) > kMostId)
        return request.cannot("card", "a choice has a title and a payload of at most 40 characters");
    }
    Writer& json = begin("TEMPLATE", task, request).object("template");
    json.field("type", is_short ? "QA_BUTTON_CARD" : "QA_LINK_CARD").field("title", part.text()).array("buttons");
    for (const Node reply : replies) {
      const std::string_view title = reply["title"].text();
      json.object().field("type", "REPLY").field("title", title).field("id", reply["payload"].text(title)).end();
    }
    json.end().end().end();
  }

  /// An image is uploaded first; a post is one of the account's own, named by id or address.
  static void encode_attachment(const postern::Task& task, postern::Request& request) {
    const Node attachment = task.part().attachment();
    const std::string_view type = attachment["type"].text(), id = task.uploaded();
    if (task.is_to_upload("image")) {
      request.post(kMessage + "media/upload/").auth_header("Access-Token").safe();
      request.multipart("business_id", task.account_key()).multipart("media_type", "IMAGE");
      request.file("file", attachment["url"].text(), "image", kLargestImage);
    } else if (type == "image" && !id.empty()) {
      encode_image(id, task, request);
    } else if (const std::string_view post = id.empty() ? post_of(attachment["url"].text()) : id;
               type == "share" && !post.empty()) {
      begin("SHARE_POST", task, request).object("share_post").field("item_id", post).end().end();
    } else {
      request.cannot("attachment", "TikTok takes images and the account's own posts, not a " + std::string(type));
    }
  }
  static void encode_image(std::string_view id, const postern::Task& task, postern::Request& request) {
    begin("IMAGE", task, request).object("image").field("media_id", id).end().end();
  }
  static void interpret_uploaded(const postern::Task& task, const std::string& id, postern::Outcome& outcome) {
    if (id.empty()) return outcome.retry("transient", "the upload was accepted, but without its id");
    encode_image(id, task, outcome.step({{"uploaded", id}}));
  }

  static void encode_media(const postern::Task& task, postern::Request& request) {
    const Node file = task["attachment"];
    Writer& json = call(kMessage + "media/download/", task, request.safe()).field("conversation_id", task.thread());
    json.field("message_id", file["extra"]["message_id"].text()).field("media_id", file["id"].text());
    json.field("media_type", file["type"].text() == "video" ? "VIDEO" : "IMAGE").end();
  }
  /// https://www.tiktok.com/@acme/video/7412345678901234567?lang=en
  static std::string_view post_of(std::string_view url) {
    constexpr std::string_view kVideo = "/video/";
    const auto at = url.find(kVideo);
    if (at == url.npos) return {};
    url.remove_prefix(at + kVideo.size());
    return url.substr(0, url.find_first_not_of("0123456789"));
  }

  static void encode_subscribe(std::string_view event, const postern::Task& task, postern::Request& request) {
    const std::string_view url = task.option("webhook_url").text();
    if (url.empty())
      return request.cannot("webhook_url", "the account has no webhook_url: say where TikTok shall post");
    request.post(kBusiness + "webhook/update/").safe();
    Writer& json = request.json().object().field("app_id", "{credential:app_id}");
    json.field("secret", "{credential:app_secret}").field("event_type", event);
    json.field("callback_url", url).end();
  }

  /// Typing and read marks have no id.
  static void interpret_sent(const postern::Task& task, Node data, postern::Outcome& outcome) {
    const Node told = data["message"]["message_id"] ? data["message"]["message_id"] : data["comment_id"];
    const std::string id = told.id_if_any();
    if (task.part().action().empty() && id.empty())
      return outcome.unclear("code 0, but without the id of what was sent");
    outcome.sent(id);
  }

  static void interpret_profile(const postern::Task& task, Node data, postern::Outcome& outcome) {
    for (const Node each : data["participants"])
      if (each["id"].id_if_any() == task.sender()) return outcome.profile({.name = each["display_name"].text()});
  }
};

}  // namespace

POSTERN_PLATFORM(TikTok, "org.postern.tiktok", "1.0.0", "TikTok: direct messages and comments of business accounts.");
