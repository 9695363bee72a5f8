// SPDX-License-Identifier: Apache-2.0
// The file that holds the key encryption keys. Only its owner, mostly root, can change it; the daemon never does.
#include <fmt/format.h>
#include <openssl/crypto.h>

#include <ranges>
#include <thread>

#include "config/files.hpp"
#include "config/kek_file.hpp"
#include "escrow.hpp"
#include "failure.hpp"
#include "ledger/files.hpp"
#include "verbs.hpp"

namespace postern::ctl {
namespace {

namespace fs = std::filesystem;

constexpr auto kLookAgain = std::chrono::milliseconds(500);
constexpr Micros kPatience = kMinute;

template <typename T>
void must(const Result<T>& done) {
  if (!done) throw Failure(kInputOutput, done.error());
}

config::Keks read_keks(const fs::path& file) {
  const auto secret = config::read_secret_file(file, false);
  if (!secret) throw Failure(kNoInput, secret.error());
  auto keks = config::parse_keks(secret->reveal());
  if (!keks)
    throw Failure(kBadData, file.string() + " holds no key encryption keys",
                  "64 hexadecimal digits, or lines NUMBER:DIGITS");
  return *keks;
}

/// The new content takes the place of the old one, which is overwritten; whatever happens, one of them is whole.
void replace(const fs::path& file, const config::Keks& keks) {
  const fs::path old = file.string() + ".old";
  std::error_code error;
  fs::remove(old, error);
  fs::create_hard_link(file, old, error);
  if (error) throw Failure(kInputOutput, "cannot make " + old.string() + ": " + error.message());
  auto text = config::keks_text(keks);
  const auto written = ledger::write_file(file, text, 0400);
  OPENSSL_cleanse(text.data(), text.size());
  must(written);
  must(ledger::shred_file(old));
}

/// Which one the daemon wraps with, if nothing lies under another one of these.
std::optional<std::int64_t> needed_alone(Session& session, const config::Keks& keks) {
  const auto status = session.ask("keys.status", {}, kPatience);
  const auto newest = number(status, "kek");
  for (const auto& kek : list(status, "keks"))
    if (number(kek, "kek") != newest && keks.contains(number(kek, "kek"))) return std::nullopt;
  return newest;
}

}  // namespace

int kek_add(Session& session, const fs::path& file, const fs::path& officer) {
  auto keks = read_keks(file);
  if (keks.size() > 1)
    throw Failure(kBadData, file.string() + " holds an older key already", "end that first: posternctl keys kek drop");
  const auto number = keks.rbegin()->first + 1;
  keks[number] = crypto::random_key();
  if (!officer.empty()) write_escrow(file, keks, officer);
  replace(file, keks);
  if (session.print_json(json::object{{"kek", number}})) return 0;
  line(fmt::format("kek {} is in {}; keep a copy where the one before was kept", number, file.string()));
  line("start the daemon again (systemctl restart postern), then: posternctl keys kek drop --wait " + file.string());
  return 0;
}

int kek_drop(Session& session, const fs::path& file, bool wait) {
  auto keks = read_keks(file);
  auto alone = needed_alone(session, keks);
  while (!alone && wait) {
    std::this_thread::sleep_for(kLookAgain);
    alone = needed_alone(session, keks);
  }
  if (!alone)
    throw Failure(kUnavailable, "keys still lie under an older one of " + file.string(),
                  "wait: --wait, or keys status");
  if (*alone != keks.rbegin()->first)
    throw Failure(kUnavailable,
                  fmt::format("the daemon wraps with kek {}, not yet with the newest of {}", *alone, file.string()),
                  "start it again: systemctl restart postern");
  const auto dropped = static_cast<std::int64_t>(keks.size()) - 1;
  const auto numbers = std::views::keys(keks);
  const std::vector<std::int64_t> older(numbers.begin(), std::prev(numbers.end()));
  keks.erase(keks.begin(), std::prev(keks.end()));
  if (dropped > 0) replace(file, keks);
  for (const auto number : older) destroy_escrow(file, number);
  if (!session.print_json(json::object{{"kek", *alone}, {"destroyed", dropped}}))
    line(dropped > 0 ? "destroyed; destroy its copies, too" : "there is no older one");
  return 0;
}

int kek_escrow(Session& session, const fs::path& file, const fs::path& officer) {
  const auto keks = read_keks(file);
  write_escrow(file, keks, officer);
  json::array made;
  for (const auto& [number, key] : keks) made.emplace_back(escrow_file(file, number).string());
  if (session.print_json(json::object{{"made", made}})) return 0;
  for (const auto& path : made) line(std::string(path.as_string()));
  line("opened by: openssl cms -decrypt -inform PEM -inkey PRIVATE_KEY -in FILE");
  return 0;
}

}  // namespace postern::ctl
