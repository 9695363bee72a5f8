// SPDX-License-Identifier: Apache-2.0
// The books see what they are there to see.
#include "load/books.hpp"

#include "catch.hpp"

using namespace postern::load;

namespace {

/// Three messages of one person, posted one after another and acknowledged, the first during the warm-up.
struct Desk {
  People people{1, 7};
  Books books{people, 1};
  std::uint64_t person = people.id(0);

  Desk() {
    for (int made = 0; made < 3; ++made) {
      const auto message = books.begin(now());
      books.posted(message);
      books.acknowledged(message);
    }
  }
};

}  // namespace

TEST_CASE("Each message that is answered once, in its order, is in order") {
  Desk desk;
  for (int message = 0; message < 3; ++message) desk.books.answered(message, desk.person);
  const Figures figures = desk.books.figures();
  CHECK(figures.measured == 2);
  CHECK(figures.lost + figures.refused + figures.duplicated + figures.misrouted + figures.reordered == 0);
  CHECK(figures.answer.p50 > 0);
  CHECK(figures.answer.most >= figures.answer.p50);
  CHECK(desk.books.unanswered() == 0);
}

TEST_CASE("What was acknowledged and never answered is lost, also during the warm-up") {
  Desk desk;
  desk.books.answered(1, desk.person);
  CHECK(desk.books.figures().lost == 2);
  CHECK(desk.books.unanswered() == 2);
}

TEST_CASE("What was refused is not lost, and no longer waited for") {
  Desk desk;
  const auto message = desk.books.begin(now());
  desk.books.posted(message);
  desk.books.refused(message);
  CHECK(desk.books.figures().refused == 1);
  CHECK(desk.books.figures().lost == 3);
  CHECK(desk.books.unanswered() == 3);
}

TEST_CASE("A second answer, one to somebody else and one to nothing are seen") {
  Desk desk;
  for (int message = 0; message < 3; ++message) desk.books.answered(message, desk.person);
  desk.books.answered(2, desk.person);
  CHECK(desk.books.figures().duplicated == 1);
  desk.books.answered(2, desk.person + 1);
  CHECK(desk.books.figures().misrouted == 1);
  desk.books.answered(3, desk.person);
  desk.books.answered(-1, desk.person);
  CHECK(desk.books.figures().strange == 2);
}

TEST_CASE("An answer after a later one is out of order only where the messages had an order") {
  Desk desk;
  for (const int message : {2, 0, 1}) desk.books.answered(message, desk.person);
  CHECK(desk.books.figures().reordered == 2);

  People people(1, 7);
  Books together(people, 0);
  for (int made = 0; made < 2; ++made) together.posted(together.begin(now()));
  for (int made = 0; made < 2; ++made) together.acknowledged(made);
  for (const int message : {1, 0}) together.answered(message, people.id(0));
  CHECK(together.figures().reordered == 0);
}
