// SPDX-License-Identifier: Apache-2.0
// postern-load: plays the platform from both ends, and keeps the books on every message.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <exception>

#include "load/books.hpp"
#include "load/graph_peer.hpp"
#include "load/options.hpp"
#include "load/poster.hpp"
#include "load/process_tree.hpp"
#include "load/report.hpp"

using namespace postern::load;

namespace {

constexpr Seconds kLinger = 0.3;  // in which a second answer would still be seen
constexpr int kSomethingLost = 1, kCannot = 70;

class Run {
 public:
  explicit Run(const Options& options)
      : options_(options),
        people_(options.contacts, run_),
        books_(people_, options.warmup),
        writer_(options, people_, run_),
        graph_(options, poller_, books_),
        poster_(options, poller_, books_, writer_) {}

  /// The exit code.
  int run() {
    Usage before = usage_of_tree(options_.pid);
    bool measuring = options_.warmup == 0;
    while (!ended()) {
      turn();
      if (measuring || books_.begun() <= options_.warmup) continue;
      measuring = true;
      before = usage_of_tree(options_.pid);
    }
    const Usage used = between(before, usage_of_tree(options_.pid));
    for (const Seconds until = now() + kLinger; now() < until;) turn();
    const Figures figures = books_.figures();
    std::puts(report(options_, figures, used).c_str());
    const auto wrong = figures.lost + figures.duplicated + figures.misrouted + figures.strange;
    return wrong == 0 && figures.measured > 0 ? 0 : kSomethingLost;
  }

 private:
  void turn() {
    poster_.post();
    poller_.wait(std::min(poster_.next(), now() + 0.05));
    graph_.bury();
  }
  bool ended() const {
    return (poster_.done() && books_.unanswered() == 0) || now() - books_.last_progress() > options_.patience;
  }

  const Options options_;
  const std::uint64_t run_ =
      static_cast<std::uint64_t>(std::time(nullptr)) * 100 + static_cast<std::uint64_t>(getpid() % 100);
  const People people_;
  Poller poller_;
  Books books_;
  WebhookWriter writer_;
  GraphPeer graph_;
  Poster poster_;
};

}  // namespace

int main(int argc, char** argv) {
  const Options options = read_options(argc, argv);
  try {
    return Run(options).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "postern-load: %s\n", error.what());
    return kCannot;
  }
}
