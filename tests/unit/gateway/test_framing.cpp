// SPDX-License-Identifier: Apache-2.0
// Requests that two servers may read differently, through the real listener: each must be refused, and the connection
// ended, since nobody can say where the next request begins.
#include "catch.hpp"
#include "rig.hpp"

namespace postern::gateway {
namespace {

using test::Rig;

std::string post(std::string_view fields, std::string_view body = "", std::string_view version = "1.1") {
  return "POST /webhooks/messenger HTTP/" + std::string(version) + "\r\n" + std::string(fields) + "\r\n" +
         std::string(body);
}

struct Refused {
  const char* name;
  std::string request;
  int status = 400;
};

TEST_CASE("What could be read in two ways is refused") {
  const std::string host = "Host: localhost\r\n";
  const std::string chunks = "5\r\nhello\r\n0\r\n\r\n";
  const std::vector<Refused> table = {
      {"CL, then TE", post(host + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", chunks)},
      {"TE, then CL", post(host + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", chunks)},
      {"TE gzip with CL", post(host + "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n", "hello")},
      {"TE identity", post(host + "Transfer-Encoding: identity\r\n", "hello")},
      {"TE gzip, chunked", post(host + "Transfer-Encoding: gzip, chunked\r\n", chunks)},
      {"TE chunked, gzip", post(host + "Transfer-Encoding: chunked, gzip\r\n", chunks)},
      {"TE chunked, chunked", post(host + "Transfer-Encoding: chunked, chunked\r\n", chunks)},
      {"TE twice", post(host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", chunks)},
      {"TE twice, one identity", post(host + "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", chunks)},
      {"TE xchunked", post(host + "Transfer-Encoding: xchunked\r\n", chunks)},
      {"TE empty", post(host + "Transfer-Encoding:\r\n", chunks)},
      {"TE with HTTP/1.0", post(host + "Transfer-Encoding: chunked\r\n", chunks, "1.0")},
      {"two different CL", post(host + "Content-Length: 5\r\nContent-Length: 6\r\n", "hello!")},
      {"two equal CL", post(host + "Content-Length: 5\r\nContent-Length: 5\r\n", "hello")},
      {"CL as a list", post(host + "Content-Length: 5, 5\r\n", "hello")},
      {"CL +5", post(host + "Content-Length: +5\r\n", "hello")},
      {"CL -1", post(host + "Content-Length: -1\r\n", "hello")},
      {"CL 0x5", post(host + "Content-Length: 0x5\r\n", "hello")},
      {"CL empty", post(host + "Content-Length:\r\n", "hello")},
      {"CL beyond 64 bits", post(host + "Content-Length: 18446744073709551621\r\n", "hello")},
      {"space before the colon", post(host + "Content-Length : 5\r\n", "hello")},
      {"space in a name", post(host + "Content Length: 5\r\n", "hello")},
      {"bare LF", "POST /webhooks/messenger HTTP/1.1\nHost: localhost\n\n"},
      {"one bare LF", "POST /webhooks/messenger HTTP/1.1\r\nHost: localhost\nX: y\r\n\r\n"},
      {"LF ends the head", "POST /webhooks/messenger HTTP/1.1\r\nHost: localhost\r\n\n"},
      {"bare CR in a value", post(host + "X: a\rContent-Length: 5\r\n", "hello")},
      {"NUL in a value", post(host + std::string("X: a\0b\r\n", 8))},
      {"no Host", post("Content-Length: 0\r\n")},
      {"no Host, HTTP/1.0", post("Content-Length: 0\r\n", "", "1.0")},
      {"two Hosts", post(host + host + "Content-Length: 0\r\n")},
      {"folded line", post(host + "X: a\r\n b\r\nContent-Length: 0\r\n")},
      {"folded line, tab", post(host + "X: a\r\n\tContent-Length: 5\r\n", "hello")},
      {"folded first line", post(" X: a\r\n" + host)},
      {"bytes after the last request", post(host + "Connection: close\r\nContent-Length: 5\r\n", "hello!")},
      {"bytes after HTTP/1.0", post(host + "Content-Length: 5\r\n", "helloGET / HTTP/1.1\r\n", "1.0")},
      {"chunk size +5", post(host + "Transfer-Encoding: chunked\r\n", "+5\r\nhello\r\n0\r\n\r\n")},
      {"chunk size 0x5", post(host + "Transfer-Encoding: chunked\r\n", "0x5\r\nhello\r\n0\r\n\r\n")},
      {"chunk size beyond 64 bits", post(host + "Transfer-Encoding: chunked\r\n", "10000000000000005\r\nhello")},
      {"chunk with bare LF", post(host + "Transfer-Encoding: chunked\r\n", "5\nhello\r\n0\r\n\r\n")},
      {"chunk without its CR LF", post(host + "Transfer-Encoding: chunked\r\n", "5\r\nhelloxx0\r\n\r\n")},
      {"trailer", post(host + "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\nX-Late: 1\r\n\r\n")},
      {"endless chunk extension",
       post(host + "Transfer-Encoding: chunked\r\n", "5;" + std::string(40'000, 'x') + "\r\nhello\r\n0\r\n\r\n")},
      {"no version", "POST /webhooks/messenger\r\nHost: localhost\r\n\r\n"},
      {"HTTP/2.0", post(host, "", "2.0")},
      {"HTTP/1.2", post(host, "", "1.2")},
      {"two spaces", "POST  /webhooks/messenger HTTP/1.1\r\nHost: localhost\r\n\r\n"},
      {"absolute form", "POST http://localhost/webhooks/messenger HTTP/1.1\r\nHost: localhost\r\n\r\n"},
      {"asterisk form", "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n"},
      {"empty line first", "\r\n" + post(host)},
      {"TLS hello", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15)},
      {"unknown expectation", post(host + "Expect: magic\r\nContent-Length: 5\r\n"), 417},
      {"head of 16 KiB and more", post(host + "X: " + std::string(16 * 1024, 'x') + "\r\n"), 431},
      {"head without an end", "POST /" + std::string(16 * 1024, 'x'), 431},
      {"more than a hundred fields",
       post(host +
            [] {
              std::string fields;
              for (int i = 0; i < 100; ++i) fields += "a: b\r\n";
              return fields;
            }()),
       431},
  };
  Rig rig;
  for (const auto& [name, request, status] : table) {
    INFO(name);
    auto client = rig.client();
    const auto reply = client.ask(request);
    CHECK(reply.status == status);
    CHECK(reply.has("Connection: close\r\n"));
    CHECK(reply.body.ends_with('.'));
    CHECK(client.closed());
  }
  CHECK(rig.taken() == 0);
}

TEST_CASE("What has one reading is served") {
  Rig rig;
  const std::string fields =
      "POST /webhooks/messenger HTTP/1.1\r\nhOST:localhost\r\nx-hub-signature-256:  " + test::mac("hello") + " \t\r\n";
  for (const std::string& request : {
           fields + "Content-Length: 5\r\n\r\nhello",
           fields + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
           fields + "TRANSFER-ENCODING: Chunked\r\n\r\n2;a=b\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
       }) {
    auto client = rig.client();
    INFO(request);
    CHECK(client.ask(request).status == 200);
    CHECK(rig.wait(1).second.body == "hello");
  }
  CHECK(rig.taken() == 3);
}

TEST_CASE("The request table holds however the bytes are cut") {
  Rig rig;
  const std::string request =
      "POST /webhooks/messenger HTTP/1.1\r\nHost: localhost\r\nX-Hub-Signature-256: " + test::mac("") +
      "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  auto client = rig.client();
  for (const char byte : request) {
    REQUIRE(client.send({&byte, 1}));
    ::usleep(200);
  }
  CHECK(client.read().status == 200);
  CHECK(rig.wait(1).second.body.empty());
}

}  // namespace
}  // namespace postern::gateway
