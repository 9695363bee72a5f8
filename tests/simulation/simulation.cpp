// SPDX-License-Identifier: Apache-2.0
// simulation --seeds N --from S [--bug NAME] [--twice EVERY] [--verbose]
// Runs the core in one simulated world per seed. Ends with 0 if all promises held; with --bug, if the bug was found.
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/planted.hpp"
#include "run.hpp"

namespace {

using postern::core::Bug;
namespace simulation = postern::simulation;

struct Named {
  std::string_view name;
  Bug bug;
};
constexpr std::array<Named, 17> kBugs{{{"answer-before-commit", Bug::answer_before_commit},
                                       {"attempt-before-commit", Bug::attempt_before_commit},
                                       {"attempt-without-verdict", Bug::attempt_without_verdict},
                                       {"duplicates-pass", Bug::duplicates_pass},
                                       {"unclear-sent-again", Bug::unclear_sent_again},
                                       {"unclear-let-pass", Bug::unclear_let_pass},
                                       {"two-at-once", Bug::two_at_once},
                                       {"gate-open", Bug::gate_open},
                                       {"deadline-forgotten", Bug::deadline_forgotten},
                                       {"turn-erased-early", Bug::turn_erased_early},
                                       {"chance-shared", Bug::chance_shared},
                                       {"clock-step-hidden", Bug::clock_step_hidden},
                                       {"state-forgotten", Bug::state_forgotten},
                                       {"quarantine-emptied", Bug::quarantine_emptied},
                                       {"left-too-early", Bug::left_too_early},
                                       {"loaded-early", Bug::loaded_early},
                                       {"asked-twice", Bug::asked_twice}}};

struct Options {
  std::uint64_t seeds = 300, from = 1, twice = 10;
  std::string bug;
  bool verbose = false;
};

int usage() {
  std::fprintf(stderr, "usage: simulation [--seeds N] [--from S] [--twice EVERY] [--bug NAME] [--verbose]\nbugs:");
  for (const auto& each : kBugs) std::fprintf(stderr, " %.*s", static_cast<int>(each.name.size()), each.name.data());
  std::fprintf(stderr, "\n");
  return 64;
}

bool read(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--verbose") {
      options.verbose = true;
      continue;
    }
    if (++i == argc) return false;
    if (word == "--seeds")
      options.seeds = std::strtoull(argv[i], nullptr, 10);
    else if (word == "--from")
      options.from = std::strtoull(argv[i], nullptr, 10);
    else if (word == "--twice")
      options.twice = std::strtoull(argv[i], nullptr, 10);
    else if (word == "--bug")
      options.bug = argv[i];
    else
      return false;
  }
  return true;
}

bool plant(std::string_view name) {
  for (const auto& each : kBugs)
    if (each.name == name) {
      postern::core::planted_bug = each.bug;
      return true;
    }
  return name.empty();
}

void print(const simulation::Coverage& coverage) {
  for (const auto& figure : simulation::Coverage::figures())
    std::printf("  %-12.*s %llu\n", static_cast<int>(figure.name.size()), figure.name.data(),
                static_cast<unsigned long long>(coverage.*figure.value));
}

// Runs one seed, and every so often a second time, which must show the same.
simulation::Outcome play(std::uint64_t seed, const Options& options) {
  auto outcome = simulation::run(seed, options.verbose);
  if (!outcome.violation.empty() || options.twice == 0 || seed % options.twice != 0) return outcome;
  if (simulation::run(seed).digest != outcome.digest)
    outcome.violation = "determinism: the same inputs gave other outputs the second time";
  return outcome;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!read(argc, argv, options) || !plant(options.bug)) return usage();
  const auto start = std::chrono::steady_clock::now();
  simulation::Coverage coverage;
  double hours = 0;
  std::uint64_t done = 0;
  std::string violation;
  for (; done < options.seeds && violation.empty(); ++done) {
    const auto outcome = play(options.from + done, options);
    coverage += outcome.coverage;
    hours += outcome.hours;
    violation = outcome.violation;
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("%llu seeds in %.1f s: %.1f seeds/s, %.1f virtual hours/s\n", static_cast<unsigned long long>(done),
              seconds, static_cast<double>(done) / seconds, hours / seconds);
  print(coverage);
  if (!violation.empty()) {
    const auto seed = static_cast<unsigned long long>(options.from + done - 1);
    std::printf("seed %llu broke %s\n", seed, violation.c_str());
    std::printf("replay: simulation --seeds 1 --from %llu --twice 1%s%s --verbose\n", seed,
                options.bug.empty() ? "" : " --bug ", options.bug.c_str());
  }
  const bool wanted = options.bug.empty() == violation.empty();
  if (!wanted && !options.bug.empty()) std::printf("the planted bug %s was not found\n", options.bug.c_str());
  return wanted ? 0 : 1;
}
