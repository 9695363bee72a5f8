// SPDX-License-Identifier: Apache-2.0
// The published vectors (tests/data/platforms), and what plugins would say about the platforms that they are of.
#pragma once
#include <boost/json.hpp>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace postern::gateway::test {

inline boost::json::array vectors() {
  std::ifstream file(POSTERN_TEST_DATA "/platforms/test-vectors.json");
  std::stringstream text;
  text << file.rdbuf();
  return boost::json::parse(text.str()).as_array();
}

inline std::string text(const boost::json::object& vector, const char* name) {
  return std::string(vector.at(name).as_string());
}

inline std::string facts_of(const std::string& platform) {
  if (platform == "messenger" || platform == "instagram" || platform == "whatsapp")
    return R"({"signature": {"scheme": "hmac-sha256", "header": "X-Hub-Signature-256", "prefix": "sha256=",
                             "encoding": "hex", "signed": "body", "secret": "app_secret"},
               "secret_of": "section",
               "handshake": {"method": "GET", "match": {"hub.mode": "subscribe"},
                             "token": {"param": "hub.verify_token", "option": "verify_token"},
                             "answer": {"param": "hub.challenge", "as": "plain"}}})";
  if (platform == "telegram")
    return R"({"signature": {"scheme": "token", "header": "X-Telegram-Bot-Api-Secret-Token", "secret": "secret_token"},
               "secret_of": "account", "handshake": null})";
  if (platform == "x")
    return R"({"signature": {"scheme": "hmac-sha256", "header": "x-twitter-webhooks-signature", "prefix": "sha256=",
                             "encoding": "base64", "signed": "{body}", "secret": "consumer_secret"},
               "handshake": {"method": "GET", "present": ["crc_token"],
                             "answer": {"as": "json", "fields": {"response_token":
                                 {"hmac": "base64", "param": "crc_token", "prefix": "sha256="}}}}})";
  if (platform == "tiktok")
    return R"({"signature": {"scheme": "hmac-sha256", "header": "TikTok-Signature", "encoding": "hex",
                             "signed": "{timestamp}.{body}", "value": {"param": "s"}, "timestamp": {"param": "t"},
                             "tolerance": 300, "secret": "app_secret"}})";
  if (platform == "linkedin")
    return R"({"signature": {"scheme": "hmac-sha256", "header": "X-LI-Signature", "encoding": "hex",
                             "signed": "hmacsha256={body}", "secret": "client_secret",
                             "or": [{"prefix": "hmacsha256=", "signed": "{body}"}]},
               "handshake": {"method": "GET", "present": ["challengeCode"],
                             "answer": {"as": "json", "fields": {
                                 "challengeCode": {"param": "challengeCode"},
                                 "challengeResponse": {"hmac": "hex", "param": "challengeCode"}}}}})";
  if (platform == "bridge")  // Standard Webhooks
    return R"({"signature": {"scheme": "hmac-sha256", "header": "webhook-signature", "prefix": "v1,", "list": " ",
                             "encoding": "base64", "signed": "{id}.{timestamp}.{body}",
                             "timestamp": {"header": "webhook-timestamp"}, "id": {"header": "webhook-id"},
                             "secret": "secret", "secret_form": "base64", "secret_prefix": "whsec_"}})";
  throw std::runtime_error("no facts for " + platform);
}

}  // namespace postern::gateway::test
