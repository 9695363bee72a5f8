// SPDX-License-Identifier: Apache-2.0
#include "load/options.hpp"

#include <CLI/CLI.hpp>
#include <fstream>

namespace postern::load {
namespace {

std::string first_line(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

}  // namespace

Options read_options(int argc, char** argv) {
  Options options;
  CLI::App app(
      "Plays Messenger for one Page, on loopback: posts signed webhooks and is the Send API that their answers come "
      "to.\n"
      "A message is answered when a send arrives that repeats its text.");
  app.option_defaults()->always_capture_default();
  std::string secret_file;
  app.add_option("--port", options.port, "the target's port for webhooks")->required();
  app.add_option("--path", options.path, "the webhook's path");
  app.add_option("--secret-file", secret_file, "what webhooks are signed with")->required()->check(CLI::ExistingFile);
  app.add_option("--graph-port", options.graph_port, "where to be the Send API")->required();
  app.add_option("--page", options.page, "the Page's id");
  app.add_option("--count", options.count, "messages to measure, at most")->check(CLI::PositiveNumber);
  app.add_option("--warmup", options.warmup, "messages before those")->check(CLI::NonNegativeNumber);
  app.add_option("--seconds", options.seconds, "how long to measure, at most")->check(CLI::PositiveNumber);
  app.add_option("--rate", options.rate, "messages a second, with exponential gaps; 0: saturation")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--connections", options.connections, "that webhooks come on")->check(CLI::Range(1, 10'000));
  app.add_option("--in-flight", options.in_flight, "saturation: messages without an answer at a time")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--contacts", options.contacts, "people who write; 0: each message comes from somebody new")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--text", options.text, "bytes of a message's text")->check(CLI::Range(20, 2'000));
  app.add_option("--redeliver", options.redeliver, "share of webhooks that come twice")->check(CLI::Range(0.0, 1.0));
  app.add_option("--graph-error-every", options.graph_error_every, "every so many sends end with 500; 0: none")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--patience", options.patience, "seconds without progress before the rest is given up")
      ->check(CLI::PositiveNumber);
  app.add_option("--pid", options.pid, "the target, whose CPU time and memory to report");
  app.add_option("--name", options.name, "how the report calls this run");
  app.add_flag("--json", options.json, "report one JSON object");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  options.secret = first_line(secret_file);
  return options;
}

}  // namespace postern::load
