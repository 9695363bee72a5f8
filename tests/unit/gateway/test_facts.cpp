// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "gateway/facts.hpp"
#include "vectors.hpp"

namespace postern::gateway {
namespace {

const std::string kMeta = R"({
  "platform": "messenger",
  "signature": {"scheme": "hmac-sha256", "header": "X-Hub-Signature-256", "prefix": "sha256=", "encoding": "hex",
                "signed": "body", "secret": "app_secret"},
  "secret_of": "section",
  "handshake": {"method": "GET", "match": {"hub.mode": "subscribe"},
                "token": {"param": "hub.verify_token", "option": "verify_token"},
                "answer": {"param": "hub.challenge", "as": "plain"}}})";
const std::string kTelegram = R"({
  "platform": "telegram",
  "signature": {"scheme": "token", "header": "X-Telegram-Bot-Api-Secret-Token", "secret": "secret_token"},
  "secret_of": "account", "handshake": null})";

std::string with(std::string text, std::string_view what, std::string_view instead) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), instead);
}

TEST_CASE("The facts of Meta's and Telegram's plugins are understood") {
  const auto meta = parse_webhook_facts(kMeta);
  REQUIRE(meta.has_value());
  CHECK(meta->signature.scheme == Signature::Scheme::hmac_sha256);
  CHECK(meta->signature.encoding == Signature::Encoding::hex);
  CHECK(meta->signature.header == "X-Hub-Signature-256");
  CHECK(meta->signature.prefix == "sha256=");
  CHECK(meta->secret_option == "app_secret");
  CHECK_FALSE(meta->per_account);
  REQUIRE(meta->handshake.has_value());
  CHECK(meta->handshake->match == Pairs{{"hub.mode", "subscribe"}});
  CHECK(meta->handshake->token_param == "hub.verify_token");
  CHECK(meta->handshake->answer_param == "hub.challenge");
  CHECK(meta->handshake->token.empty());
  CHECK(meta->token_option == "verify_token");

  const auto telegram = parse_webhook_facts(kTelegram);
  REQUIRE(telegram.has_value());
  CHECK(telegram->signature.scheme == Signature::Scheme::token);
  CHECK(telegram->per_account);
  CHECK_FALSE(telegram->handshake.has_value());
}

TEST_CASE("Facts that the gateway does not understand are an error that names them") {
  const auto error = [](const std::string& facts) {
    const auto parsed = parse_webhook_facts(facts);
    REQUIRE_FALSE(parsed.has_value());
    return parsed.error().what;
  };
  const auto contains = [](const char* text) { return Catch::Contains(text); };
  CHECK_THAT(error("{"), contains("JSON"));
  CHECK_THAT(error("[]"), contains("JSON"));
  CHECK_THAT(error("{}"), contains("signature is missing"));
  CHECK_THAT(error(with(kMeta, "hmac-sha256", "md5")), contains("md5"));
  CHECK_THAT(error(with(kMeta, "\"hex\"", "\"hex64\"")), contains("hex64"));
  CHECK_THAT(error(with(kMeta, "\"body\"", "\"body+time\"")), contains("signed"));
  CHECK_THAT(error(with(kMeta, "\"header\"", "\"headers\"")), contains("header"));
  CHECK_THAT(error(with(kMeta, "\"app_secret\"", "7")), contains("secret"));
  CHECK_THAT(error(with(kMeta, "\"section\"", "\"brand\"")), contains("secret_of"));
  CHECK_THAT(error(with(kMeta, "\"plain\"", "\"crc\"")), contains("answer"));
  CHECK_THAT(error(with(kMeta, "\"GET\"", "\"PUT\"")), contains("method"));
  CHECK_THAT(error(with(kMeta, "\"option\"", "\"name\"")), contains("option"));
  CHECK_THAT(error(with(kMeta, "\"hub.verify_token\"", "1")), contains("param"));
}

TEST_CASE("What the gateway would skip in signature and handshake is an error that names it") {
  const auto error = [](const std::string& platform, std::string_view what, std::string_view instead) {
    const auto parsed = parse_webhook_facts(with(test::facts_of(platform), what, instead));
    return parsed ? std::string("none") : parsed.error().what;
  };
  const auto contains = [](const char* text) { return Catch::Contains(text); };
  CHECK_THAT(error("messenger", R"("signed")", R"("nonce": "X-Nonce", "signed")"),
             contains("signature.nonce is unknown"));
  CHECK_THAT(error("messenger", R"("method")", R"("body": "x", "method")"), contains("handshake.body is unknown"));
  CHECK_THAT(error("messenger", R"("option")", R"("hash": "x", "option")"), contains("handshake.token.hash"));
  CHECK_THAT(error("messenger", R"("as")", R"("hash": "x", "as")"), contains("handshake.answer.hash"));
  CHECK_THAT(error("telegram", R"("scheme")", R"("prefix": "", "scheme")"), contains("signature.prefix is unknown"));
  CHECK_THAT(error("x", R"("hmac": "base64")", R"("hmac": "base32")"), contains("fields.response_token.hmac"));
  CHECK_THAT(error("x", R"("hmac": "base64")", R"("sha": "base64")"), contains("fields.response_token.sha"));
  CHECK_THAT(error("x", R"(["crc_token"])", R"("crc_token")"), contains("handshake.present"));
  CHECK_THAT(error("x", R"("present": ["crc_token"],)", ""), contains("handshake.match"));
  CHECK_THAT(error("tiktok", R"({"param": "t"})", R"({"query": "t"})"), contains("signature.timestamp"));
  CHECK_THAT(error("tiktok", R"({"param": "t"})", R"({"param": "t", "header": "T"})"), contains("signature.timestamp"));
  CHECK_THAT(error("tiktok", R"({timestamp}.{body})", "{body}"), contains("signature.timestamp"));
  CHECK_THAT(error("tiktok", R"("timestamp": {"param": "t"},)", ""), contains("signature.timestamp"));
  CHECK_THAT(error("tiktok", R"({timestamp}.{body})", "{url}.{body}"), contains("{url"));
  CHECK_THAT(error("tiktok", R"({timestamp}.{body})", "{timestamp}"), contains("{body}"));
  CHECK_THAT(error("tiktok", R"({timestamp}.{body})", "{timestamp}.{body"), contains("{body"));
  CHECK_THAT(error("tiktok", "300", "0"), contains("signature.tolerance"));
  CHECK_THAT(error("tiktok", "300", "86400"), contains("signature.tolerance"));
  CHECK_THAT(error("tiktok", "300", "\"300\""), contains("signature.tolerance"));
  CHECK_THAT(error("tiktok", R"({"param": "s"})", R"({"header": "S"})"), contains("signature.value.param"));
  CHECK_THAT(error("linkedin", R"("prefix": "hmacsha256=")", R"("place": "X")"), contains("signature.or.place"));
  CHECK_THAT(error("linkedin", R"([{"prefix")", R"([7, {"prefix")"), contains("signature.or"));
  CHECK_THAT(error("linkedin", R"("signed": "{body}")", R"("signed": "{id}{body}")"), contains("signature.or.signed"));
  CHECK_THAT(error("bridge", R"("base64", "secret_prefix")", R"("base32", "secret_prefix")"), contains("secret_form"));
  CHECK_THAT(error("bridge", R"("id": {"header": "webhook-id"},)", ""), contains("signature.id"));
  CHECK_THAT(error("bridge", R"("secret": "secret")", R"("secret": 5)"), contains("signature.secret"));
}

}  // namespace
}  // namespace postern::gateway
