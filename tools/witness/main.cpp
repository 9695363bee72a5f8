// SPDX-License-Identifier: Apache-2.0
// postern-witness: keygen, or serve until SIGTERM.
#include <getopt.h>
#include <signal.h>
#include <sysexits.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "base/log.hpp"
#include "ledger/files.hpp"
#include "server.hpp"

namespace postern::witness {
namespace {

constexpr char kUsage[] =
    "usage: postern-witness keygen NAME FILE\n"
    "       postern-witness serve --key FILE --state FOLDER --logs FILE [--listen ADDRESS:PORT]\n"
    "  keygen   makes a key, writes it to FILE for its owner alone, prints the vkey for [[witness]] of the daemon\n"
    "  NAME     how the witness is called in each cosignature, like witness.example/w1\n"
    "  --logs   the genesis keys (vkey) of the ledgers to be witnessed, one a line\n"
    "  --state  where it remembers what it has cosigned; it must not be lost or set back\n"
    "  --listen default 127.0.0.1:8090; port 0: any free one\n";

int fail(const Error& error, int code) {
  std::fprintf(stderr, "postern-witness: %s\n", text(error).c_str());
  return code;
}

int keygen(const std::string& name, const std::string& file) {
  if (!ledger::is_signer(name))
    return fail({"\"" + name + "\" is no name", "use printable letters, without spaces and +"}, EX_USAGE);
  if (std::filesystem::exists(file)) return fail({file + " is there already", "it is not overwritten"}, EX_CANTCREAT);
  const auto seed = crypto::random_key();
  if (auto done = ledger::write_file(std::filesystem::absolute(file), name + "\n" + hex(seed) + "\n", 0400); !done)
    return fail(done.error(), EX_CANTCREAT);
  const ledger::VKey vkey{name, ledger::KeyType::cosignature, crypto::SigningKey(seed).public_key()};
  std::puts(vkey.text().c_str());
  return EX_OK;
}

struct Serving {
  std::string key, state, logs, host = "127.0.0.1";
  std::uint16_t port = 8090;
};

struct Identity {
  std::string name;
  crypto::Key seed{};
};

Result<Identity> read_identity(const std::string& file) {
  // A credential of systemd may show an access list as the group's right to read.
  if (auto checked = ledger::check_mode(file, 0037); !checked) return tl::unexpected(checked.error());
  const auto content = ledger::read_file(file);
  if (!content) return tl::unexpected(content.error());
  const auto end = content->find('\n');
  const auto bytes = end == content->npos ? std::nullopt : unhex(std::string_view(*content).substr(end + 1, 64));
  Identity identity{content->substr(0, end), {}};
  if (!bytes || bytes->size() != identity.seed.size() || !ledger::is_signer(identity.name))
    return failure(file + " is no key of a witness", "make one with postern-witness keygen");
  std::copy(bytes->begin(), bytes->end(), identity.seed.begin());
  return identity;
}

Result<std::vector<ledger::VKey>> read_logs(const std::string& file) {
  const auto content = ledger::read_file(file);
  if (!content) return tl::unexpected(content.error());
  std::vector<ledger::VKey> keys;
  for (std::string_view rest = *content; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty() || line.front() == '#') continue;
    auto key = ledger::VKey::parse_log_key(line);
    if (!key) return failure(file + ": " + key.error().what, key.error().remedy);
    keys.push_back(std::move(*key));
  }
  if (keys.empty()) return failure(file + " names no ledger", "put a genesis key there, as posternctl status shows it");
  return keys;
}

std::uint64_t seconds() {
  return static_cast<std::uint64_t>(std::time(nullptr));
}

int serve(const Serving& serving) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  const auto identity = read_identity(serving.key);
  if (!identity) return fail(identity.error(), EX_NOINPUT);
  const auto logs = read_logs(serving.logs);
  if (!logs) return fail(logs.error(), EX_CONFIG);
  const auto folder = std::filesystem::absolute(serving.state);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const auto lock = ledger::FileLock::take(folder / "lock");  // two that forget each other would both cosign
  if (!lock) return fail(lock.error(), EX_UNAVAILABLE);
  auto memory = Memory::open(folder, *logs);
  if (!memory) return fail(memory.error(), EX_NOINPUT);
  try {
    gateway::HttpLoop loop;
    const Server server(loop, Desk(identity->name, crypto::SigningKey(identity->seed), std::move(*memory), seconds),
                        serving.host, serving.port);
    loop.start();
    log::info("witness.started", "taking checkpoints",
              {{"name", identity->name}, {"logs", logs->size()}, {"port", server.port()}});
    int which = 0;
    sigwait(&ends, &which);
    loop.stop();
    return EX_OK;
  } catch (const std::exception& broken) {
    return fail({broken.what(), "is another program listening there?"}, EX_UNAVAILABLE);
  }
}

bool set_listen(const std::string& text, Serving& serving) {
  const auto colon = text.rfind(':');
  if (colon == text.npos || colon == 0) return false;
  serving.host = text.substr(0, colon);
  if (serving.host.front() == '[' && serving.host.back() == ']')
    serving.host = serving.host.substr(1, serving.host.size() - 2);
  const auto port = std::strtoul(text.c_str() + colon + 1, nullptr, 10);
  serving.port = static_cast<std::uint16_t>(port);
  return std::to_string(port) == text.substr(colon + 1) && port <= 65'535;
}

int run(int argc, char** argv) {
  const std::string verb = argc > 1 ? argv[1] : "";
  if (verb == "keygen" && argc == 4) return keygen(argv[2], argv[3]);
  if (verb == "--version") return std::puts("postern-witness " POSTERN_VERSION) < 0;
  if (verb == "--help") return std::fputs(kUsage, stdout) < 0;
  Serving serving;
  bool good = verb == "serve";
  static constexpr option kOptions[] = {{"key", required_argument, nullptr, 'k'},
                                        {"state", required_argument, nullptr, 's'},
                                        {"logs", required_argument, nullptr, 'l'},
                                        {"listen", required_argument, nullptr, 'a'},
                                        {nullptr, 0, nullptr, 0}};
  for (int option = 0; good && (option = getopt_long(argc - 1, argv + 1, "", kOptions, nullptr)) != -1;) {
    if (option == 'k')
      serving.key = optarg;
    else if (option == 's')
      serving.state = optarg;
    else if (option == 'l')
      serving.logs = optarg;
    else
      good = option == 'a' && set_listen(optarg, serving);
  }
  if (good && !serving.key.empty() && !serving.state.empty() && !serving.logs.empty() && optind == argc - 1)
    return serve(serving);
  std::fputs(kUsage, stderr);
  return EX_USAGE;
}

}  // namespace
}  // namespace postern::witness

int main(int argc, char** argv) {
  return postern::witness::run(argc, argv);
}
