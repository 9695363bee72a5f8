// SPDX-License-Identifier: Apache-2.0
#include <postern/handler.hpp>

// Answers "hello" and counts how often it was greeted in this conversation.
class Hello final : public postern::Handler {
 public:
  static constexpr postern::Option options[] = {{"greeting", postern::string, "Hello to you", "What to answer."}};

  explicit Hello(const postern::Config& config) : greeting_{config.string("greeting")} {}

  postern::Flow handle(const postern::Event& event, postern::Turn& turn) override {
    if (event.text() != "hello") return postern::next;
    const auto count = turn.state().integer("count", 0) + 1;
    turn.state().set("count", count);
    turn.reply(greeting_ + ", no. " + std::to_string(count));
    return postern::stop;
  }

 private:
  std::string greeting_;
};
POSTERN_HANDLER(Hello, "org.example.hello", "1.0.0", "Greets people and counts them.");
