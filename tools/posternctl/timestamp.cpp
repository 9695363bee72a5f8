// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fstream>

#include "base/crypto.hpp"
#include "failure.hpp"
#include "ledger/files.hpp"
#include "ledger/format/checkpoint.hpp"
#include "places.hpp"
#include "time.hpp"
#include "time_stamp.hpp"
#include "verbs.hpp"

namespace postern::ctl {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestToken = 1 << 20;  // bytes; one with its chain of certificates has some thousand
constexpr std::string_view kPayload = "Payload-Oxum: ";

/// The bag's newest checkpoint, which its token is about.
ledger::Note checkpoint_of(const fs::path& bag) {
  if (!fs::is_regular_file(bag / "bagit.txt"))
    throw Failure(kNoInput, printable(bag.string()) + " is no bag", "posternctl audit export DIR writes one");
  auto note = ledger::parse_note(read_input(bag / "data/checkpoint", kLongestNote));
  if (!note) throw Failure(kBadData, note.error());
  return std::move(*note);
}

void must(const Result<void>& done) {
  if (!done) throw Failure(kCannotCreate, done.error());
}

/// bag-info.txt counts the payload's bytes and files: one file more.
std::string with_one_more(const std::string& info, std::size_t bytes) {
  const auto begin = info.starts_with(kPayload) ? kPayload.size() : info.npos;
  const auto end = info.find('\n');
  if (begin == info.npos || end == info.npos) return info;
  const auto dot = info.find('.', begin);
  const auto counted = [&](std::size_t from, std::size_t to) { return std::stoull(info.substr(from, to - from)); };
  if (dot >= end) return info;
  return fmt::format("{}{}.{}{}", kPayload, counted(begin, dot) + bytes, counted(dot + 1, end) + 1, info.substr(end));
}

/// The file, its line in the manifest, and the count: what RFC 8493 wants of a file that is added.
void attach(const fs::path& bag, const std::string& name, const std::string& token) {
  if (fs::exists(bag / name))
    throw Failure(kCannotCreate, name + " is there already", "remove it and its line of manifest-sha256.txt first");
  const auto info = ledger::read_file(bag / "bag-info.txt");
  if (!info) throw Failure(kNoInput, info.error());
  fs::create_directories((bag / name).parent_path());
  must(ledger::write_file(bag / name, token, 0600));
  std::ofstream manifest(bag / "manifest-sha256.txt", std::ios::binary | std::ios::app);
  manifest << hex(crypto::sha256(view(token))) << "  " << name << '\n';
  manifest.close();
  if (!manifest) throw Failure(kCannotCreate, "manifest-sha256.txt cannot be written", "make room, or ask its owner");
  must(ledger::write_file(bag / "bag-info.txt", with_one_more(*info, token.size()), 0600));
}

}  // namespace

int audit_timestamp(Session& session, const Timestamp& options) {
  if (options.request.empty() == options.response.empty())
    throw Failure(kUsage, "say --request FILE, and when the authority has answered --response FILE");
  const auto note = checkpoint_of(options.bag);
  const auto hash = crypto::sha256(view(note.body));
  if (!options.request.empty()) {
    must(ledger::write_file(options.request, time_stamp_request(hash), 0600));
    if (session.print_json({{"size", note.size}, {"sha256", hex(hash)}})) return 0;
    line(fmt::format("a request for the checkpoint of {} records is in {}; send it to the authority, as with",
                     note.size, printable(options.request.string())));
    line(fmt::format("  curl -H 'Content-Type: application/timestamp-query' --data-binary @{} URL -o answer.tsr",
                     printable(options.request.string())));
    return 0;
  }
  const auto token = read_input(options.response, kLongestToken);
  const auto time = stamped_time(token, hash);
  if (!time) throw Failure(kBadData, time.error());
  const auto name = fmt::format("data/timestamps/{}.tsr", note.size);
  attach(options.bag, name, token);
  if (session.print_json({{"size", note.size}, {"time", absolute(*time)}, {"file", name}})) return 0;
  line(fmt::format("{} says {} for the checkpoint of {} records; whose word that is, openssl ts -verify tells", name,
                   absolute(*time), note.size));
  return 0;
}

}  // namespace postern::ctl
