// SPDX-License-Identifier: Apache-2.0
// Direct messages and mentions of X accounts, by webhook or by poll. activity.hpp reads what comes in; this file says
// what the platform is and makes and reads the requests.
#include <postern/platform.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "activity.hpp"
#include "answer.hpp"

namespace {

using postern::Node;
using postern::Writer;

/// What an account subscribes to, each with a request of its own.
constexpr std::string_view kEvents[] = {"dm.received",         "dm.sent",           "dm.read",
                                        "dm.indicate_typing",  "chat.received",     "chat.sent",
                                        "post.mention.create", "post.reply.create", "post.quote.create",
                                        "post.delete",         "follow.follow",     "follow.unfollow",
                                        "block.block",         "block.unblock",     "oauth.revoke"};

/// Where a poll stands: what it has read up to, and the page to go on with if there was more than one poll could read.
struct Place {
  std::string since, page;
};

constexpr std::int64_t kLargestImage = 5 << 20;  // bytes
constexpr std::int64_t kMostPages = 6;           // further ones in one poll
constexpr std::int64_t kFirstPoll = 86'400'000;  // milliseconds; what is older when an account begins is history

class X final : public postern::Platform {
 public:
  static constexpr char facts[] = R"({
    "platform": "x",
    "base_url": "https://api.x.com",
    "signature": {"scheme": "hmac-sha256", "header": "x-twitter-webhooks-signature", "prefix": "sha256=",
                  "encoding": "base64", "signed": "{body}", "secret": "app_secret",
                  "or": [{"header": "x-twitter-webhooks-signature-oauth2"}]},
    "secret_of": "section",
    "handshake": {"method": "GET", "present": ["crc_token"],
                  "answer": {"as": "json", "fields": {"response_token":
                             {"hmac": "base64", "param": "crc_token", "prefix": "sha256="}}}},
    "credentials": [
      {"name": "token", "required": true, "secret": true,
       "refresh": {"when": "expires", "before": "10m",
                   "request": {"method": "POST", "path": "/2/oauth2/token",
                               "form": {"grant_type": "refresh_token", "refresh_token": "{credential:refresh_token}"},
                               "auth": {"as": "basic", "user": "client_id", "credential": "client_secret"}},
                   "answer": {"token": "/access_token", "expires_in": "/expires_in",
                              "refresh_token": "/refresh_token", "error": "/error"}}},
      {"name": "refresh_token", "required": false, "secret": true},
      {"name": "app_token", "required": false, "secret": true},
      {"name": "consumer_key", "required": false, "secret": true},
      {"name": "consumer_secret", "required": false, "secret": true},
      {"name": "token_secret", "required": false, "secret": true}],
    "traits": {"kinds": ["message", "comment", "mention", "receipt", "typing", "unsend", "optin", "optout", "follow",
                         "echo", "member", "notice"],
               "attachments": ["image", "share"],
               "text_unit": "codepoints", "receipts": true, "edit": false, "comments": true, "groups": true,
               "settle": "echo", "tasks": ["part", "media", "poll", "profile", "list", "subscribe", "check"],
               "poll": true,
               "typing": false, "seen": false}
  })";

  static constexpr postern::Option options[] = {
      {"app_secret", postern::secret, postern::required,
       "The App's OAuth 2.0 client secret, its API key secret, or a list of both: they sign the webhooks."},
      {"client_id", postern::secret, postern::absent, "The App's OAuth 2.0 client id, to refresh tokens with."},
      {"client_secret", postern::secret, postern::absent, "The App's OAuth 2.0 client secret, to refresh tokens with."},
      {"app_id", postern::string, postern::absent,
       "The App's id. With it, what a colleague writes in X's own app is told apart from what Postern sends."},
      {"auth", postern::string, "oauth2", "How requests are authorised: \"oauth2\" or \"oauth1\".",
       postern::per_account},
      {"webhook_url", postern::string, postern::absent,
       "The address of this section's webhook as X reaches it, for the task \"subscribe\".", postern::per_account}};

  explicit X(const postern::Config& config) : app_(config.string("app_id")) {
    if (!config.accounts().is_object()) return;
    for (const auto& [name, account] : config.accounts().json()->get_object()) {
      const Node auth = Node(account)["auth"];
      if (auth && auth.text() != "oauth2" && auth.text() != "oauth1")
        throw config.wrong("/accounts/" + std::string(name) + "/auth", "expected \"oauth2\" or \"oauth1\"", auth);
    }
  }

  void decode(const postern::Webhook& webhook, postern::Events& events) override {
    x::decode(webhook.json(), app_, events);
  }

  void encode(const postern::Task& task, postern::Request& request) override {
    if (task.kind() == "part") return encode_part(task, task.uploaded(), request);
    if (task.kind() == "media") return encode_media(task, request);
    if (task.kind() == "poll") return encode_poll(task, place_of(task), request);
    if (task.kind() == "list") return encode_poll(task, {"", std::string(task.cursor())}, request);
    if (task.kind() == "subscribe") return encode_webhooks(task, request);
    if (task.kind() == "check") return void(as_user(task, request.get("/2/users/me")).safe());
    if (task.kind() != "profile")
      return request.cannot("task", "X has no task of the kind " + std::string(task.kind()));
    as_user(task, request.get("/2/users/" + postern::segment(task.sender()))).safe();
    request.query("user.fields", "name,username,receives_your_dm");
  }

  void interpret(const postern::Task& task, const postern::Answer& answer, postern::Outcome& outcome) override {
    if (task.kind() == "subscribe") return interpret_subscribe(task, answer, outcome);
    const Node body = answer.json(), data = body["data"];
    const bool part = task.kind() == "part" && !task.is_to_upload("image");
    if (task.kind() == "poll" && answer.status() == 400) return begin_again(task, answer, outcome);
    if (!answer.ok()) return x::interpret_error(answer, !part, task.now(), outcome);
    if (part) return interpret_sent(task, data, outcome);
    if (!body.is_object()) return outcome.retry("transient", "an answer that is no JSON");
    if (!data && body["errors"]) return outcome.failed("gone", "200", body["errors"].at(0)["detail"].text("not found"));
    if (task.kind() == "part") return interpret_uploaded(task, data["id"].id_if_any(), outcome);
    if (task.kind() == "poll") return interpret_poll(task, answer, outcome);
    if (task.kind() == "list") return interpret_list(task, body, outcome);
    if (task.kind() == "check" && data["id"].text() != task.account_key())
      return outcome.pause("configuration", "id", "the token is another account's: compare the account's id");
    outcome.done();
    if (task.kind() == "check") return write_standing(answer, outcome);
    boost::json::object hints;
    if (data["receives_your_dm"]) hints["receives_your_dm"] = data["receives_your_dm"].boolean();
    const postern::Json extra = std::move(hints);
    outcome.profile({.name = data["name"].text(), .handle = data["username"].text(), .extra = extra});
  }

 private:
  static postern::Request& as_user(const postern::Task& task, postern::Request& request) {
    return task.option("auth").text() == "oauth1" ? request.auth_oauth1() : request.bearer();
  }

  /// Of OAuth 1.0a X says how far the App's permission goes.
  static void write_standing(const postern::Answer& answer, postern::Outcome& outcome) {
    const Node data = answer.json()["data"];
    const std::string_view level = answer.header("x-access-level");
    postern::AccountStanding standing{data["id"].text(), data["name"].text(), {}, {}, {}};
    if (!level.empty()) standing.scopes.emplace_back(level);
    if (!level.empty() && level != "read-write-directmessages")
      standing.missing.emplace_back(
          "the App may not send direct messages: give it that permission, then issue the account's token anew");
    outcome.account(standing);
  }

  // Parts

  /// `media`: of the part's file, once it is uploaded.
  static void encode_part(const postern::Task& task, std::string_view media, postern::Request& request) {
    const postern::Part part = task.part();
    if (!part.action().empty())
      return request.cannot("action", "X's API has no " + std::string(part.action()) + " for messages");
    if (media.empty() && task.is_to_upload("image")) return encode_upload(task, request);
    const Node attachment = part.attachment();
    std::string text(attachment["type"].text() == "share" ? attachment["url"].text() : part.text());
    if (text.empty() && media.empty())
      return request.cannot("attachment", "images are uploaded and posts shared; of other files send the address");
    // There are no buttons: what they would have said stands below.
    for (const Node reply : part.quick_replies()) text.append("\n- ").append(reply["title"].text());
    if (task.is_public()) return encode_reply(task, text, media, request);
    const std::string_view thread = task.thread();
    // To a post there is no private answer of its own: the thread's last part is its author.
    const bool to_post = !part.to_comment().empty();
    const std::string_view person =
        to_post ? thread.substr(thread.rfind(':') + 1) : x::other_than(task.account_key(), thread);
    const std::string where = person.empty() ? postern::segment(thread) : "with/" + postern::segment(person);
    as_user(task, request.post("/2/dm_conversations/" + where + "/messages"));
    Writer& json = request.json().object().optional("text", text);
    if (!media.empty()) json.array("attachments").object().field("media_id", media).end().end();
    json.end();
  }

  static void encode_upload(const postern::Task& task, postern::Request& request) {
    as_user(task, request.post("/2/media/upload")).safe();
    request.multipart("media_category", task.is_public() ? "tweet_image" : "dm_image");
    request.file("media", task.part().attachment()["url"].text(), "image", kLargestImage);
  }

  static void interpret_uploaded(const postern::Task& task, const std::string& id, postern::Outcome& outcome) {
    if (id.empty()) return outcome.retry("transient", "the upload was accepted, but without its id");
    encode_part(task, id, outcome.step({{"uploaded", id}}));
  }

  static void encode_media(const postern::Task& task, postern::Request& request) {
    const std::string path = x::download_path(task["attachment"]["extra"]["address"].text());
    if (path.empty()) return request.cannot("media", "the API gives this file out to nobody");
    as_user(task, request.get(path)).safe().brings_file();
  }

  static void encode_reply(const postern::Task& task, std::string_view text, std::string_view media,
                           postern::Request& request) {
    if (task.part().to_comment().empty())
      return request.cannot("comment", "a public answer needs a post that it is for");
    as_user(task, request.post("/2/tweets"));
    Writer& json = request.json().object().optional("text", text);
    if (!media.empty()) json.object("media").array("media_ids").value(media).end().end();
    json.object("reply").field("in_reply_to_tweet_id", task.part().to_comment()).end().end();
  }

  static void interpret_sent(const postern::Task& task, Node data, postern::Outcome& outcome) {
    const std::string id = data[task.is_public() ? "id" : "dm_event_id"].id_if_any();
    if (id.empty()) return outcome.unclear("accepted, but without the id of what was sent");
    const std::string conversation = data["dm_conversation_id"].id_if_any();
    const bool opens = !task.is_public() && !task.part().to_comment().empty() && !conversation.empty();
    outcome.sent(id, opens ? x::thread_of(conversation) : std::string());
  }

  // Polls. Events come newest first, a hundred a page, and there is no way to ask for those after another: a poll goes
  // back page by page to where the last one ended and takes the oldest page, so that order holds.

  static Place place_of(const postern::Task& task) {
    const std::string_view cursor = task.cursor();
    const auto space = std::min(cursor.find(' '), cursor.size());
    Place place{std::string(cursor.substr(0, space)), std::string(cursor.substr(std::min(space + 1, cursor.size())))};
    if (place.since.empty()) place.since = x::id_at(task.now() - kFirstPoll * 1'000);
    if (const auto page = task.memo()["page"].text(); !page.empty()) place.page = page;
    return place;
  }

  static void encode_poll(const postern::Task& task, const Place& place, postern::Request& request) {
    as_user(task, request.get("/2/dm_events")).safe();
    request.query("event_types", "MessageCreate,ParticipantsJoin,ParticipantsLeave").query("max_results", 100);
    request.query("dm_event.fields",
                  "id,event_type,text,sender_id,dm_conversation_id,created_at,attachments,referenced_tweets,"
                  "participant_ids");
    request.query("expansions", "sender_id,participant_ids,attachments.media_keys");
    request.query("user.fields", "name,username").query("media.fields", "type,url,preview_image_url,variants");
    if (!place.page.empty()) request.query("pagination_token", place.page);
  }

  /// What webhooks should have told: messages of one person to the account. Pages come newest first, so the one that
  /// reaches back to `since` is the last.
  void interpret_list(const postern::Task& task, Node body, postern::Outcome& outcome) const {
    outcome.done();
    bool older = false;
    const x::Reader reader{std::string(task.account_key()), app_, body["includes"]["users"]};
    for (std::size_t left = body["data"].size(); left-- > 0;) {
      const Node event = body["data"].at(left);
      older = older || postern::time_of(event["created_at"]).value_or(0) < task.since().value_or(0);
      const bool own = event["sender_id"].id_if_any() == reader.account;
      const bool group = event["dm_conversation_id"].id_if_any().find('-') == std::string::npos;
      if (own || group || event["event_type"].text() != "MessageCreate") continue;
      outcome.events().item(reader.account, event,
                            [&] { x::read_listed(reader, event, body["includes"]["media"], outcome.events()); });
    }
    const std::string_view next = body["meta"]["next_token"].text();
    if (!next.empty() && !older) outcome.cursor(next);
  }

  void interpret_poll(const postern::Task& task, const postern::Answer& answer, postern::Outcome& outcome) const {
    const Node body = answer.json();
    const std::int64_t pause = x::seconds_between(answer, task.now());
    const Place place = place_of(task);
    std::vector<Node> fresh;
    for (const Node event : body["data"])
      if (x::is_less(place.since, event["id"].id_if_any())) fresh.push_back(event);
    const Node memo = task.memo();
    const std::int64_t pages = memo["pages"].integer() + 1;
    const std::string next(body["meta"]["next_token"].text());
    const std::string oldest = fresh.empty() ? std::string() : fresh.back()["id"].id();
    // All is new: is there more on the page before? If there was nothing, this one is come back to, and is the oldest.
    if (!next.empty() && !fresh.empty() && fresh.size() == body["data"].size() && oldest != memo["boundary"].text()) {
      if (pages <= kMostPages)
        return encode_poll(task, {place.since, next},
                           outcome.step({{"page", next}, {"pages", pages}, {"newer", place.page}, {"oldest", oldest}}));
      outcome.done(pause);
      return outcome.cursor(place.since + " " + place.page);
    }
    if (fresh.empty() && memo["newer"].is_string()) {
      const std::string newer(memo["newer"].text());
      return encode_poll(
          task, {place.since, newer},
          outcome.step({{"page", newer}, {"pages", pages}, {"boundary", std::string(memo["oldest"].text())}}));
    }
    outcome.done(pause);
    const x::Reader reader{std::string(task.account_key()), app_, body["includes"]["users"]};
    for (auto event = fresh.rbegin(); event != fresh.rend(); ++event)
      outcome.events().item(reader.account, *event,
                            [&] { x::read_listed(reader, *event, body["includes"]["media"], outcome.events()); });
    if (!fresh.empty())
      outcome.cursor(fresh.front()["id"].id());
    else if (!place.page.empty())
      outcome.cursor(place.since);
  }

  /// The place of a page is good for some time only: from the newest page on, then.
  static void begin_again(const postern::Task& task, const postern::Answer& answer, postern::Outcome& outcome) {
    const Place place = place_of(task);
    if (place.page.empty()) return x::interpret_error(answer, true, task.now(), outcome);
    outcome.done(x::seconds_between(answer, task.now()));
    outcome.cursor(place.since);
  }

  // Subscribing: find or make the App's webhook, then ask for each kind of event.

  static void encode_webhooks(const postern::Task& task, postern::Request& request) {
    if (task.option("webhook_url").text().empty())
      return request.cannot("task",
                            "set the account's webhook_url and app_token, or see docs/platforms/x.md for the requests");
    request.get("/2/webhooks").bearer("app_token").safe();
  }

  static void interpret_subscribe(const postern::Task& task, const postern::Answer& answer, postern::Outcome& outcome) {
    const Node body = answer.json(), memo = task.memo();
    const std::int64_t done = memo["subscribed"].integer(-1);
    // One that exists is as good as made, and without follows and blocks, which not every App may have, the rest works.
    const bool exists = x::says(body, "Duplicate") || x::says(body["errors"].at(0), "Duplicate");
    const bool dispensable = done > 0 && (answer.status() == 400 || answer.status() == 403);
    if (!answer.ok() && (done < 0 || !(exists || dispensable)))
      return x::interpret_error(answer, true, task.now(), outcome);
    if (done >= 0) return subscribe(task, memo["webhook"].text(), done + 1, outcome);
    const std::string made = body["data"]["id"].id_if_any();
    if (!made.empty()) return subscribe(task, made, 0, outcome);
    const std::string_view url = task.option("webhook_url").text();
    for (const Node webhook : body["data"])
      if (const std::string id = webhook["id"].id_if_any(); !id.empty() && webhook["url"].text() == url)
        return subscribe(task, id, 0, outcome);
    if (memo) return outcome.retry("transient", "X made a webhook without saying its id");
    outcome.step({{"made", true}}).post("/2/webhooks").bearer("app_token").json().object().field("url", url).end();
  }

  static void subscribe(const postern::Task& task, std::string_view webhook, std::int64_t number,
                        postern::Outcome& outcome) {
    if (number == std::ssize(kEvents)) return outcome.done();
    postern::Request& request =
        outcome.step({{"webhook", webhook}, {"subscribed", number}}).post("/2/activity/subscriptions");
    Writer& json = as_user(task, request).json().object().field("event_type", kEvents[number]);
    json.object("filter").field("user_id", task.account_key()).end();
    json.field("tag", task.account()).field("webhook_id", webhook).end();
  }

  const std::string app_;
};

}  // namespace

POSTERN_PLATFORM(X, "org.postern.x", "1.0.0", "X: direct messages of two and of groups, mentions and replies.");
