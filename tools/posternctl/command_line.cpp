// SPDX-License-Identifier: Apache-2.0
#include "command_line.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "failure.hpp"
#include "verb_tree.hpp"
#include "verbs.hpp"

namespace postern::ctl {
namespace {

constexpr char kAbout[] =
    "posternctl talks to a running posternd over its control socket, and reads webhooks, exports and\n"
    "configurations without one.";

constexpr char kEnd[] =
    "Ids are those that the lists show: a conversation is 32 hex digits, a record and a part are numbers.\n"
    "\n"
    "Examples:\n"
    "  posternctl status\n"
    "  posternctl conversations --waiting\n"
    "  posternctl reply 5f0c…9a \"Your order left this morning.\"\n"
    "  posternctl watch escalated\n"
    "  posternctl decode --platform messenger body.json\n"
    "\n"
    "Exit codes: 0 done; 64 wrong usage; 65 bad input; 66 no such thing; 69 no daemon, or no plugin; 74 I/O error;\n"
    "75 no answer, or busy: try again; 76 the daemon is of another version; 77 not permitted, or refused by policy;\n"
    "78 the configuration is wrong. audit verify: 0 to 4, see its help. decode: 1 is a wrong signature.\n"
    "\n"
    "Environment: POSTERN_RUNTIME_DIR is where the sockets are (default /run/postern); NO_COLOR turns colours off.\n"
    "The protocol is described in docs/protocol.md: any program may speak it.";

/// Builds the tree. Each verb's options live as long as the verb.
class Tree : public VerbTree {
 public:
  explicit Tree(Invocation& invocation) : VerbTree(invocation, kAbout) {
    app_.name("posternctl");
    app_.fallthrough();
    app_.require_subcommand(1);
    app_.get_formatter()->column_width(34);
    app_.set_help_flag("-h,--help", "Print this help and exit");
    app_.set_version_flag("--version", "posternctl " POSTERN_VERSION, "Print the version and exit");
    Globals& globals = out_.globals;
    app_.add_option("--socket", globals.socket, "Folder of the daemon's sockets, its runtime_dir")->type_name("DIR");
    app_.add_option("--config", globals.config, "Take runtime_dir from this configuration")->type_name("FILE");
    app_.add_flag("--json", globals.json, "Print JSON, errors too: one object, or one a line where there are many");
    app_.add_option("--timeout", globals.timeout, "Wait so long for an answer (default 5, for a whole ledger 1800)")
        ->type_name("SECONDS")
        ->check(CLI::Range(0.001, 86400.0).description(""));
    add_looking();
    add_search_verb(*this);
    add_doing();
    add_lists();
    add_privacy_verbs(*this);
    add_audit();
    add_backup_verbs(*this);
    add_keys_verbs(*this);
    add_timestamp_verb(*this);
    add_local();
    tidy(app_);
    app_.footer(kEnd);  // now, so that the verbs do not inherit it
  }

