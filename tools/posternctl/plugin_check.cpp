// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>

#include "check.hpp"
#include "failure.hpp"
#include "places.hpp"
#include "table.hpp"
#include "verbs.hpp"

namespace postern::ctl {
namespace {

constexpr std::chrono::seconds kOneCheck{60};

constexpr std::string_view kNames[] = {"pass", "warn", "skip", "fail", "crash"};

Tone tone_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return Tone::good;
    case Verdict::warn:
      return Tone::warning;
    case Verdict::skip:
      return Tone::faint;
    default:
      return Tone::bad;
  }
}

/// In the child: the verdict's number, then the text.
[[noreturn]] void answer(int to, const std::function<Finding()>& check) {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);  // a crash here is an answer, not a case for a debugger
  Finding finding;
  try {
    finding = check();
  } catch (const std::exception& error) {
    finding = {Verdict::fail, error.what()};
  }
  std::string text(1, static_cast<char>('0' + static_cast<int>(finding.verdict)));
  text += finding.text.substr(0, 2000);
  (void)!::write(to, text.data(), text.size());
  ::_exit(0);
}

std::string read_all(int from, std::chrono::seconds within, bool& late) {
  std::string all;
  const auto end = std::chrono::steady_clock::now() + within;
  for (;;) {
    pollfd item{from, POLLIN, 0};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0 || ::poll(&item, 1, static_cast<int>(left.count())) == 0) {
      late = true;
      return all;
    }
    char buffer[2048];
    const auto got = ::read(from, buffer, sizeof buffer);
    if (got > 0) all.append(buffer, static_cast<std::size_t>(got));
    if (got == 0 || (got < 0 && errno != EINTR)) return all;
  }
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  return kNames[static_cast<std::size_t>(verdict)];
}

Finding run_in_child(const std::function<Finding()>& check, std::chrono::seconds within) {
  int ends[2];
  if (::pipe(ends) != 0) throw Failure(kUnavailable, fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) throw Failure(kUnavailable, fmt::format("cannot fork: {}", std::strerror(errno)));
  if (child == 0) {
    ::close(ends[0]);
    answer(ends[1], check);
  }
  ::close(ends[1]);
  bool late = false;
  const std::string text = read_all(ends[0], within, late);
  ::close(ends[0]);
  if (late) ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (late) return {Verdict::fail, fmt::format("it has not ended after {} s", within.count())};
  if (WIFSIGNALED(status)) return {Verdict::crash, fmt::format("it ended by {}", ::strsignal(WTERMSIG(status)))};
  if (text.empty())
    return {Verdict::crash, fmt::format("it ended the process, with exit code {}", WEXITSTATUS(status))};
  return {static_cast<Verdict>(text[0] - '0'), text.substr(1)};
}

int plugin_check(Session& session, const PluginCheck& options) {
  Subject subject;
  subject.file = std::filesystem::absolute(options.file);
  subject.cases = options.cases;
  subject.seed = options.seed;
  subject.fuzz = std::chrono::seconds(options.fuzz);
  if (!options.config.empty()) subject.config = read_input(options.config, 1 << 20);
  if (!std::filesystem::exists(subject.file)) throw Failure(kNoInput, subject.file.string() + " does not exist");
  bool good = true;
  const auto report = [&](std::string_view name, std::string_view about, const Finding& finding) {
    good &= finding.verdict != Verdict::fail && finding.verdict != Verdict::crash;
    if (session.json())
      return line(json::serialize(json::object{{"check", name},
                                               {"verdict", name_of(finding.verdict)},
                                               {"about", about},
                                               {"text", printable(finding.text)}}));
    line(fmt::format("{}  {:<18} {}{}",
                     session.screen().paint(tone_of(finding.verdict), fmt::format("{:<5}", name_of(finding.verdict))),
                     name, about, finding.text.empty() ? "" : ": " + printable(finding.text)));
  };
  for (const auto checks : {checks_of_file(), checks_of_calls()})
    for (const Check& check : checks)
      report(check.name, check.about, run_in_child([&] { return check.run(subject); }, kOneCheck));
  if (subject.fuzz.count() > 0) {
    Finding finding = run_in_child([&] { return fuzz(subject); }, subject.fuzz + kOneCheck);
    if (finding.verdict == Verdict::crash) finding.text += fmt::format(" (--seed {})", subject.seed);
    report("fuzz", "bears all of it at random", finding);
  }
  return good ? kOk : kCheckFailed;
}

}  // namespace postern::ctl
