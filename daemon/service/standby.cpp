// SPDX-License-Identifier: Apache-2.0
#include "service/standby.hpp"

#include <systemd/sd-daemon.h>

#include "base/log.hpp"
#include "gateway/admin.hpp"
#include "gateway/gateway.hpp"
#include "ledger/files.hpp"
#include "publish/publisher.hpp"
#include "service/metrics.hpp"
#include "service/service.hpp"

namespace postern::service {
namespace {

constexpr const char* kRemedy =
    "restore a newer copy, or stop the daemon and run `posternd --fork REASON`: docs/audit.md, \"The alarm\"";

}  // namespace

std::optional<std::string> ask_outside(ledger::Store& store, const Assembly& assembly) {
  auto view = store.open_view();
  if (!view) return view.error().what;
  const auto silent = publish::ask_before_start(**view, assembly.publish);
  if (!silent) return silent.error().what;
  const auto file = assembly.config.state_dir / ledger::kAlarmFile;
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return std::nullopt;
  const auto alarm = ledger::read_file(file);
  if (*silent > 0) return alarm ? *alarm : alarm.error().what;
  std::filesystem::remove(file, error);
  log::info("ledger.alarm_over", "the ledger is the newest that anybody has seen again");
  return std::nullopt;
}

void leave_alarm(const std::filesystem::path& state_dir, const std::string& why) {
  if (auto left = ledger::write_file(state_dir / ledger::kAlarmFile, why, 0600); !left)
    log::error("ledger.alarm", "the alarm is not on the disk, so a start may miss it: " + text(left.error()));
}

int stand_by(Assembly& assembly, const std::string& why, Signals& signals) {
  const auto& config = assembly.config;
  log::error("ledger.alarm", "nothing is taken and nothing is sent: " + why + " (" + kRemedy + ")");
  auto lock = ledger::FileLock::take(config.state_dir / "lock");
  auto endpoints = gateway::Endpoints::make(std::move(assembly.endpoints));
  if (!lock || !endpoints) {
    log::error("daemon.failed", text(lock ? endpoints.error() : lock.error()));
    return lock ? kConfig : kUnavailable;
  }
  gateway::Counters counters;
  try {
    gateway::Gateway gateway(
        config.listen.host, config.listen.port, assembly.gateway, std::move(*endpoints),
        [](gateway::WebhookId, gateway::VerifiedBody&&) { return false; }, counters);
    const gateway::Admin admin(gateway.loop(), config.admin_listen.host, config.admin_listen.port,
                               {[&why] { return "the ledger must not go on: " + why; }, standby_metrics});
    gateway.start();
    sd_notify(0, "READY=1\nSTATUS=standing by: the ledger must not go on");
    while (signals.wait(kSecond) != Signals::What::stop) sd_notify(0, "WATCHDOG=1");
    sd_notify(0, "STOPPING=1");
    gateway.stop();
    return kOk;
  } catch (const std::exception& error) {
    log::error("daemon.failed", error.what());
    return kUnavailable;
  }
}

}  // namespace postern::service
