// SPDX-License-Identifier: Apache-2.0
// Files beside the ledger, and bodies that have to go: what is on the disk, and what a verifier says of it.
#include <fstream>
#include <iterator>

#include "diary.hpp"
#include "ledger/format/verify.hpp"
#include "ledger/gone.hpp"
#include "ledger/live.hpp"

using namespace postern;
using namespace postern::ledger;
using namespace postern::ledger::test;

namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::int64_t> indices(const core::BodiesFound& found) {
  std::vector<std::int64_t> all;
  for (const auto& body : found.bodies) all.push_back(body.index);
  return all;
}

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

/// How many pieces of a blob lie in the ledger's files. (It is cut where SQLite's pages end.)
int pieces_in(const fs::path& state, const std::string& blob) {
  int found = 0;
  for (const auto* name : {"ledger.db", "ledger.db-wal"}) {
    const auto bytes = content(state / name);
    for (std::size_t at = 0; at + 32 <= blob.size(); at += 500)
      found += bytes.find(blob.substr(at, 32)) != std::string::npos ? 1 : 0;
  }
  return found;
}

}  // namespace

TEST_CASE("a file is sealed as a body is, in its own memory") {
  const auto dek = crypto::random_key(), salt = crypto::random_key();
  Sealer sealer("x/postern/y/0");
  for (const std::size_t size : {0u, 1u, 63u, 64u, 65u, 100'000u}) {
    std::string plain(size, 'p');
    for (std::size_t i = 0; i < size; ++i) plain[i] = static_cast<char>(i * 7);
    Bytes blob;
    const auto body = sealer.seal(dek, salt, 17, plain, blob);
    std::string file = plain;
    const auto sealed = seal_file("x/postern/y/0", dek, salt, 17, file);
    CHECK(std::string(chars(sealed.head)) + file == chars(blob));
    CHECK(sealed.body.h == body.h);
    CHECK(sealed.body.n == body.n);
  }
}

TEST_CASE("a kept file is private, sealed, and opens with the contact's key of its record's month") {
  const Folder folder;
  auto store = must_open(folder.options());
  Diary diary(*store);
  const auto index = diary.message("m1", "look");
  diary.commit();
  const auto media = folder.path() / "state" / "media";
  Shop shop(*store, media);
  const std::string plain = "GIF89a canary picture " + std::string(100'000, 'x');
  const auto kept = shop.keep(picture(diary, index, plain));
  CHECK(kept.outcome == core::FileFetched::Outcome::done);
  CHECK(kept.size == static_cast<std::int64_t>(plain.size()));
  CHECK(kept.sha256 == hex(crypto::sha256(view(plain))));
  REQUIRE_FALSE(kept.file.empty());
  CHECK(content(media / kept.file).find("canary") == std::string::npos);
  CHECK((fs::status(media / kept.file).permissions() & fs::perms::all) ==
        (fs::perms::owner_read | fs::perms::owner_write));

  const auto blob = MediaFiles::read(media, kept.file, 1 << 20);
  REQUIRE(blob);
  CHECK(hex(blob_hash(view(*blob))) == kept.sealed);
  CHECK(blob->size() == static_cast<std::size_t>(kept.length) + kBlobOverhead);
  auto reader = store->open_view();
  REQUIRE(reader);
  const auto key = (*reader)->keys().subject_key(diary.contact(), month_of(diary.wall()));
  REQUIRE(key);
  Sealer sealer(store->origin());
  const auto opened = sealer.open(*key, static_cast<std::uint64_t>(index), view(*blob));
  REQUIRE(opened);
  CHECK(chars(*opened) == plain);

  // The same picture again is another file with another key.
  const auto again = shop.keep(picture(diary, index, plain));
  CHECK(again.sealed != kept.sealed);
  auto only_hash = picture(diary, index, plain);
  only_hash.keep = false;
  const auto hashed = shop.keep(std::move(only_hash));
  CHECK(hashed.file.empty());
  CHECK(hashed.sha256 == kept.sha256);
  CHECK(files_in(media) == 2);
  CHECK_FALSE(MediaFiles::read(media, "../keys.db", 1 << 20));
  CHECK_FALSE(MediaFiles::read(media, kept.file, 1'000));

  shop.drop(kept.file, index);
  CHECK(files_in(media) == 1);
}

TEST_CASE("when the room is used up nothing more is kept, and the disk is never filled") {
  const Folder folder;
  auto store = must_open(folder.options());
  Diary diary(*store);
  const auto index = diary.message("m1", "look");
  diary.commit();
  {
    Shop shop(*store, folder.path() / "state" / "media", {150'000, 0});
    const auto first = shop.keep(picture(diary, index, std::string(100'000, 'x')));
    CHECK(first.outcome == core::FileFetched::Outcome::done);
    const auto second = shop.keep(picture(diary, index, std::string(100'000, 'x')));
    CHECK(second.outcome == core::FileFetched::Outcome::failed);
    CHECK(second.reason == "no-room");
    shop.drop(first.file, index);
    CHECK(shop.keep(picture(diary, index, std::string(100'000, 'x'))).outcome == core::FileFetched::Outcome::done);
  }
  Shop full(*store, folder.path() / "state" / "media", {1u << 30, UINT64_MAX / 4});
  CHECK(full.keep(picture(diary, index, "x")).reason == "no-room");
}

TEST_CASE("a start drops the files that no row names, and keeps the others") {
  const Folder folder;
  auto store = must_open(folder.options());
  const auto media = folder.path() / "state" / "media";
  Diary diary(*store);
  const auto index = diary.message("m1", "look");
  diary.commit();
  std::string named, stray;
  {
    Shop shop(*store, media);
    named = shop.keep(picture(diary, index, "one")).file;
    stray = shop.keep(picture(diary, index, "two")).file;
  }
  diary.add_row(core::MediumRow{index * core::kMostFiles, 1, 0, index, named, false});
  diary.commit();
  Shop again(*store, media);
  CHECK(fs::exists(media / named));
  CHECK_FALSE(fs::exists(media / stray));
}

TEST_CASE("what is taken back is found by the platform's id, with its edits and the descriptions of its files") {
  const Folder folder;
  auto store = must_open(folder.options());
  Diary diary(*store);
  const auto first = diary.message("m1", "one");
  const auto second = diary.message("m2", "two, which quotes m1");
  const auto edit = diary.message("m1", "one, better", "edit");
  const auto media = diary.say("msg.media", R"({"attachment":0})");
  diary.add_row(core::MediumRow{first * core::kMostFiles, 1, 0, media, "00112233445566778899aabbccddeeff", false});
  const auto unsend = diary.message("m1", "", "unsend");
  const auto other = diary.message("m9", "", "unsend");
  diary.commit();
  Shop shop(*store, folder.path() / "state" / "media");
  const auto found = shop.find(unsend);
  CHECK(found.unsent);
  CHECK(indices(found) == std::vector<std::int64_t>{first, edit, media});
  REQUIRE(found.media.size() == 1);
  CHECK(found.media[0].file == "00112233445566778899aabbccddeeff");
  CHECK(found.bodies[0].account == "acme");
  CHECK(found.bodies[0].retention == "dm");
  CHECK(found.bodies[0].contact == diary.contact());
  CHECK(shop.find(other).bodies.empty());

  const auto itself = shop.find(second);  // its own time has run out
  CHECK_FALSE(itself.unsent);
  CHECK(indices(itself) == std::vector<std::int64_t>{second});
}

TEST_CASE("a body that goes leaves the files, and its record is judged shredded, all others intact") {
  const Folder folder;
  std::string blob;
  {
    auto store = must_open(folder.options());
    Diary diary(*store);
    const auto message = diary.message("m1", "canary " + std::string(20'000, 'y'));
    for (int i = 0; i < 20; ++i) diary.message("n" + std::to_string(i), "other");
    const auto unsend = diary.message("m1", "", "unsend");
    diary.commit();
    auto reader = store->open_view();
    REQUIRE(reader);
    blob = chars((*reader)->records().blob(message));
    REQUIRE(blob.size() > 20'000);
    CHECK(pieces_in(folder.path() / "state", blob) > 10);
    diary.shred(message, unsend);
    diary.commit();

    auto log = open_live(**reader);
    REQUIRE(log);
    Pins pins;
    pins.genesis = store->genesis();
    const auto verdict = verify(**log, pins);
    CHECK(verdict.code() == Code::erased);
    CHECK(verdict.shredded == 1);
    CHECK(verdict.intact == 21);
    CHECK(verdict.missing == 0);
    CHECK(verdict.bad == 0);
    const auto body = (*reader)->records().body(message);
    REQUIRE(body);
    CHECK_FALSE(*body);
    // SQLite's log is shortened when there is time.
    for (int i = 0; i < 300 && fs::file_size(folder.path() / "state" / "ledger.db-wal") > 0; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  // Not even the sealed bytes are left, in the database or in its log: the contact's key would still open them.
  CHECK(pieces_in(folder.path() / "state", blob) == 0);
}

TEST_CASE("event keys outlive the bodies that they were read from") {
  const Folder folder;
  core::Image image;
  std::int64_t message = 0;
  {
    auto store = must_open(folder.options());
    Diary diary(*store);
    message = diary.say("msg.in", R"({"kind":"message","thread":"t","key":"m1:message","platform_id":"m1"})");
    core::Seen seen(store->seen_key(), 0);
    diary.add_row(core::SeenRow{seen.digest("acme", "m1:message").look, message, 0});
    diary.commit();
    diary.shred(message, message);
    diary.commit();
  }
  auto store = must_open(folder.options());
  core::Seen seen(store->seen_key(), 0);
  auto reader = store->open_view();
  REQUIRE(reader);
  CHECK((*reader)->seen(seen.digest("acme", "m1:message").look, "acme", "m1:message"));
}
