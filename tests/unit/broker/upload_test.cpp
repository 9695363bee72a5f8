// SPDX-License-Identifier: Apache-2.0
// What goes out as a file: how a codec asks for it, what is taken for it, and the form that it becomes.
#include "broker/upload.hpp"

#include "broker/media.hpp"
#include "catch.hpp"

using namespace postern;
using namespace postern::broker;
using Outcome = core::Attempted::Outcome;

namespace {

const std::string kPng = std::string("\x89PNG\r\n\x1a\n") + std::string(60, '\0') + "\r\n--";

Request upload(const std::string& most = "100") {
  const auto encoded = parse_encoded(R"({"method": "POST", "path": "/up", "safe": true, "multipart": {"fields":
    {"business_id": "b 1", "media_type": "IMAGE"}, "file": {"name": "file", "url": "https://a.example/x", "type": "image",
    "most": )" + most + "}}}");
  INFO((encoded ? "" : text(encoded.error())));
  REQUIRE(encoded.has_value());
  return *encoded->request;
}

courier::Delivery answer(int status, std::string body) {
  courier::Delivery delivery;
  delivery.fate = courier::Fate::answered;
  delivery.status = status;
  delivery.body = std::move(body);
  return delivery;
}

}  // namespace

TEST_CASE("a multipart form says which file it wants, and how large it may be") {
  const Request request = upload();
  REQUIRE(request.upload);
  CHECK(request.upload->url == "https://a.example/x");
  CHECK(request.upload->most == 100);
  CHECK(request.body.empty());
  const std::string good = R"("name": "f", "url": "https://a.example/", "type": "image", "most": 1)";
  const auto parses = [](const std::string& multipart) {
    return parse_encoded(R"({"method": "POST", "path": "/", "multipart": )" + multipart + "}").has_value();
  };
  CHECK(parses("{\"file\": {" + good + "}}"));
  for (const std::string wrong :
       {"{}", "[]", R"({"file": {"name": "f", "url": "https://a.example/", "type": "image"}})",
        R"({"file": {"name": "f", "url": "", "type": "image", "most": 1}})",
        R"({"file": {"name": "f\"", "url": "https://a.example/", "type": "image", "most": 1}})",
        R"({"file": {"name": "f", "url": "https://a.example/", "type": "image", "most": 26214401}})"})
    CHECK_FALSE(parses(wrong));
  CHECK_FALSE(parses("{\"fields\": {\"a\\r\\nb\": \"c\"}, \"file\": {" + good + "}}"));
}

TEST_CASE("the file's bytes stand in the form as they are") {
  Request request = upload();
  REQUIRE_FALSE(put_file(request, answer(200, kPng)));
  CHECK_FALSE(request.upload);
  const std::string boundary = request.content_type.substr(request.content_type.find('=') + 1);
  CHECK(request.content_type == "multipart/form-data; boundary=" + boundary);
  CHECK(request.body == "--" + boundary + "\r\nContent-Disposition: form-data; name=\"business_id\"\r\n\r\nb 1\r\n--" +
                            boundary + "\r\nContent-Disposition: form-data; name=\"media_type\"\r\n\r\nIMAGE\r\n--" +
                            boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file.png\"\r\n" +
                            "Content-Type: image/png\r\n\r\n" + kPng + "\r\n--" + boundary + "--\r\n");
}

TEST_CASE("what is not the file that was meant does not go out, and says why") {
  const auto end = [](courier::Delivery&& delivery) {
    Request request = upload();
    const auto ended = put_file(request, std::move(delivery));
    REQUIRE(ended);
    return *ended;
  };
  CHECK(end(answer(200, "<!DOCTYPE html><p>gone")).outcome == Outcome::failed);
  CHECK(end(answer(200, "<!DOCTYPE html><p>gone")).text.find("text/html") != std::string::npos);
  CHECK(end(answer(200, "")).outcome == Outcome::failed);
  CHECK(end(answer(404, "")).text == "the attachment's address answered 404");
  CHECK(end(answer(404, "")).code == "attachment");
  CHECK(end(answer(503, "")).outcome == Outcome::retry);
  CHECK(end(answer(200, kPng + std::string(100, 'x'))).text.find("more than 100 bytes") != std::string::npos);
  courier::Delivery cut = answer(200, kPng);
  cut.truncated = true;
  CHECK(end(std::move(cut)).outcome == Outcome::failed);
  courier::Delivery refused;
  refused.fate = courier::Fate::refused;
  CHECK(end(std::move(refused)).outcome == Outcome::failed);
  courier::Delivery lost;
  lost.fate = courier::Fate::unclear;  // of a file that was asked for, not of a message
  CHECK(end(std::move(lost)).outcome == Outcome::retry);
}

TEST_CASE("a stranger's address is asked without a credential, a platform's with it") {
  const auto external = errand_for_url("https://a.example/x");
  CHECK(external.external);
  CHECK(external.request.auth.as == courier::Auth::As::none);
  AccountReach reach;
  reach.base_url = "https://api.example";
  reach.media_hosts = {"files.example"};
  const auto asks = [&](const std::string& url) {
    FileAt at;
    at.url = url;
    at.request.auth.as = courier::Auth::As::header;
    const auto errand = errand_for_file(std::move(at), reach);
    REQUIRE(errand.has_value());
    CHECK(errand->external == (errand->request.auth.as == courier::Auth::As::none));
    return !errand->external;
  };
  CHECK(asks("https://api.example/f/1"));
  CHECK(asks("https://files.example/f/1"));
  CHECK_FALSE(asks("https://files.example:8443/f/1"));
  CHECK_FALSE(asks("http://files.example/f/1"));
  CHECK_FALSE(asks("https://cdn.example/f/1"));
  CHECK_FALSE(asks("https://api.example.evil.example/f/1"));
}
