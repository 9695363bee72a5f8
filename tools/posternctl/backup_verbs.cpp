// SPDX-License-Identifier: Apache-2.0
// The verbs about backups.
#include "verb_tree.hpp"
#include "verbs.hpp"

namespace postern::ctl {

void add_backup_verbs(VerbTree& tree) {
  auto [backup_verb, backing] =
      tree.verb<Backup>(&tree.app(), "backup", "Write a copy of the state that a daemon can be started on", backup);
  backup_verb->add_option("FOLDER", backing->folder, "Where: a new folder, written by the daemon");
  backup_verb->add_flag("--with-signing-key", backing->signing_key,
                        "Also the key that signs on: whoever has the backup can then sign as this ledger");
  CLI::App* verify_verb = backup_verb->add_subcommand("verify", "Check one, without a daemon");
  verify_verb->add_option("FOLDER", backing->folder, "A backup")->required();
  verify_verb->add_option("--vkey", backing->vkey, "The genesis key, or a file that holds it")->type_name("KEY");
  verify_verb->callback([options = backing] { options->verify = true; });
  verify_verb->footer("Exit codes: those of `audit verify`. Without --vkey nothing but damage is found.");
  backup_verb->footer(
      "The key encryption key is never in it: keep that elsewhere, or the backup is as good as clear text.");

  auto [restore_verb, restoring] =
      tree.verb<Restore>(&tree.app(), "restore", "Make a state folder of a backup, without a daemon", restore);
  restore_verb->add_option("FOLDER", restoring->folder, "A backup")->required();
  restore_verb->add_option("--to", restoring->state, "The state folder: not there yet, or empty")
      ->type_name("FOLDER")
      ->required();
  restore_verb->add_option("--vkey", restoring->vkey, "The genesis key, or a file that holds it")->type_name("KEY");
  restore_verb->add_option("--sign-key", restoring->sign_key, "The signing key of the time of the backup")
      ->type_name("FILE");
  restore_verb->footer("What was to be sent at the time of the backup is not sent again by itself.");
}

}  // namespace postern::ctl
