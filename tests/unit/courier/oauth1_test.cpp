// SPDX-License-Identifier: Apache-2.0
#include "courier/oauth1.hpp"

#include <boost/json.hpp>
#include <fstream>
#include <sstream>

#include "catch.hpp"
#include "unit/courier/client.hpp"

using namespace postern;
using namespace postern::courier;

namespace {

boost::json::object vector() {
  std::ifstream file(POSTERN_TEST_DATA "/platforms/test-vectors.json");
  std::stringstream text;
  text << file.rdbuf();
  const auto all = boost::json::parse(text.str());
  for (const auto& value : all.as_array())
    if (value.at("name") == "x-oauth1-dm-send") return value.as_object();
  throw std::runtime_error("the vector is gone");
}

// The worked example of RFC 5849: section 3.4.1.1 has the base string, 1.2 another request of the same client.
const OAuth1Keys kRfc{"9djdj82h48djs9d2", "j49sk3j29djd", "kkk9d7dh3k39sjv7", "dh893hdasih9"};
const OAuth1Stamp kStamp{.nonce = "7d8f3e4a", .time_s = 137131201};

std::string base(std::string_view method, std::string_view url, std::string_view form = {}) {
  return oauth1_base_string(method, url, form, kRfc, kStamp).value();
}

constexpr std::string_view kOwn =
    "oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26"
    "oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7%26oauth_version%3D1.0";

}  // namespace

TEST_CASE("X's vector: base string, signature and header") {
  const auto known = vector();
  const auto text = [&](const char* name) { return std::string(known.at(name).as_string()); };
  const std::string key = text("consumer_key"), secret = text("consumer_secret"), token = text("token"),
                    token_secret = text("token_secret");
  const OAuth1Keys keys{key, secret, token, token_secret};
  const OAuth1Stamp stamp{.nonce = text("nonce"), .time_s = known.at("timestamp").as_int64()};
  CHECK(oauth1_base_string("POST", text("url"), "", keys, stamp).value() == text("base_string"));
  CHECK(oauth1_authorization("POST", text("url"), "", keys, stamp).value() == text("authorization"));
}

TEST_CASE("Queries and forms are signed, decoded, encoded again and sorted") {
  CHECK(
      base("POST", "http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b", "c2&a3=2+q") ==
      "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26"
      "c2%3D%26" +
          std::string(kOwn));
  CHECK(base("GET", "https://x.example/?%C3%BC=%C3%A4") ==
        "GET&https%3A%2F%2Fx.example%2F&%25C3%25BC%3D%25C3%25A4%26" + std::string(kOwn));
  CHECK_FALSE(oauth1_base_string("GET", "https://x.example/?a=%2", "", kRfc, kStamp).has_value());
  CHECK_FALSE(oauth1_base_string("GET", "https://x.example/", "a=%zz", kRfc, kStamp).has_value());
}

TEST_CASE("Scheme, host and port are normalised, the path stays as it is sent") {
  const auto url_of = [](std::string_view url) {
    const auto text = base("GET", url);
    return text.substr(4, text.find('&', 4) - 4);
  };
  CHECK(url_of("http://EXAMPLE.COM:80/r%20v/X?id=123") == "http%3A%2F%2Fexample.com%2Fr%2520v%2FX");
  CHECK(url_of("https://www.example.net:8080/?q=1") == "https%3A%2F%2Fwww.example.net%3A8080%2F");
  CHECK(url_of("https://www.example.net:443") == "https%3A%2F%2Fwww.example.net%2F");
  CHECK(url_of("http://[::1]:81/x") == "http%3A%2F%2F%5B%3A%3A1%5D%3A81%2Fx");
}

TEST_CASE("No two stamps are alike") {
  const auto one = OAuth1Stamp::fresh(1'767'226'000 * kSecond + 999'999), other = OAuth1Stamp::fresh(0);
  CHECK(one.time_s == 1'767'226'000);
  CHECK(one.nonce.size() == 32);
  CHECK(one.nonce != other.nonce);
}
