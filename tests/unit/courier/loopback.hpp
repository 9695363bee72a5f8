// SPDX-License-Identifier: Apache-2.0
// A small HTTP/1.1 server on a free loopback port that does what a test tells it, good or bad.
#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace postern::test {

/// What to do with a request that has been read whole.
struct Reaction {
  std::string answer;                  ///< sent as it is; empty: none
  std::chrono::milliseconds delay{0};  ///< before it
  enum class After { keep, close, reset } after = After::keep;
};

/// "HTTP/1.1 STATUS X" with Content-Length and further header lines ("Name: value\r\n").
std::string answer(int status, const std::string& body = "{}", const std::string& headers = "");

class Loopback {
 public:
  struct Seen {
    std::string head;  ///< request line and headers
    std::string body;
    int connection;  ///< number of the connection, from 1
    int nth;         ///< number of the request on it, from 1
  };
  using Script = std::function<Reaction(const Seen&)>;

  enum class Kind {
    plain,
    unread,  ///< connections are reset, unread, when the request has come
    tls,     ///< with a certificate that is signed by itself
  };
  /// `names`: for whom the certificate is, as OpenSSL writes a subjectAltName.
  explicit Loopback(Script script, Kind kind = Kind::plain, const std::string& names = "IP:127.0.0.1");
  ~Loopback();

  std::string url() const { return (tls_ ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port_); }
  /// PEM; empty unless tls.
  std::string certificate() const;
  int port() const { return port_; }
  std::vector<Seen> seen() const;
  int connections() const { return connections_; }

 private:
  struct Tls;
  struct Stream;
  void accept_loop();
  void serve(int socket, int connection);

  const Script script_;
  const Kind kind_;
  std::unique_ptr<Tls> tls_;
  int port_ = 0;
  int listener_ = -1;
  std::atomic<bool> stopping_{false};
  std::atomic<int> connections_{0};
  mutable std::mutex mutex_;
  std::vector<Seen> seen_;
  std::vector<std::thread> served_;
  std::thread thread_;
};

/// A loopback port that nobody listens on.
int closed_port();

}  // namespace postern::test
