// SPDX-License-Identifier: Apache-2.0
#include <postern/handler.hpp>

// Answers each text with that text. The first thing to install, to see that the way there and back works.
class Echo final : public postern::Handler {
 public:
  static constexpr postern::Option options[] = {
      {"prefix", postern::string, "You said: ", "What stands before the text that comes back."}};

  explicit Echo(const postern::Config& config) : prefix_(config.string("prefix")) {}

  postern::Flow handle(const postern::Event& event, postern::Turn& turn) override {
    if (event.kind() != "message" || event.text().empty()) return postern::next;
    turn.reply(prefix_ + std::string(event.text()));
    return postern::stop;
  }

 private:
  const std::string prefix_;
};
POSTERN_HANDLER(Echo, "org.postern.echo", "1.0.0", "Answers each text message with its own text.");
