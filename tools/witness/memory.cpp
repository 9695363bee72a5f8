// SPDX-License-Identifier: Apache-2.0
#include "memory.hpp"

#include "ledger/files.hpp"
#include "ledger/format/submission.hpp"

namespace postern::witness {

Result<Memory> Memory::open(std::filesystem::path folder, const std::vector<ledger::VKey>& genesis) {
  Memory memory(std::move(folder));
  for (const auto& key : genesis)
    if (auto done = memory.read(key); !done) return tl::unexpected(done.error());
  return memory;
}

std::filesystem::path Memory::path_of(std::string_view origin) const {
  return folder_ / ledger::log_name(origin);
}

/// The first line is the key, the rest the note.
Result<void> Memory::read(const ledger::VKey& genesis) {
  Log log{genesis, 0, {}, {}};
  std::error_code error;
  const auto path = path_of(genesis.name);
  if (std::filesystem::exists(path, error)) {
    const auto broken = [&](const Error& why) {
      return failure(path.string() + " is not what this witness wrote: " + why.what,
                     "restore it: a witness that forgets lets a ledger go back");
    };
    const auto text = ledger::read_file(path);
    if (!text) return tl::unexpected(text.error());
    const auto end = text->find('\n');
    auto key = ledger::VKey::parse_log_key(std::string_view(*text).substr(0, end));
    if (!key) return broken(key.error());
    log.note = end == text->npos ? std::string() : text->substr(end + 1);
    const auto note = ledger::parse_note(log.note);
    if (!note) return broken(note.error());
    log.key = std::move(*key);
    log.size = note->size;
    log.root = note->root;
  }
  logs_.emplace(genesis.name, std::move(log));
  return {};
}

const Log* Memory::find(std::string_view origin) const {
  const auto found = logs_.find(origin);
  return found == logs_.end() ? nullptr : &found->second;
}

const Log* Memory::find_named(std::string_view name) const {
  for (const auto& [origin, log] : logs_)
    if (ledger::log_name(origin) == name) return &log;
  return nullptr;
}

Result<void> Memory::keep(const Log& log) {
  if (auto done = ledger::write_file(path_of(log.key.name), log.key.text() + "\n" + log.note, 0600); !done) return done;
  logs_.at(log.key.name) = log;
  return {};
}

}  // namespace postern::witness
