// SPDX-License-Identifier: Apache-2.0
// One message to a log host (RFC 5424) over the local socket, UDP, or TCP with octet counting (RFC 6587).
#pragma once
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace postern::publish {

/// "<109>1 2026-11-24T05:37:22.104Z host postern 4711 checkpoint - text": facility log audit, severity notice.
std::string syslog_message(Micros wall, std::string_view text);
/// Is this a place that send_syslog knows? "unix:PATH", "udp:HOST:PORT", "tcp:HOST:PORT".
bool is_syslog_place(std::string_view place);
/// Waits some seconds at most. UDP is sent and not heard of again.
Result<void> send_syslog(const std::string& place, std::string_view message);

}  // namespace postern::publish
