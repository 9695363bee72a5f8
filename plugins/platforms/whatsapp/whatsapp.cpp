// SPDX-License-Identifier: Apache-2.0
// WhatsApp's Cloud API: the numbers of a business. README.md says what is special about it. What it shares with
// Messenger and Instagram is in ../meta: the webhook's signature, paths, and how errors are read.
#include <postern/platform.hpp>

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "../meta/facts.hpp"
#include "change.hpp"
#include "errors.hpp"
#include "sending.hpp"

namespace {

using postern::Node;

class WhatsApp final : public postern::Platform {
 public:
  static constexpr char facts[] =
      R"({"platform": "whatsapp", "base_url": "https://graph.facebook.com", )" META_WEBHOOK_FACTS("")
          R"(, "media_hosts": ["lookaside.fbsbx.com"],
             "traits": {"kinds": ["message", "edit", "unsend", "reaction", "receipt", "optin", "optout", "echo", "member",
                                "moved", "notice"],
                      "attachments": ["image", "video", "audio", "voice", "sticker", "file", "location"],
                      "text_unit": "codepoints", "receipts": true, "edit": false, "comments": false, "groups": true,
                      "settle": "status", "tasks": ["part", "media", "check", "subscribe"], "poll": false,
                      "typing": true, "seen": true}})";

  static constexpr postern::Option options[] = {
      meta::kAppSecret,
      meta::kVerifyToken,
      meta::api_version("v25.0"),
      {"waba_id", postern::string, postern::absent,
       "Id of the WhatsApp Business Account that the number belongs to: for subscribing, and for notices about it.",
       postern::per_account},
      {"list_button", postern::string, "Options", "What stands on the button that opens a list of choices.",
       postern::per_account}};

  explicit WhatsApp(const postern::Config& config) {
    const Node accounts = config.accounts();
    if (!accounts.is_object()) return;
    for (const auto& account : accounts.json()->get_object())
      if (const std::string waba = Node(account.value())["waba_id"].id_if_any(); !waba.empty())
        numbers_[waba].push_back(Node(account.value())["id"].id_if_any());
  }

  void decode(const postern::Webhook& webhook, postern::Events& events) override {
    const Node body = webhook.json();
    const bool ours = body["object"].text() == "whatsapp_business_account";
    if (!ours || !body["entry"].is_array()) events.unknown({}, body);
    if (!ours) return;
    for (const Node entry : body["entry"])
      for (const Node change : entry["changes"])
        if (!whatsapp::Change(change["value"], events).read()) rest(entry, change, events);
  }

  void encode(const postern::Task& task, postern::Request& request) override {
    const std::string root = "/" + postern::segment(task.option("api_version").text("v25.0")) + "/";
    const std::string number = root + postern::segment(task.account_key());
    const std::string_view kind = task.kind(), waba = task.option("waba_id").text();
    if (kind == "part") {
      request.post(number + "/messages").bearer();
      whatsapp::Sender(task, request).write();
    } else if (kind == "media") {
      request.get(root + postern::segment(task["attachment"]["id"].text())).bearer().safe();
      request.query("phone_number_id", task.account_key());
    } else if (kind == "check") {
      request.get(number).query("fields", "id").bearer().safe();
    } else if (kind == "subscribe" && waba.empty()) {
      request.cannot("waba_id", "set the account's option waba_id: the business account is what is subscribed");
    } else if (kind == "subscribe") {
      request.post(root + postern::segment(waba) + "/subscribed_apps").bearer().safe();
    } else {
      request.cannot("task", "WhatsApp has no task of the kind " + std::string(kind));
    }
  }

  void interpret(const postern::Task& task, const postern::Answer& answer, postern::Outcome& outcome) override {
    const bool part = task.kind() == "part";
    const Node body = answer.json();
    if (!answer.ok()) return meta::interpret_error(whatsapp::find_error, answer, !part, outcome);
    if (part) return interpret_sent(task, answer, outcome);
    if (!body.is_object()) return outcome.retry("transient", "the answer cannot be read");
    outcome.done();
    // The address lives for five minutes and wants the token as well.
    if (task.kind() == "media") outcome.media(body["url"].text(), "bearer");
  }

 private:
  /// A change of another kind. News about the business account name no number: they are for every account that belongs
  /// to it.
  void rest(Node entry, Node change, postern::Events& events) const {
    const std::string number = change["value"]["metadata"]["phone_number_id"].id_if_any();
    if (!number.empty()) return void(events.unknown(number, change));
    const std::string waba = entry["id"].id_if_any();
    const auto found = numbers_.find(waba);
    if (found == numbers_.end()) return void(events.unknown(waba, change));
    for (const std::string& each : found->second) {
      events.add("notice").account_key(each).sent_at(entry["time"]);
      events.extra("type", change["field"]).extra("raw", change["value"]);
    }
  }

  /// Accepted, not yet sent: what becomes of it comes as statuses.
  static void interpret_sent(const postern::Task& task, const postern::Answer& answer, postern::Outcome& outcome) {
    const Node body = answer.json();
    const std::string id = body["messages"].at(0)["id"].id_if_any();
    const std::string_view action = task.part().action();
    const bool named = action != "typing" && action != "seen";
    if (named ? id.empty() : !body["success"].boolean())
      return outcome.unclear("HTTP " + std::to_string(answer.status()) + " without the id of what was sent");
    outcome.sent(id);
  }

  std::unordered_map<std::string, std::vector<std::string>> numbers_;  // of each business account
};

}  // namespace

POSTERN_PLATFORM(WhatsApp, "org.postern.whatsapp", "1.0.0", "WhatsApp: the Cloud API of business numbers.");
