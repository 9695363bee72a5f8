// SPDX-License-Identifier: Apache-2.0
#include "courier/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "catch.hpp"

using postern::courier::is_global;

TEST_CASE("addresses of the public Internet are global") {
  for (const char* text : {"1.1.1.1",     "9.255.255.255",        "11.0.0.0",         "100.63.255.255",
                           "100.128.0.0", "126.255.255.255",      "128.0.0.0",        "169.253.255.255",
                           "169.255.0.0", "172.15.255.255",       "172.32.0.0",       "192.0.1.0",
                           "192.0.3.0",   "192.167.255.255",      "192.169.0.0",      "198.17.255.255",
                           "198.20.0.0",  "203.0.112.255",        "203.0.114.0",      "223.255.255.255",
                           "2001:200::1", "2001:4860:4860::8888", "2001:db7:ffff::1", "2001:db9::1",
                           "2003::1",     "2a03:2880:f12f::1",    "3ffe::1",          "3fff:1000::1"})
    CHECK((is_global(std::string_view(text)) ? std::string(text) : "refused") == text);
}

TEST_CASE("all others are not") {
  for (const char* text : {"0.0.0.0",
                           "0.255.255.255",
                           "10.0.0.0",
                           "10.255.255.255",
                           "100.64.0.0",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.255.255.255",
                           "169.254.0.0",
                           "169.254.169.254",
                           "172.16.0.0",
                           "172.31.255.255",
                           "192.0.0.1",
                           "192.0.2.1",
                           "192.88.99.1",
                           "192.168.0.0",
                           "192.168.255.255",
                           "198.18.0.0",
                           "198.19.255.255",
                           "198.51.100.7",
                           "203.0.113.7",
                           "224.0.0.1",
                           "239.255.255.255",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::7f00:1",
                           "::ffff:127.0.0.1",
                           "::ffff:8.8.8.8",
                           "64:ff9b::8.8.8.8",
                           "64:ff9b:1::1",
                           "100::1",
                           "1fff:ffff::1",
                           "2001::1",
                           "2001:10::1",
                           "2001:1ff:ffff::1",
                           "2001:db8::1",
                           "2001:db8:ffff::1",
                           "2002:7f00:1::1",
                           "2002:808:808::1",
                           "3fff::1",
                           "3fff:fff:ffff::1",
                           "4000::1",
                           "5f00::1",
                           "fc00::1",
                           "fdff::1",
                           "fe80::1",
                           "febf::1",
                           "fec0::1",
                           "ff02::1",
                           "ffff::1",
                           "",
                           "localhost",
                           "1.1.1",
                           "1.1.1.1 ",
                           "0x7f.1"})
    CHECK((is_global(std::string_view(text)) ? "passed" : std::string(text)) == text);
}

TEST_CASE("an address of a socket is judged like its text") {
  sockaddr_storage storage{};
  auto& plain = reinterpret_cast<sockaddr&>(storage);
  CHECK_FALSE(is_global(plain));  // AF_UNSPEC
  auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
  v4.sin_family = AF_INET;
  inet_pton(AF_INET, "8.8.8.8", &v4.sin_addr);
  CHECK(is_global(plain));
  inet_pton(AF_INET, "10.1.2.3", &v4.sin_addr);
  CHECK_FALSE(is_global(plain));
  auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
  v6.sin6_family = AF_INET6;
  inet_pton(AF_INET6, "2a00::1", &v6.sin6_addr);
  CHECK(is_global(plain));
  inet_pton(AF_INET6, "::ffff:8.8.8.8", &v6.sin6_addr);
  CHECK_FALSE(is_global(plain));
}

TEST_CASE("bytes of another size are no address") {
  CHECK_FALSE(is_global(postern::ByteView{}));
  const postern::Bytes five(5, 1);
  CHECK_FALSE(is_global(postern::ByteView(five)));
}