 private:
  static void add_conversation(CLI::App* verb, std::string& target) {
    verb->add_option("CONVERSATION", target, "Its id, as conversations shows it")->required();
  }
  void add_looking() {
    verb(&app_, "status", "How the daemon is: ledger, outbox, accounts, plugins", status);
    verb(&app_, "whoami", "Who you are in the record, and your roles", whoami);

    auto [watch_verb, watching] = verb<Watch>(&app_, "watch", "Follow the event feed", watch);
    watch_verb->add_option("TOPIC", watching->topics, "Beginnings of topics EVENT.PLATFORM.ACCOUNT; none: all");
    watch_verb->add_option("-n,--count", watching->count, "End after so many events")->type_name("N");
    watch_verb->footer(
        "The feed has ids, kinds and verdicts, no content. Lost events show as gaps in the numbers of their topic.\n"
        "Events: the kinds of inbound events (message, comment, reaction …), and intent, held, refused, sent, failed,\n"
        "unknown, escalated, paused, resumed.");

    auto [list_verb, listing] =
        verb<Conversations>(&app_, "conversations", "List conversations, the newest first", conversations);
    list_verb->add_option("-n,--limit", listing->limit, "At most so many")
        ->check(CLI::Range(1, 200).description("1 to 200"))
        ->type_name("N");
    list_verb->add_option("--before", listing->before, "Older than this one, from the end of a page")
        ->type_name("NUMBER");
    list_verb->add_option("--account", listing->account, "Of this account only")->type_name("NAME");
    list_verb->add_flag("--waiting", listing->waiting, "Only where a message waits for an answer");

    auto [show_verb, showing] = verb<Show>(&app_, "show", "Show a conversation as a timeline", show);
    add_conversation(show_verb, showing->conversation);
    show_verb->add_option("-n,--limit", showing->limit, "At most so many records")
        ->check(CLI::Range(1, 200).description("1 to 200"))
        ->type_name("N");
    show_verb->add_option("--before", showing->before, "Before this record")->type_name("RECORD");
    show_verb->footer("That somebody has read the conversation is put on record.");

    CLI::App* media = group("media", "Files that contacts sent");
    auto [get_verb, getting] = verb<MediaGet>(media, "get", "Write one out", media_get);
    get_verb->add_option("FILE-ID", getting->media, "Its number, as show names it")->required();
    get_verb->add_option("-o,--out", getting->out, "Where to; never over a file that is there")
        ->required()
        ->type_name("FILE");
    get_verb->footer("That somebody has read the file is put on record before it is handed over.");
  }

