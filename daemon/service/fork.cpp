// SPDX-License-Identifier: Apache-2.0
#include "service/fork.hpp"

#include <sys/stat.h>

#include <cstdio>

#include "bag/export.hpp"
#include "ledger/files.hpp"
#include "ledger/fork.hpp"
#include "service/assembly.hpp"
#include "service/publication.hpp"

namespace postern::service {
namespace {

constexpr Micros kPatience = 5 * kSecond;

int fail(const Error& error) {
  std::fprintf(stderr, "posternd: %s\n", text(error).c_str());
  return kInputOutput;
}

std::optional<Assembly> read(const Options& options) {
  config::Problems problems;
  auto assembly = assemble(ground_of(options.config_file, {}), SystemClock().now().wall, problems);
  if (!assembly) std::fputs(problems.text().c_str(), stderr);
  return assembly;
}

/// The newest checkpoint that a witness shows; those that do not answer know nothing.
std::optional<ledger::Note> seen_outside(const publish::Settings& settings, const std::filesystem::path& state_dir) {
  std::optional<ledger::Note> newest;
  const auto vkey = ledger::read_file(state_dir / "vkey");
  const auto genesis = vkey ? ledger::VKey::parse_log_key(std::string_view(*vkey).substr(0, vkey->find('\n')))
                            : tl::unexpected(vkey.error());
  if (!genesis) return newest;
  publish::Caller caller(settings, kPatience);
  for (const auto& place : settings.witnesses) {
    auto note = publish::Witness(place, caller).newest(genesis->name);
    if (!note) std::fprintf(stderr, "posternd: %s\n", text(note.error()).c_str());
    if (note && *note && (!newest || (*note)->size > newest->size)) newest = std::move(**note);
  }
  return newest;
}

}  // namespace

int fork(const Options& options, const std::string& reason) {
  if (reason.empty()) return fail({"a fork needs its reason", "posternd --fork \"restored from the backup of …\""}), 64;
  const auto assembly = read(options);
  if (!assembly) return kConfig;
  ::umask(0077);
  const auto done = ledger::fork_ledger(
      ledger_options(*assembly), seen_outside(assembly->publish, assembly->config.state_dir), reason, SystemClock());
  if (!done) return fail(done.error());
  std::printf(
      "The ledger %s is closed: %s is kept, for reading only. The newest checkpoint known of it has %llu records.\n"
      "A new one begins. Give its key to your witnesses and keep it outside this machine:\n%s\n",
      done->old_origin.c_str(), done->kept.c_str(), static_cast<unsigned long long>(done->old_size),
      done->genesis.text().c_str());
  return kOk;
}

int export_closed(const Options& options, const std::filesystem::path& folder, std::optional<std::uint64_t> number) {
  const auto assembly = read(options);
  if (!assembly) return kConfig;
  const auto closed = ledger::Closed::open(ledger_options(*assembly), number);
  if (!closed) return fail(closed.error());
  const auto done = bag::export_records((*closed)->view(), std::filesystem::absolute(folder), {});
  if (!done) return fail(done.error());
  std::printf("%llu records of %s in %s\n", static_cast<unsigned long long>(done->records),
              (*closed)->view().shared().origin.c_str(), folder.c_str());
  return kOk;
}

}  // namespace postern::service
