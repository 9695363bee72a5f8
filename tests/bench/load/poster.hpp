// SPDX-License-Identifier: Apache-2.0
// The platform's side that webhooks come from: when each leaves, and on which connection.
#pragma once
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "load/books.hpp"
#include "load/connection.hpp"
#include "load/options.hpp"
#include "load/webhook.hpp"

namespace postern::load {

class Poster {
 public:
  /// Connects. Throws std::runtime_error if nobody listens.
  Poster(const Options& options, Poller& poller, Books& books, WebhookWriter& writer);

  /// Posts what is due and has a connection.
  void post();
  /// When post() has something to do again, as far as that is known.
  Seconds next() const;
  /// There is nothing more to post, and nothing is under way.
  bool done() const { return ended_ && under_way_ == 0; }

 private:
  /// A connection, and the webhook that is under way on it.
  struct Line {
    std::unique_ptr<Connection> connection;
    std::int64_t message = -1;  // −1: none is
    bool repeat = false;        // it comes once more
    std::string request;
  };
  bool connect(Line& line);
  bool may_begin();
  void begin(Line& line);
  void send(Line& line);
  void acknowledged(Line& line, int status);
  void broken(Line& line);
  void rest(Line& line);

  const Options& options_;
  Poller& poller_;
  Books& books_;
  WebhookWriter& writer_;
  std::vector<std::unique_ptr<Line>> lines_;
  std::deque<Line*> idle_;
  std::mt19937_64 random_{4711};  // the same gaps in every run
  Seconds due_ = now(), measured_since_ = 0;
  int under_way_ = 0;
  bool ended_ = false;
};

}  // namespace postern::load