  void add_doing() {
    auto [reply_verb, replying] = verb<Reply>(&app_, "reply", "Answer in a conversation, as a person", reply);
    add_conversation(reply_verb, replying->conversation);
    reply_verb->add_option("TEXT", replying->words, "The text; - reads it from standard input");
    reply_verb->add_flag("--public", replying->in_public, "In public, below the comment");
    auto* form =
        reply_verb->add_option("--template", replying->form, "An approved template, which each TEXT fills a gap of");
    reply_verb->add_option("--language", replying->language, "The template's, like en_US")
        ->needs(form)
        ->type_name("TAG");
    form->type_name("NAME");
    add_id(reply_verb, replying->id);
    reply_verb->footer("Policy judges it like any other message: what it refuses ends with exit code 77 and the rule.");

    CLI::App* conversation = group("conversation", "Change a conversation");
    struct Close {
      std::string conversation, id;
    };
    auto [close_verb, closing] = verb<Close>(
        conversation, "close", "Decline what waits in it, and close it",
        [](Session& session, const Close& it) { return close_conversation(session, it.conversation, it.id); });
    add_conversation(close_verb, closing->conversation);
    add_id(close_verb, closing->id);

    struct Reload {
      bool wait = false;
    };
    auto [reload_verb, reloading] =
        verb<Reload>(&app_, "reload", "Read the configuration and the policies again",
                     [](Session& session, const Reload& it) { return reload(session, it.wait); });
    reload_verb->add_flag("--wait", reloading->wait, "Until every plugin is ready as well");
    reload_verb->footer("A configuration with a mistake is not taken: the old one stays, and the exit code is 78.");

    CLI::App* policy = group("policy", "What the rules say");
    auto [explain_verb, explaining] = verb<Explain>(
        policy, "explain", "What may be sent to a conversation now, and which rule says so", policy_explain);
    add_conversation(explain_verb, explaining->conversation);
    explain_verb->add_option("--as", explaining->as, "Who would send it (default human)")
        ->check(CLI::IsMember({"human", "bot", "campaign"}))
        ->type_name("AUTHOR");
    explain_verb->add_option("--text", explaining->text, "What would be sent; rules on texts are asked with it");
    explain_verb->add_flag("--public", explaining->in_public, "In public");
    verb(policy, "counters", "What rates and caps have counted and still ask for", policy_counters);
    auto [replay_verb, replaying] =
        verb<PolicyReplay>(policy, "replay", "What another pack would have said to what was decided", policy_replay);
    replay_verb->add_option("--pack", replaying->pack, "A pack's file, or PLATFORM/VERSION")
        ->required()
        ->type_name("PACK");
    replay_verb->add_option("--profile", replaying->profile, "An industry's rules besides, like finance")
        ->type_name("NAME");
    replay_verb->add_option("--since", replaying->since, "How far back: 30d (the default), or a time")
        ->type_name("TIME");
    replay_verb->add_option("--account", replaying->account, "Of this account only")->type_name("NAME");
    replay_verb->add_option("-n,--limit", replaying->limit, "List at most so many differences; all are counted")
        ->check(CLI::Range(1, 10'000).description("1 to 10000"))
        ->type_name("N");
    replay_verb->footer("Nothing is changed. That texts are read for it is put on record.");
    struct Files {
      std::string one, other;
    };
    auto [diff_verb, differing] =
        verb<Files>(policy, "diff", "What a pack says otherwise than another",
                    [](Session& session, const Files& it) { return policy_diff(session, it.one, it.other); });
    diff_verb->add_option("BEFORE", differing->one, "A pack's file, or PLATFORM/VERSION")->required();
    diff_verb->add_option("AFTER", differing->other, "Another one's")->required();
    auto [test_verb, testing] =
        verb<Files>(policy, "test", "Ask a pack the cases of a file, and compare its verdicts",
                    [](Session& session, const Files& it) { return policy_test(session, it.one); });
    test_verb->add_option("FILE", testing->one, "The cases; docs/policy.md says how they are written")->required();
  }

  void add_lists() {
    struct Numbered {
      std::int64_t number = 0;
      std::string word, id;
    };
    verb(&app_, "gaps", "Messages whose webhook never came, found by asking the platforms", gaps);

    CLI::App* quarantine = group("quarantine", "Events that a plugin could not handle");
    verb(quarantine, "list", "List them", quarantine_list);
    auto [requeue_verb, requeueing] = verb<Numbered>(
        quarantine, "requeue", "Hand one to its handlers again",
        [](Session& session, const Numbered& it) { return quarantine_requeue(session, it.number, it.id); });
    requeue_verb->add_option("RECORD", requeueing->number, "Its record")->required();
    add_id(requeue_verb, requeueing->id);

    auto [discard_verb, discarding] = verb<Numbered>(
        quarantine, "discard", "Let one go: nobody is asked about it again",
        [](Session& session, const Numbered& it) { return quarantine_discard(session, it.number, it.word, it.id); });
    discard_verb->add_option("RECORD", discarding->number, "Its record")->required();
    discard_verb->add_option("--reason", discarding->word, "Why; it is sealed with the record")
        ->required()
        ->type_name("TEXT");
    add_id(discard_verb, discarding->id);

    CLI::App* outbox = group("outbox", "Parts of which nobody knows whether they arrived");
    verb(outbox, "list", "List them", outbox_list);
    auto [resolve_verb, resolving] = verb<Numbered>(
        outbox, "resolve", "Say what became of a parked part",
        [](Session& session, const Numbered& it) { return outbox_resolve(session, it.number, it.word, it.id); });
    resolve_verb->add_option("PART", resolving->number, "Its number")->required();
    resolve_verb->add_option("AS", resolving->word, "sent: it has arrived; resend: send it again; drop: give it up")
        ->required()
        ->check(CLI::IsMember({"sent", "resend", "drop"}));
    add_id(resolve_verb, resolving->id);

    auto [approve_verb, approving] =
        verb<Numbered>(outbox, "approve", "Let a message pass that a second person has to approve",
                       [](Session& session, const Numbered& it) { return outbox_approve(session, it.number, it.id); });
    approve_verb->add_option("PART", approving->number, "Its number")->required();
    add_id(approve_verb, approving->id);
    auto [withdraw_verb, withdrawing] =
        verb<Numbered>(outbox, "withdraw", "Take back a message that still waits",
                       [](Session& session, const Numbered& it) { return outbox_withdraw(session, it.number, it.id); });
    withdraw_verb->add_option("PART", withdrawing->number, "Its number")->required();
    add_id(withdraw_verb, withdrawing->id);

    CLI::App* account = group("account", "The accounts");
    verb(account, "list", "List them", account_list);
    auto [connect_verb, connecting] =
        verb<Numbered>(account, "connect", "Have the platform send its webhooks here, and check the token",
                       [](Session& session, const Numbered& it) { return account_connect(session, it.word); });
    connect_verb->add_option("ACCOUNT", connecting->word, "Its name")->required();
    connect_verb->footer("Says what is missing; then the exit code is 69.");
    auto [resume_verb, resuming] =
        verb<Numbered>(account, "resume", "Send again, after what paused it was put right",
                       [](Session& session, const Numbered& it) { return account_resume(session, it.word, it.id); });
    resume_verb->add_option("ACCOUNT", resuming->word, "Its name")->required();
    add_id(resume_verb, resuming->id);

    CLI::App* plugin = group("plugin", "The plugins");
    verb(plugin, "list", "List them", plugin_list);
    auto [trust_verb, trusting] =
        verb<Numbered>(plugin, "trust", "Give one that crashed as a thread its thread back",
                       [](Session& session, const Numbered& it) { return plugin_trust(session, it.word); });
    trust_verb->add_option("SECTION", trusting->word, "Its section, as list shows it")->required();
    add_making(plugin);
  }

  /// For who writes a plugin; without a daemon.
  void add_making(CLI::App* plugin) {
    auto [check_verb, checking] = verb<PluginCheck>(
        plugin, "check", "Try a plugin out: what it says of itself, and what its calls give", plugin_check);
    check_verb->add_option("FILE", checking->file, "The shared object")->required();
    check_verb->add_option("--cases", checking->cases, "A folder with decode/, encode/, interpret/ of cases")
        ->type_name("DIR");
    check_verb->add_option("--with", checking->config, "Its options, as a JSON object")->type_name("FILE");
    check_verb->add_option("--fuzz", checking->fuzz, "Then call it at random for so long, as 60 or 60s")
        ->type_name("SECONDS")
        ->transform([](std::string text) { return text.ends_with('s') ? text.substr(0, text.size() - 1) : text; });
    check_verb->add_option("--seed", checking->seed, "What the random calls begin with")->type_name("N");
    check_verb->footer("Each check runs in a process of its own. Exit codes: 0 nothing failed, 1 something did.");

    auto [new_verb, making] =
        verb<PluginNew>(plugin, "new", "Write a plugin to begin with into a new folder", plugin_new);
    new_verb->add_option("NAME", making->name, "Small letters, digits and hyphens")->required();
    new_verb->add_option("--kind", making->kind, "handler (default) or platform")
        ->check(CLI::IsMember({"handler", "platform"}));
    new_verb->add_option("--into", making->folder, "The folder, instead of NAME")->type_name("DIR");
  }

  void add_audit() {
    CLI::App* audit = group("audit", "The record of everything");
    auto [verify_verb, verifying] =
        verb<Verify>(audit, "verify", "Prove that the record is what was signed", audit_verify);
    verify_verb->add_option("DIR", verifying->folder, "An export; none: the daemon verifies its own ledger");
    verify_verb->add_option("--vkey", verifying->vkey, "The genesis key, or a file with it; from people, not from DIR")
        ->type_name("KEY");
    verify_verb->add_option("--external", verifying->external, "A checkpoint that somebody kept elsewhere")
        ->type_name("FILE")
        ->allow_extra_args(false);
    verify_verb->add_option("--witness", verifying->witnesses, "The key of a witness, whose cosignatures then count")
        ->type_name("KEY")
        ->allow_extra_args(false);
    verify_verb->footer(
        "Exit codes: 0 all is as it was signed; 1 tampered or malformed; 2 something is missing; 3 unsigned, or no "
        "key\n"
        "was pinned; 4 as 0, and some bodies were erased with authority; 64 wrong usage. tools/verify.py says the "
        "same\n"
        "and shares no code with this.");

    auto [tail_verb, tailing] = verb<Tail>(audit, "tail", "Show the last records", audit_tail);
    tail_verb->add_option("-n,--count", tailing->count, "How many")
        ->check(CLI::Range(1, 200).description("1 to 200"))
        ->type_name("N");
    tail_verb->add_flag("-f,--follow", tailing->follow, "And those that come");

    auto [export_verb, exporting] =
        verb<Export>(audit, "export", "Have the daemon write the record out, for verifiers elsewhere", audit_export);
    export_verb->add_option("DIR", exporting->folder, "A folder that is not there yet, or empty")->required();
    add_scope(export_verb, *exporting);
    export_verb->add_flag("--content", exporting->content, "Open what was said, too, and make it provable");
    export_verb->add_flag("--dispute", exporting->dispute,
                          "For a dispute about a conversation: with all that explains it");
    export_verb->add_flag("--tiles", exporting->tiles, "The whole as C2SP tlog-tiles, too, for other logs' tools");
    export_verb->footer(
        "The daemon writes it, as a BagIt bag, so its user must be allowed to. Without --content bodies stay sealed.\n"
        "A part of the record holds a proof for each of its leaves.");

    auto [disclose_verb, disclosing] =
        verb<Disclose>(audit, "disclose", "Prove one record to somebody, and open no other", audit_disclose);
    disclose_verb->add_option("RECORD", disclosing->record, "Its number")->required();
    disclose_verb->add_option("DIR", disclosing->folder, "A folder that is not there yet, or empty")->required();

    CLI::App* contact = group("contact", "People who write");
    auto [contact_verb, contact_exporting] =
        verb<ContactExport>(contact, "export", "Write out what is held about a contact, for them", contact_export);
    contact_verb->add_option("CONTACT", contact_exporting->contact, "32 hex digits")->required();
    contact_verb->add_option("DIR", contact_exporting->folder, "A folder that is not there yet, or empty")->required();
    contact_verb->add_flag("--linked", contact_exporting->linked, "With their other contacts (contact link)");
    contact_verb->add_option("--via", contact_exporting->via, "How they asked, in one word: mail, form")
        ->type_name("WORD");

    struct Link {
      std::string conversation, other, id;
    };
    auto [link_verb, linking] = verb<Link>(
        contact, "link", "Say that the contacts of two conversations are one person",
        [](Session& session, const Link& it) { return contact_link(session, it.conversation, it.other, it.id); });
    add_conversation(link_verb, linking->conversation);
    link_verb->add_option("OTHER", linking->other, "Another conversation of the same person")->required();
    add_id(link_verb, linking->id);
    link_verb->footer("Caps on promotion count them together. It is put on record, and cannot be taken back.");
  }

  static void add_scope(CLI::App* verb, Export& scope) {
    verb->add_option("--account", scope.account, "Only records of this account")->type_name("NAME");
    verb->add_option("--contact", scope.contact, "Only those of this contact")->type_name("ID");
    verb->add_option("--conversation", scope.conversation, "Only those of this conversation")->type_name("ID");
    verb->add_option("--since", scope.since, "Only those from this time on")->type_name("TIME");
    verb->add_option("--until", scope.until, "Only those before this time: 2026-01-31T00:00:00Z")->type_name("TIME");
  }

  void add_local() {
    CLI::App* config = group("config", "The configuration");
    struct File {
      std::filesystem::path file;
    };
    auto [check_verb, checking] =
        verb<File>(config, "check", "Say everything that is wrong with a configuration; change nothing",
                   [](Session& session, const File& it) { return config_check(session, it.file); });
    check_verb->add_option("FILE", checking->file, "postern.toml; conf.d beside it is read as well")->required();
    struct Defaults {
      bool defaults = false, markdown = false;
    };
    auto [defaults_verb, showing] =
        verb<Defaults>(config, "show", "Every key that there is, with its default",
                       [](Session& session, const Defaults& it) { return config_show_defaults(session, it.markdown); });
    defaults_verb->add_flag("--defaults", showing->defaults, "As TOML")->required();
    defaults_verb->add_flag("--markdown", showing->markdown, "As the tables of docs/configuration.md");

    auto [decode_verb, decoding] =
        verb<Decode>(&app_, "decode",
                     "Print what a platform's plugin makes of a webhook, one event a line; needs no daemon", decode);
    decode_verb->add_option("FILE", decoding->file, "The webhook's body; - is standard input")->required();
    decode_verb
        ->add_option("--platform", decoding->platform, "messenger, instagram, telegram …, or the path of a plugin")
        ->required()
        ->type_name("P");
    decode_verb->add_option("--secret", decoding->secret, "Check the signature with this webhook secret as well")
        ->type_name("S");
    decode_verb->add_option("--header", decoding->headers, "A header that came with it, again and again")
        ->type_name("K=V")
        ->allow_extra_args(false);
    decode_verb->add_option("--account", decoding->account, "The account that the webhook's path names")
        ->type_name("NAME");
    decode_verb->add_option("--plugin-dir", decoding->folders, "Look for the plugin here first")
        ->type_name("DIR")
        ->allow_extra_args(false);
    decode_verb->footer(
        "Exit codes: 1 the signature is wrong; 65 the plugin cannot read the body; 69 there is no such plugin.");

    CLI::App* completion =
        app_.add_subcommand("completion", "Print completions for bash: eval \"$(posternctl completion)\"");
    completion->callback([this] { out_.verb = [this](Session&) { return print_completion(); }; });
  }

  // What kind of text a positional is says its description.
  static void tidy(CLI::App& verb) {
    for (CLI::Option* option : verb.get_options())
      if (option->get_positional() && (option->get_type_name() == "TEXT" || option->get_type_name() == "INT"))
        option->type_name("");
    for (CLI::App* inner : verb.get_subcommands([](CLI::App*) { return true; })) tidy(*inner);
  }

  // ---- completion: what stands where, by the verbs that came before

  int print_completion() {
    line("_posternctl() {");
    line("  local word at=\"\" words=\"\"");
    line("  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do [[ $word == -* ]] || at+=\" $word\"; done");
    line("  case \"$at\" in");
    print_cases(app_, "");
    line("  esac");
    line("  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))");
    line("}");
    line("complete -o default -F _posternctl posternctl");
    return 0;
  }

  // Deeper verbs first: the first pattern that fits is taken.
  void print_cases(CLI::App& verb, const std::string& path) {
    std::string words;
    for (CLI::App* inner : verb.get_subcommands([](CLI::App*) { return true; })) {
      print_cases(*inner, path + " " + inner->get_name());
      words += inner->get_name() + " ";
    }
    for (const auto* each : {&verb, &app_})
      for (const auto* option : each->get_options())
        for (const auto& name : option->get_lnames())
          if (const std::string word = "--" + name + " "; words.find(word) == words.npos) words += word;
    line("    \"" + path + "\"*) words=\"" + words + "\" ;;");
  }
};

}  // namespace

Invocation parse_command_line(int argc, char** argv) {
  Invocation invocation;
  static std::unique_ptr<Tree> tree;  // print_completion walks it when the verb is run
  tree = std::make_unique<Tree>(invocation);
  try {
    tree->app().parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    invocation.exit_code = tree->app().exit(error) == 0 ? 0 : kUsage;
    invocation.verb = nullptr;
  }
  return invocation;
}

}  // namespace postern::ctl
