// SPDX-License-Identifier: Apache-2.0
#include "load/books.hpp"

#include <algorithm>

namespace postern::load {
namespace {

Percentiles percentiles(std::vector<double>& seconds) {
  if (seconds.empty()) return {};
  std::sort(seconds.begin(), seconds.end());
  const auto at = [&](double share) {
    const auto index = static_cast<std::size_t>(share * static_cast<double>(seconds.size()));
    return seconds[std::min(index, seconds.size() - 1)] * 1e3;
  };
  return {at(0.5), at(0.9), at(0.99), at(0.999), seconds.back() * 1e3};
}

}  // namespace

std::int64_t Books::begin(Seconds due) {
  pages_.push_back({.due = due});
  return begun() - 1;
}

void Books::posted(std::int64_t message) {
  if (page(message).posted == 0) page(message).posted = now();
}

void Books::acknowledged(std::int64_t message) {
  last_progress_ = now();
  if (page(message).acknowledged == 0) page(message).acknowledged = last_progress_;
}

void Books::refused(std::int64_t message) {
  last_progress_ = now();
  // A webhook that comes twice may be refused once, and an answer may be here before the connection breaks.
  if (page(message).acknowledged == 0 && page(message).answered == 0) ++refused_;
}

void Books::answered(std::int64_t message, std::uint64_t person) {
  if (message < 0 || message >= begun()) {
    ++strange_;
    return;
  }
  if (people_.id(people_.writer(message)) != person) ++misrouted_;
  if (page(message).answered != 0) {
    ++duplicated_;
    return;
  }
  ++answered_;
  page(message).answered = last_progress_ = last_answer_ = now();
  compare_with_later(message);
}

// Webhooks that are under way together have no order. Only one that was acknowledged before the other was posted must
// be answered before it.
void Books::compare_with_later(std::int64_t message) {
  const auto writer = static_cast<std::size_t>(people_.writer(message));
  if (writer >= newest_answered_.size()) newest_answered_.resize(std::max(writer + 1, newest_answered_.size() * 2), 0);
  auto& newest = newest_answered_[writer];
  if (message + 1 > newest) {
    newest = message + 1;
    return;
  }
  const Seconds acknowledged = page(message).acknowledged;
  if (acknowledged != 0 && acknowledged < page(newest - 1).posted) ++reordered_;
}

Figures Books::figures() const {
  Figures figures;
  std::vector<double> answers, acknowledgements;
  for (std::int64_t message = 0; message < begun(); ++message) {
    const Page& page = pages_[static_cast<std::size_t>(message)];
    if (page.acknowledged != 0 && page.answered == 0) ++figures.lost;
    if (message < warmup_) continue;
    if (page.answered != 0) answers.push_back(page.answered - page.due);
    if (page.acknowledged != 0) acknowledgements.push_back(page.acknowledged - page.due);
  }
  figures.measured = static_cast<std::int64_t>(answers.size());
  if (begun() > warmup_) figures.seconds = last_answer_ - pages_[static_cast<std::size_t>(warmup_)].due;
  figures.answer = percentiles(answers);
  figures.acknowledge = percentiles(acknowledgements);
  figures.refused = refused_;
  figures.duplicated = duplicated_;
  figures.misrouted = misrouted_;
  figures.reordered = reordered_;
  figures.strange = strange_;
  return figures;
}

}  // namespace postern::load
