// SPDX-License-Identifier: Apache-2.0
#include "config/zones.hpp"

#include <date/tz.h>

#include <chrono>
#include <exception>

namespace postern::config {
namespace {

using core::policy::Zone;

Micros micros(std::chrono::seconds seconds) {
  return seconds.count() * kSecond;
}

Zone changes(const date::time_zone& zone) {
  using namespace date::literals;
  const date::sys_seconds last = date::sys_days(2045_y / 1 / 1);
  Zone out;
  for (date::sys_seconds at = date::sys_days(2020_y / 1 / 1); at < last;) {
    const date::sys_info info = zone.get_info(at);
    out.emplace_back(micros(at.time_since_epoch()), micros(info.offset));
    at = info.end;
  }
  return out;
}

std::shared_ptr<const core::policy::Zones> read() {
  std::map<std::string, Zone, std::less<>> zones;
  try {
    for (const date::time_zone& zone : date::get_tzdb().zones) zones.emplace(zone.name(), changes(zone));
  } catch (const std::exception&) {
    zones.clear();  // no tables: who asks for a zone is told that it is not known
  }
  return std::make_shared<const core::policy::Zones>(std::move(zones));
}

}  // namespace

std::shared_ptr<const core::policy::Zones> system_zones() {
  static const auto zones = read();
  return zones;
}

}  // namespace postern::config
