// SPDX-License-Identifier: Apache-2.0
#include "load/poster.hpp"

#include <stdexcept>
#include <utility>

namespace postern::load {

Poster::Poster(const Options& options, Poller& poller, Books& books, WebhookWriter& writer)
    : options_(options), poller_(poller), books_(books), writer_(writer) {
  for (int made = 0; made < options_.connections; ++made) {
    auto& line = *lines_.emplace_back(std::make_unique<Line>());
    if (!connect(line))
      throw std::runtime_error("nobody listens at port " + std::to_string(options_.port) + ": start the target first");
    idle_.push_back(&line);
  }
  due_ = now();
}

bool Poster::connect(Line& line) {
  const int socket = connect_to(options_.port);
  if (socket < 0) return false;
  line.connection = std::make_unique<Connection>(
      poller_, socket,
      Connection::Events{[this, &line](const HttpMessage& answer) { acknowledged(line, answer.status()); },
                         [this, &line] { broken(line); }});
  return true;
}

void Poster::post() {
  while (!idle_.empty() && may_begin()) {
    Line& line = *idle_.front();
    idle_.pop_front();
    begin(line);
  }
}

Seconds Poster::next() const {
  // Without a rate, and while all connections are busy, only what arrives makes room.
  return options_.rate == 0 || idle_.empty() || ended_ ? now() + 0.05 : due_;
}

bool Poster::may_begin() {
  const Seconds time = now();
  ended_ = ended_ || books_.begun() >= options_.warmup + options_.count ||
           (measured_since_ != 0 && time - measured_since_ > options_.seconds);
  if (ended_) return false;
  return options_.rate > 0 ? time >= due_ : books_.unanswered() < options_.in_flight;
}

void Poster::begin(Line& line) {
  line.message = books_.begin(options_.rate > 0 ? due_ : now());
  if (options_.rate > 0) due_ += std::exponential_distribution<double>(options_.rate)(random_);
  if (line.message == options_.warmup) measured_since_ = now();
  line.repeat = std::bernoulli_distribution(options_.redeliver)(random_);
  line.request.clear();
  writer_.append(line.message, line.request);
  ++under_way_;
  send(line);
}

void Poster::send(Line& line) {
  if (!line.connection->open() && !connect(line)) return rest(line);
  books_.posted(line.message);
  line.connection->send(line.request);
}

void Poster::acknowledged(Line& line, int status) {
  if (line.message < 0) return;
  if (status != 200) {
    books_.refused(line.message);
  } else {
    books_.acknowledged(line.message);
    if (std::exchange(line.repeat, false)) return send(line);
  }
  rest(line);
}

void Poster::broken(Line& line) {
  if (line.message < 0) return;
  books_.refused(line.message);
  rest(line);
}

void Poster::rest(Line& line) {
  line.message = -1;
  --under_way_;
  idle_.push_back(&line);
}

}  // namespace postern::load
