// SPDX-License-Identifier: Apache-2.0
// The verbs about the ledger's own keys.
#include "verb_tree.hpp"
#include "verbs.hpp"

namespace postern::ctl {

void add_keys_verbs(VerbTree& tree) {
  CLI::App* keys = tree.group("keys", "The keys that sign the record and close its bodies");
  tree.verb(keys, "status", "Which key signs, since when, and what wraps the others", keys_status);
  tree.verb(keys, "rotate", "Let the signing key give way to the next one, as happens daily", keys_rotate);
  CLI::App* kek = keys->add_subcommand("kek", "The key that wraps all keys of contacts")->require_subcommand(1);
  struct File {
    std::filesystem::path path, officer;
    bool wait = false;
  };
  auto [add_verb, adding] =
      tree.verb<File>(kek, "add", "Make a new one; from the next start on it takes the place of the one before",
                      [](Session& session, const File& it) { return kek_add(session, it.path, it.officer); });
  add_verb->add_option("FILE", adding->path, "The file that holds it, as /etc/postern/kek")->required();
  add_verb->add_option("--escrow", adding->officer, "As keys kek escrow, for the owner of this certificate");
  auto [drop_verb, dropping] =
      tree.verb<File>(kek, "drop", "Destroy the older ones, when nothing needs them any more",
                      [](Session& session, const File& it) { return kek_drop(session, it.path, it.wait); });
  drop_verb->add_option("FILE", dropping->path, "The file that holds them")->required();
  drop_verb->add_flag("--wait", dropping->wait, "Until that is so");
  drop_verb->footer(
      "Between the two the daemon is started again, and wraps all keys anew beside its work. What lies in a backup is\n"
      "wrapped under the older keys: whoever restores one needs them.");
  auto [escrow_verb, sealing] =
      tree.verb<File>(kek, "escrow", "Make a copy of each that only an officer can open",
                      [](Session& session, const File& it) { return kek_escrow(session, it.path, it.officer); });
  escrow_verb->add_option("FILE", sealing->path, "The file that holds them")->required();
  escrow_verb->add_option("CERTIFICATE", sealing->officer, "The officer's, in PEM")->required();
  escrow_verb->footer(
      "FILE.NUMBER.escrow opens with: openssl cms -decrypt -inform PEM -inkey PRIVATE_KEY -in FILE.NUMBER.escrow\n"
      "It goes when its key is dropped; copies elsewhere have to be destroyed there.");
}

}  // namespace postern::ctl
