// SPDX-License-Identifier: Apache-2.0
// LinkedIn's Community Management API: comments below a Page's posts, and public answers to them. There are no direct
// messages for programs. notification.hpp reads what comes in; this file says what the platform is and makes and reads
// the requests.
#include <postern/platform.hpp>

#include <string>
#include <string_view>

#include "notification.hpp"

namespace {

using postern::Node;
using postern::Writer;

constexpr char kVersion[] = "202609";  // LinkedIn serves a version for a year

class LinkedIn final : public postern::Platform {
 public:
  // The documents sign a word before the body; some of what is sent signs the body and puts the word before the MAC.
  static constexpr char facts[] = R"({
    "platform": "linkedin",
    "base_url": "https://api.linkedin.com",
    "signature": {"scheme": "hmac-sha256", "header": "X-LI-Signature", "encoding": "hex",
                  "signed": "hmacsha256={body}", "secret": "client_secret",
                  "or": [{"prefix": "hmacsha256=", "signed": "{body}"}]},
    "secret_of": "section",
    "handshake": {"method": "GET", "present": ["challengeCode"],
                  "answer": {"as": "json", "fields": {
                      "challengeCode": {"param": "challengeCode"},
                      "challengeResponse": {"hmac": "hex", "param": "challengeCode"}}}},
    "credentials": [
      {"name": "token", "required": true, "secret": true,
       "refresh": {"when": "expires", "before": "7d", "first_after": "1d", "single_use": false,
                   "base_url": "https://www.linkedin.com",
                   "request": {"method": "POST", "path": "/oauth/v2/accessToken",
                               "form": {"grant_type": "refresh_token", "refresh_token": "{credential:refresh_token}",
                                        "client_id": "{credential:client_id}",
                                        "client_secret": "{credential:client_secret}"}},
                   "answer": {"token": "/access_token", "expires_in": "/expires_in",
                              "refresh_token": "/refresh_token", "error": "/error"}}},
      {"name": "refresh_token", "required": false, "secret": true}],
    "traits": {"kinds": ["comment", "mention", "reaction", "edit", "unsend", "echo", "notice"], "attachments": [],
               "text_unit": "codepoints", "receipts": false, "edit": true, "comments": true, "groups": false,
               "settle": "nothing", "tasks": ["part", "subscribe", "check"], "poll": false, "typing": false, "seen": false}
  })";

  static constexpr postern::Option options[] = {
      {"client_secret", postern::secret, postern::required, "The application's client secret, which signs webhooks."},
      {"client_id", postern::secret, postern::absent, "The application's client id, to refresh tokens with."},
      {"application", postern::string, postern::absent, "The application's number, to subscribe the webhook."},
      {"member", postern::string, postern::absent,
       "The administrator's URN, urn:li:person:…, to subscribe the webhook.", postern::per_account},
      {"webhook_url", postern::string, postern::absent, "The address of this section's webhook, to subscribe it.",
       postern::per_account},
      {"api_version", postern::string, kVersion, "The version of the API, as LinkedIn writes it.",
       postern::per_account}};

  explicit LinkedIn(const postern::Config& config) : application_(config.string("application")) {}

  void decode(const postern::Webhook& webhook, postern::Events& events) override {
    const Node body = webhook.json();
    if (body["type"].text() != "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS" || !body["notifications"].is_array())
      return void(events.unknown({}, body));
    for (const Node item : body["notifications"])
      events.item(item["organizationalEntity"].text(), item, [&] { linkedin::Notification(item, events).read(); });
  }

  void encode(const postern::Task& task, postern::Request& request) override {
    if (task.kind() == "part") return encode_answer(task, request);
    if (task.kind() == "subscribe") return encode_subscription(task, request);
    if (task.kind() != "check")
      return request.cannot("task", "LinkedIn has no task of the kind " + std::string(task.kind()));
    const std::string_view id = task.account_key();
    start(task, request.get("/rest/organizations/" + postern::segment(id.substr(id.rfind(':') + 1))).safe());
  }

  void interpret(const postern::Task& task, const postern::Answer& answer, postern::Outcome& outcome) override {
    if (!answer.ok()) return interpret_error(task, answer, outcome);
    const Node body = answer.json();
    if (task.kind() != "part") {
      outcome.done();
      postern::AccountStanding standing;
      standing.id = task.account_key(), standing.name = body["localizedName"].text();
      if (task.kind() == "check") outcome.account(standing);
      return;
    }
    std::string id(body["commentUrn"].text(body["$URN"].text()));
    if (id.empty()) id = body["id"].id_if_any();
    if (id.empty()) id = answer.header("x-restli-id");
    if (id.empty()) return outcome.unclear("accepted, but without the id of the comment");
    outcome.sent(id);
  }

 private:
  static postern::Request& start(const postern::Task& task, postern::Request& request) {
    request.header("LinkedIn-Version", task.option("api_version").text(kVersion));
    return request.header("X-Restli-Protocol-Version", "2.0.0").bearer();
  }

  /// Below a comment, or below the post that mentions the Page.
  static void encode_answer(const postern::Task& task, postern::Request& request) {
    const postern::Part part = task.part();
    if (!task.is_public())
      return request.cannot("private", "LinkedIn lets no program write private messages: invite elsewhere in public");
    if (!part.action().empty())
      return request.cannot("action", "LinkedIn cannot do this here: " + std::string(part.action()));
    if (part.text().empty()) return request.cannot("attachment", "a comment is answered with text alone");
    const std::string_view target = part.to_comment(), post = linkedin::post_of(target);
    if (target.empty()) return request.cannot("comment", "only a comment or a mention can be answered");
    start(task, request.post("/rest/socialActions/" + postern::segment(target) + "/comments"));
    Writer& json = request.json().object().field("actor", task.account_key());
    json.field("object", post.empty() ? target : post).object("message").field("text", part.text()).end();
    if (!post.empty()) json.field("parentComment", target);
    json.end();
  }

  /// The key of a subscription is its address.
  void encode_subscription(const postern::Task& task, postern::Request& request) const {
    const std::string_view member = task.option("member").text(), url = task.option("webhook_url").text();
    if (application_.empty() || member.empty() || url.empty())
      return request.cannot("task", "set application, member and webhook_url, or subscribe by hand");
    const std::string key = "developerApplication:" + postern::segment("urn:li:developerApplication:" + application_) +
                            ",user:" + postern::segment(member) + ",entity:" + postern::segment(task.account_key()) +
                            ",eventType:ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS";
    start(task, request.put("/rest/eventSubscriptions/(" + key + ")").safe());
    request.json().object().field("webhook", url).end();
  }

  static void interpret_error(const postern::Task& task, const postern::Answer& answer, postern::Outcome& outcome) {
    const Node body = answer.json();
    const std::int64_t status = answer.status();
    std::string code = std::to_string(status);
    if (const std::string service = body["serviceErrorCode"].id_if_any(); !service.empty()) code += "/" + service;
    const std::string text = "HTTP " + code + ": " + std::string(body["message"].text("no message"));
    if (status == 429) return outcome.retry("rate", text, answer.retry_after());
    if (status == 401) return outcome.pause("auth", code, "the token has expired or was revoked");
    if (status == 426) return outcome.pause("configuration", code, "LinkedIn no longer serves this api_version");
    if (status == 403) return outcome.failed("permission", code, text);
    if (status == 404) return outcome.failed("gone", code, text);
    if (status >= 400 && status < 500) return outcome.failed("invalid", code, text);
    // The comment may be there all the same: there is no key by which a repetition would be recognised.
    if (task.kind() == "part") return outcome.unclear(text);
    outcome.retry("transient", text);
  }

  const std::string application_;
};

}  // namespace

POSTERN_PLATFORM(LinkedIn, "org.postern.linkedin", "1.0.0",
                 "LinkedIn: comments below a Page's posts and mentions of it.");
