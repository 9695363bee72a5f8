// SPDX-License-Identifier: Apache-2.0
// What the verbs of the command line are hung on. For the files that declare some of them, and for nobody else: CLI11
// costs seconds to compile.
#pragma once
#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>

#include "command_line.hpp"

namespace postern::ctl {

class VerbTree {
 public:
  VerbTree(Invocation& invocation, const char* about) : out_(invocation), app_(about) {}

  CLI::App& app() { return app_; }
  /// The one of that name, made if there is none yet.
  CLI::App* group(const char* name, const char* about) {
    const auto named = [name](CLI::App* each) { return each->get_name() == name; };
    if (const auto known = app_.get_subcommands(named); !known.empty()) return known.front();
    return app_.add_subcommand(name, about)->require_subcommand(1);
  }
  /// A verb with options of type T, filled in by the command line before `run` is called. They live as long as it.
  template <typename T, typename Run>
  std::pair<CLI::App*, std::shared_ptr<T>> verb(CLI::App* parent, const char* name, const char* about, Run run) {
    auto options = std::make_shared<T>();
    CLI::App* made = parent->add_subcommand(name, about);
    made->callback(
        [this, options, run] { out_.verb = [options, run](Session& session) { return run(session, *options); }; });
    return {made, options};
  }
  void verb(CLI::App* parent, const char* name, const char* about, int (*run)(Session&)) {
    parent->add_subcommand(name, about)->callback([this, run] { out_.verb = run; });
  }
  static void add_id(CLI::App* verb, std::string& target) {
    verb->add_option("--id", target, "The command's own id: repeated with the same one, it is not done twice")
        ->type_name("ID");
  }

 protected:
  Invocation& out_;
  CLI::App app_;
};

/// contact, hold, retention, audit requests.
void add_privacy_verbs(VerbTree& tree);
/// search.
void add_search_verb(VerbTree& tree);
/// backup, restore.
void add_backup_verbs(VerbTree& tree);
/// audit timestamp.
void add_timestamp_verb(VerbTree& tree);
/// keys.
void add_keys_verbs(VerbTree& tree);

}  // namespace postern::ctl
