// SPDX-License-Identifier: Apache-2.0
// Snapchat, as far as it goes: messages come from a tool of the operator's (bridge.hpp), and are answered through that
// tool, or, to creators, through Snap's Public Profile API.
#include <postern/platform.hpp>

#include <algorithm>
#include <string>
#include <string_view>

#include "bridge.hpp"

namespace {

using postern::Node;
using postern::Writer;

/// The part's id as the UUID by which both the bridge and Snap know the message.
std::string uuid_of(std::string_view id) {
  std::string uuid(id);
  for (const std::size_t at : {8, 13, 18, 23})
    if (at < uuid.size()) uuid.insert(at, "-");
  return uuid;
}

class Snapchat final : public postern::Platform {
 public:
  static constexpr char facts[] = R"({
    "platform": "snapchat",
    "base_url": "https://businessapi.snapchat.com",
    "signature": {"scheme": "hmac-sha256", "header": "webhook-signature", "prefix": "v1,", "list": " ",
                  "encoding": "base64", "signed": "{id}.{timestamp}.{body}", "id": {"header": "webhook-id"},
                  "timestamp": {"header": "webhook-timestamp"}, "tolerance": 300,
                  "secret": "bridge_secret", "secret_form": "base64", "secret_prefix": "whsec_"},
    "secret_of": "section",
    "handshake": null,
    "credentials": [
      {"name": "token", "required": false, "secret": true,
       "refresh": {"when": "expires", "before": "10m", "single_use": false, "base_url": "https://accounts.snapchat.com",
                   "request": {"method": "POST", "path": "/login/oauth2/access_token",
                               "form": {"grant_type": "refresh_token", "refresh_token": "{credential:refresh_token}",
                                        "client_id": "{credential:client_id}",
                                        "client_secret": "{credential:client_secret}"}},
                   "answer": {"token": "/access_token", "expires_in": "/expires_in",
                              "refresh_token": "/refresh_token", "error": "/error"}}},
      {"name": "refresh_token", "required": false, "secret": true}],
    "traits": {"kinds": ["message", "echo"], "attachments": [], "text_unit": "codepoints", "receipts": false,
               "edit": false, "comments": false, "groups": false, "settle": "key", "tasks": ["part"], "poll": false,
               "typing": false, "seen": false}
  })";

  static constexpr postern::Option options[] = {
      {"bridge_secret", postern::secret, postern::required,
       "What the bridge signs with: whsec_ and base64, as Standard Webhooks has it."},
      {"client_id", postern::secret, postern::absent, "The client id at Snap, to refresh tokens with."},
      {"client_secret", postern::secret, postern::absent, "The client secret at Snap, to refresh tokens with."},
      {"answers", postern::string, "app",
       "Where answers go: \"bridge\" (base_url is the tool's), \"profile\" (Snap's API, to creators), or \"app\": "
       "people write them in Snapchat.",
       postern::per_account}};

  void decode(const postern::Webhook& webhook, postern::Events& events) override {
    const Node item = webhook.json();
    events.item(item["to"].text(), item, [&] { snapchat::Message(item, webhook.now(), events).read(); });
  }

  void encode(const postern::Task& task, postern::Request& request) override {
    const std::string_view answers = task.option("answers").text("app");
    if (task.kind() != "part") return request.cannot("task", "Snapchat has no task but sending");
    if (task.part().text().empty()) return request.cannot("text", "Snapchat is answered with text alone");
    if (answers == "bridge") return encode_bridge(task, request);
    if (answers != "profile") return request.cannot("app", "this account is answered in Snapchat's app, by people");
    const std::string_view creator = creator_of(task);
    if (creator.empty()) return request.cannot("creator", "Snap's API reaches creators alone, and this is none");
    request.get(profile(task) + "/group_conversation").query("creator_profile_id", creator).bearer().safe();
  }

  void interpret(const postern::Task& task, const postern::Answer& answer, postern::Outcome& outcome) override {
    if (task.option("answers").text() == "bridge") return interpret_bridge(task, answer, outcome);
    const Node body = answer.json(), memo = task.memo();
    const std::string_view step = memo["step"].text();
    if (!answer.ok() || body["request_status"].text() != "SUCCESS")
      return interpret_error(answer, step == "send", outcome);
    if (step == "send") return interpret_sent(task, body, outcome);
    if (step == "look") return look(task, body, outcome);
    const std::string_view id = body["conversation"]["conversation_id"].text(),
                           token = body["conversation"]["token"].text();
    if (id.empty() || token.empty()) return outcome.retry("transient", "success, but without a conversation");
    postern::Request& request = outcome.step({{"step", "look"}, {"conversation_id", id}, {"token", token}});
    request.get(messages(task)).query("conversation_id", id).query("token", token).query("limit", 50).bearer().safe();
  }

 private:
  static std::string_view creator_of(const postern::Task& task) {
    const std::string_view thread = task.thread();
    return thread.starts_with(snapchat::kCreator) ? thread.substr(snapchat::kCreator.size()) : std::string_view();
  }

  // The bridge: one request, whose id the tool has to know again.

  static void encode_bridge(const postern::Task& task, postern::Request& request) {
    Writer& json = request.post("/messages").bearer().json().object().field("id", uuid_of(task.id()));
    if (const std::string_view creator = creator_of(task); !creator.empty())
      json.field("profile_id", creator);
    else
      json.field("conversation_id", task.thread());
    json.field("from", task.account_key()).field("type", "text").field("text", task.part().text()).end();
  }

  static void interpret_bridge(const postern::Task& task, const postern::Answer& answer, postern::Outcome& outcome) {
    if (answer.ok() || answer.status() == 409) return outcome.sent(uuid_of(task.id()));  // 409: it has it already
    interpret_error(answer, true, outcome);
  }

  // Snap's API: find the conversation, look whether the message is there, send it. Snap lets us choose the message's id
  // and does not promise to refuse a second one of it, so what is sent again is looked for first.

  static std::string profile(const postern::Task& task) {
    return "/v1/public_profiles/" + postern::segment(task.account_key());
  }
  static std::string messages(const postern::Task& task) { return profile(task) + "/group_conversation_messages"; }

  static void look(const postern::Task& task, Node body, postern::Outcome& outcome) {
    const std::string id = uuid_of(task.id());
    for (const Node item : body["group_conversation_messages"])
      if (item["group_conversation_message"]["message_id"].text() == id) return outcome.sent(id);
    const Node memo = task.memo();
    const std::string_view conversation = memo["conversation_id"].text(), token = memo["token"].text();
    postern::Request& request = outcome.step({{"step", "send"}});
    Writer& json = request.post(messages(task)).bearer().json().object();
    json.field("conversation_id", conversation).field("token", token).array("group_conversation_messages").object();
    json.field("type", "TEXT").field("text_message", task.part().text()).field("message_id", id).end().end().end();
  }

  static void interpret_sent(const postern::Task& task, Node body, postern::Outcome& outcome) {
    const Node item = body["group_conversation_messages"].at(0);
    const std::string_view status = item["sub_request_status"].text();
    if (status == "SUCCESS") return outcome.sent(uuid_of(task.id()));
    if (status.empty()) return outcome.unclear("success, but without the status of the message");
    const std::string code = item["error_code"].id_if_any();
    outcome.failed("invalid", code, "the message was refused: " + std::string(reason(item)));
  }

  static std::string_view reason(Node answer) {
    return answer["debug_message"].text(answer["display_message"].text(answer["message"].text("no reason told")));
  }

  /// `sending`: the request was the one that sends, so that it may have done so.
  static void interpret_error(const postern::Answer& answer, bool sending, postern::Outcome& outcome) {
    const Node body = answer.json();
    const std::int64_t status = answer.status();
    std::string code = std::to_string(status);
    if (const std::string own = body["error_code"].id_if_any(); !own.empty()) code += "/" + own;
    const std::string text = "HTTP " + code + ": " + std::string(reason(body));
    if (status == 429) return outcome.retry("rate", text, answer.retry_after());
    if (status == 401) return outcome.pause("auth", code, "the token has expired or is not valid");
    if (status == 403) return outcome.pause("restricted", code, "not allowed to send messages: " + text);
    if (status == 404 || status == 410) return outcome.failed("gone", code, text);
    if (status >= 400 && status < 500) return outcome.failed("invalid", code, text);
    if (answer.ok() && body["request_status"].text() == "ERROR") return outcome.failed("invalid", code, text);
    if (sending) return outcome.unclear(text);
    outcome.retry("transient", text);
  }
};

}  // namespace

POSTERN_PLATFORM(Snapchat, "org.postern.snapchat", "1.0.0",
                 "Snapchat: messages from a bridge, answered through it or, to creators, through Snap's API.");
