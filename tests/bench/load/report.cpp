// SPDX-License-Identifier: Apache-2.0
#include "load/report.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace postern::load {
namespace {

std::string json(const Percentiles& of) {
  return fmt::format(R"({{"p50":{:.3f},"p90":{:.3f},"p99":{:.3f},"p999":{:.3f},"max":{:.3f}}})", of.p50, of.p90, of.p99,
                     of.p999, of.most);
}

std::string threads(const Usage& used, double per_message) {
  std::string out;
  for (const auto& [name, seconds] : used.threads)
    if (seconds > 0) out += fmt::format(R"({}"{}":{:.2f})", out.empty() ? "" : ",", name, seconds * per_message);
  return out;
}

}  // namespace

std::string report(const Options& options, const Figures& figures, const Usage& used) {
  const auto measured = static_cast<double>(figures.measured);
  const double rate = figures.seconds > 0 ? measured / figures.seconds : 0;
  const double per_message = measured > 0 ? 1e6 / measured : 0;
  const auto& answer = figures.answer;
  if (options.json)
    return fmt::format(
        R"({{"name":"{}","measured":{},"seconds":{:.3f},"per_second":{:.1f},"cpu_us":{:.2f},"threads_us":{{{}}},)"
        R"("rss_mib":{:.1f},"peak_rss_mib":{:.1f},"answer_ms":{},"acknowledge_ms":{},"lost":{},"refused":{},)"
        R"("duplicated":{},"misrouted":{},"reordered":{},"strange":{}}})",
        options.name, figures.measured, figures.seconds, rate, used.cpu * per_message, threads(used, per_message),
        used.rss_mib, used.peak_rss_mib, json(answer), json(figures.acknowledge), figures.lost, figures.refused,
        figures.duplicated, figures.misrouted, figures.reordered, figures.strange);
  return fmt::format(
      "{}: {:.0f} answered/s, {:.1f} us CPU each, answer p50 {:.2f} p99 {:.2f} ms, peak {:.0f} MiB; lost {}, refused "
      "{}, "
      "duplicated {}, misrouted {}, reordered {}, strange {}",
      options.name, rate, used.cpu * per_message, answer.p50, answer.p99, used.peak_rss_mib, figures.lost,
      figures.refused, figures.duplicated, figures.misrouted, figures.reordered, figures.strange);
}

Usage between(const Usage& before, const Usage& after) {
  Usage used = after;
  used.cpu -= before.cpu;
  for (auto& [name, seconds] : used.threads) {
    const auto known = before.threads.find(name);
    if (known != before.threads.end()) seconds = std::max(0.0, seconds - known->second);
  }
  return used;
}

}  // namespace postern::load
