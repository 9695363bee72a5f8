// SPDX-License-Identifier: Apache-2.0
// What a run of postern-load is to do.
#pragma once
#include <cstdint>
#include <string>

namespace postern::load {

struct Options {
  std::string name = "run";              ///< how the report calls this run
  std::uint16_t port = 0;                ///< the target's webhook, on loopback
  std::string path = "/";                ///< the webhook's path
  std::string secret;                    ///< what webhooks are signed with
  std::uint16_t graph_port = 0;          ///< where the Graph peer listens
  std::string page = "104857600000001";  ///< the account's id
  std::int64_t count = 100'000;          ///< messages that are measured, at most
  std::int64_t warmup = 2'000;           ///< messages before those
  double seconds = 10;                   ///< how long the measured part lasts, at most
  double rate = 0;                       ///< messages a second with exponential gaps; 0: as many as are answered
  int connections = 64;                  ///< that webhooks come on
  int in_flight = 64;                    ///< without a rate: messages that are unanswered at a time
  std::int64_t contacts = 1'000;         ///< who writes; 0: each message comes from somebody new
  int text = 120;                        ///< bytes of a message's text
  double redeliver = 0;                  ///< share of webhooks that come twice
  int graph_error_every = 0;             ///< every so many calls of the Send API end with 500; 0: none does
  double patience = 10;                  ///< seconds without progress after which the rest counts as lost
  int pid = 0;        ///< the target: its CPU time and memory are reported, with all it started; 0: no
  bool json = false;  ///< report one JSON object instead of lines for people
};

/// Reads the command line; prints what is wrong with it, or the help, and exits.
Options read_options(int argc, char** argv);

}  // namespace postern::load
