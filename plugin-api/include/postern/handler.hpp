// SPDX-License-Identifier: Apache-2.0
// The C++ SDK for handlers. A handler is a class derived from postern::Handler and a line that exports it:
//
//     #include <postern/handler.hpp>
//
//     class Hello final : public postern::Handler {
//      public:
//       postern::Flow handle(const postern::Event& event, postern::Turn& turn) override {
//         if (event.text() != "hello") return postern::next;
//         turn.reply("Hello to you");
//         return postern::stop;
//       }
//     };
//     POSTERN_HANDLER(Hello, "org.example.hello", "1.0.0", "Greets people.");
//
// The class is constructed from (const postern::Config&), optionally with (const postern::Log&), or from nothing. It
// may declare `static constexpr postern::Option options[]` and `static constexpr char facts[]`, a JSON object:
//
//     scope    whose state it keeps: "conversation" (default), "contact", "account" or "all"
//     needs    what the event waits for: ["profile"], ["media"]
//     author   "bot" (default) or "campaign"; asked for, the configuration grants it
//
// An instance's calls never overlap, but keep nothing between them in members: what must last goes into turn.state(),
// which is committed together with the effects. Whatever you throw is a fault: its text is logged, the effects of the
// call are dropped, and the event comes again.
#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "postern/plugin.hpp"
#include "postern/time.hpp"

namespace postern {
inline namespace sdk_v1 {

/// Whether the next handler of the route is asked. (std::next and std::stop… are others: prefer postern:: to using.)
enum Flow : std::uint32_t { next = POSTERN_NEXT, stop = POSTERN_STOP };

/// What happened, as the platform plugin wrote it (event.schema.json). All texts are borrowed and valid until handle()
/// returns; what is absent is empty.
class Event {
 public:
  explicit Event(Node json) : json_(json) {}

  /// "message", "comment", "postback", "timer" …
  std::string_view kind() const { return json_["kind"].text(); }
  std::string_view text() const { return json_["text"].text(); }
  /// The payload of a pressed button or quick reply.
  std::string_view payload() const {
    const auto quick = json_["quick_reply"].text();
    return quick.empty() ? json_["postback"]["payload"].text() : quick;
  }
  std::string_view sender_name() const { return json_["sender"]["name"].text(); }
  /// The platform's id of the message: for turn.reply(…, {.reply_to = …}).
  std::string_view platform_id() const { return json_["platform_id"].text(); }
  bool is_public() const { return json_["visibility"].text() == "public"; }
  /// Iterates over {"type", "url", …}.
  Node attachments() const { return json_["attachments"]; }
  /// Any other field: `event["reaction"]["emoji"].text()`.
  Node operator[](std::string_view name) const { return json_[name]; }

 private:
  Node json_;
};

/// What the broker knows about the conversation (context.schema.json), as the handlers before have left it.
class Context {
 public:
  explicit Context(Node json) : json_(json) {}

  std::string_view account() const { return json_["account"].text(); }
  std::string_view platform() const { return json_["platform"].text(); }
  /// Pseudonyms, 32 hexadecimal digits. Not the platform's ids.
  std::string_view conversation() const { return json_["conversation"].text(); }
  std::string_view contact() const { return json_["contact"].text(); }
  std::string_view name() const { return json_["name"].text(); }
  std::string_view first_name() const { return json_["first_name"].text(); }
  std::string_view locale() const { return json_["locale"].text(); }
  /// This is the first message of the conversation.
  bool first() const { return json_["first"].boolean(); }
  bool has_tag(std::string_view tag) const {
    for (const Node each : json_["tags"])
      if (each.text() == tag) return true;
    return false;
  }
  std::string_view attribute(std::string_view name) const { return json_["attributes"][name].text(); }
  /// The desk or agent that has the conversation; empty if nobody has.
  std::string_view assigned() const { return json_["assigned"].text(); }
  bool closed() const { return json_["closed"].boolean(); }
  Node operator[](std::string_view name) const { return json_[name]; }

 private:
  Node json_;
};

/// This handler's own document, at most 16 KiB. Changes are committed with the effects; the handler that throws
/// changes nothing.
class State {
 public:
  explicit State(Json& json) : json_(json) {}

  std::int64_t integer(std::string_view name, std::int64_t otherwise = 0) const {
    return Node(json_)[name].integer(otherwise);
  }
  std::string_view text(std::string_view name, std::string_view otherwise = {}) const {
    return Node(json_)[name].text(otherwise);
  }
  bool boolean(std::string_view name, bool otherwise = false) const { return Node(json_)[name].boolean(otherwise); }
  Node operator[](std::string_view name) const { return Node(json_)[name]; }

  /// Texts, numbers, truths, and whatever else Boost.JSON takes for a value. Views of the old value end here.
  template <typename T>
  void set(std::string_view name, const T& content) {
    const boost::json::string_view key(name.data(), name.size());
    if constexpr (std::convertible_to<const T&, std::string_view>) {
      const std::string_view text = content;
      json_.as_object()[key] = boost::json::string_view(text.data(), text.size());
    } else {
      json_.as_object()[key] = content;
    }
    changed_ = true;
  }
  void erase(std::string_view name) { changed_ |= json_.as_object().erase({name.data(), name.size()}) != 0; }
  void clear() {
    json_.as_object().clear();
    changed_ = true;
  }

  bool changed() const { return changed_; }
  const Json& json() const { return json_; }

 private:
  Json& json_;
  bool changed_ = false;
};

struct Attachment {
  std::string_view type;  ///< "image", "video", "audio", "file" …
  std::string_view url;
};
struct QuickReply {
  std::string_view title, payload;
};
/// What a reply may carry beside its text: `turn.reply("Which?", {.quick_replies = {{"A", "a"}, {"B", "b"}}})`.
struct Reply {
  std::vector<Attachment> attachments = {};
  std::vector<QuickReply> quick_replies = {};
  bool ack = false;                ///< "we got it": the contact still waits for an answer
  std::string_view reply_to = {};  ///< the platform's id of the message that is quoted
};

/// A form of words that the platform has approved before, by name and language, and what fills its gaps in order.
struct Form {
  std::string_view name, language;
  std::vector<std::string_view> parameters = {};
};

/// What handle() does: each function asks for one effect (effect.schema.json). The broker judges them by policy after
/// the chain has ended; none of them has happened when the function returns.
class Turn {
 public:
  struct Texts {
    std::string_view context, state, turn;
  };
  Turn(const Texts& texts, Timestamp now, Sink& sink, boost::json::storage_ptr memory)
      : texts_(texts), now_(now), sink_(sink), memory_(std::move(memory)) {}

  /// The broker's time. The only clock there is.
  Timestamp now() const { return now_; }
  Context context() { return Context(parsed(context_, texts_.context)); }
  State& state() {
    if (!state_) {
      parsed(state_json_, texts_.state);
      if (!state_json_->is_object()) state_json_->emplace_object();
      state_.emplace(*state_json_);
    }
    return *state_;
  }
  /// A handler earlier in the chain has replied.
  bool replied() { return Node(parsed(turn_, texts_.turn))["replied"].boolean(); }
  /// 1 at first; more if earlier attempts at this event failed.
  std::int64_t attempt() { return Node(parsed(turn_, texts_.turn))["attempt"].integer(1); }

  /// Answers in the conversation of the event.
  void reply(std::string_view text, const Reply& more = {}) {
    Writer& out = begin("reply").optional("text", text);
    if (!more.attachments.empty()) {
      out.array("attachments");
      for (const auto& each : more.attachments) out.object().field("type", each.type).field("url", each.url).end();
      out.end();
    }
    if (!more.quick_replies.empty()) {
      out.array("quick_replies");
      for (const auto& each : more.quick_replies)
        out.object().field("title", each.title).field("payload", each.payload).end();
      out.end();
    }
    if (more.ack) out.field("ack", true);
    finish(out.optional("reply_to", more.reply_to));
  }
  /// Answers with an approved form, which may pass where a text does not: WhatsApp's templates.
  void reply(const Form& form) {
    Writer& out = begin("reply").object("template").field("name", form.name).field("language", form.language);
    out.array("parameters");
    for (const auto& text : form.parameters) out.value(text);
    finish(out.end().end());
  }
  /// To the comment that is being handled: below it for everybody, or to its author in private.
  void comment_reply(std::string_view text) { finish(begin("comment_reply").field("text", text)); }
  void private_reply(std::string_view text) { finish(begin("private_reply").field("text", text)); }
  /// Into another conversation, by its pseudonym.
  void send(std::string_view conversation, std::string_view text) {
    finish(begin("send").field("conversation", conversation).field("text", text));
  }

  void typing() { finish(begin("typing")); }
  void seen() { finish(begin("seen")); }
  void react(std::string_view emoji) { finish(begin("react").field("emoji", emoji)); }
  /// Hides the comment that is being handled.
  void hide() { finish(begin("hide")); }

  /// For the team only.
  void note(std::string_view text) { finish(begin("note").field("text", text)); }
  void tag(std::string_view tag) { finish(begin("tag").field("tag", tag)); }
  void untag(std::string_view tag) { finish(begin("untag").field("tag", tag)); }
  /// An attribute of the conversation, or of the contact.
  void set(std::string_view name, std::string_view value) { attribute("conversation", name, value); }
  void set_contact(std::string_view name, std::string_view value) { attribute("contact", name, value); }

  /// To a desk or an agent.
  void assign(std::string_view to) { finish(begin("assign").field("to", to)); }
  void release() { finish(begin("release")); }
  void priority(int value) { finish(begin("priority").field("value", value)); }
  /// The contact is to have an answer within this time, or the message is escalated; in place of the account's.
  void sla(std::chrono::seconds in) { finish(begin("sla").field("in", in.count())); }
  /// To people, because of `reason`; to a certain desk if `to` names one.
  void escalate(std::string_view reason, std::string_view to = {}) {
    finish(begin("escalate").field("reason", reason).optional("to", to));
  }
  void close(std::string_view reason = {}) { finish(begin("close").optional("reason", reason)); }
  void reopen() { finish(begin("reopen")); }
  /// Tells the people on call.
  void notify(std::string_view text) { finish(begin("notify").field("text", text)); }

  /// An event of the kind "timer" comes back in this conversation. A timer of the same id is replaced.
  void schedule(std::string_view id, std::chrono::seconds in) {
    finish(begin("schedule").field("id", id).field("in", in.count()));
  }
  void schedule_at(std::string_view id, Timestamp at) {
    finish(begin("schedule").field("id", id).field("at", time_text(at)));
  }
  void cancel(std::string_view id) { finish(begin("cancel").field("id", id)); }

  /// An effect that has no function here: `{"effect": "fetch", …}`.
  void effect(const Json& effect) {
    sink_.writer().value(effect);
    sink_.put();
  }

  /// The SDK's own: hands over the state if it was changed. handle() has returned.
  void end() {
    if (!state_ || !state_->changed()) return;
    finish(begin("state").field("value", state_->json()));
  }

 private:
  Writer& begin(std::string_view name) { return sink_.writer().object().field("effect", name); }
  void finish(Writer& writer) {
    writer.end();
    sink_.put();
  }
  void attribute(std::string_view scope, std::string_view name, std::string_view value) {
    finish(begin("set").field("scope", scope).field("name", name).field("value", value));
  }
  const Json& parsed(std::optional<Json>& json, std::string_view text) {
    if (!json) json.emplace(parse_json(text.empty() ? "{}" : text, memory_));
    return *json;
  }

  const Texts texts_;  // read only when asked for: most handlers look at one of the three
  const Timestamp now_;
  Sink& sink_;
  const boost::json::storage_ptr memory_;
  std::optional<Json> context_, state_json_, turn_;
  std::optional<State> state_;
};

/// The base class of handlers.
class Handler {
 public:
  virtual ~Handler() = default;
  /// Looks at one event. Must be a pure function of its arguments and of what the constructor stored.
  virtual Flow handle(const Event& event, Turn& turn) = 0;
};

namespace detail {

template <typename Class>
struct HandlerThunks {
  static std::int32_t handle(void* instance, postern_view event, postern_view context, postern_view state,
                             postern_view turn, std::int64_t now, const postern_sink* sink, std::uint32_t* flow,
                             postern_error* error) noexcept {
    return guard(error, [&] {
      auto& self = Instance<Class>::of(instance);
      self.sink.begin(sink);
      unsigned char stack[8192];
      boost::json::monotonic_resource memory(stack, sizeof stack);
      const Json json = parse_json(chars(event), &memory);
      Turn about({chars(context), chars(state), chars(turn)}, now, self.sink, &memory);
      *flow = static_cast<Handler&>(self.object).handle(Event(json), about);
      about.end();
    });
  }
  static constexpr postern_handler table{sizeof(postern_handler), handle};
};

template <typename Class>
constexpr postern_plugin describe_handler(const char* id, const char* version, const char* summary) {
  static_assert(std::is_base_of_v<Handler, Class>, "POSTERN_HANDLER wants a class derived from postern::Handler");
  postern_plugin plugin = describe<Class>(id, version, summary);
  plugin.kind = POSTERN_KIND_HANDLER;
  plugin.handler = &HandlerThunks<Class>::table;
  return plugin;
}

}  // namespace detail
}  // namespace sdk_v1
}  // namespace postern

/// Exports the class as the plugin of this shared object. Once, at namespace scope. `id` is a reverse domain name that
/// never changes, `summary` one sentence.
#define POSTERN_HANDLER(Class, id, version, summary)                                                           \
  POSTERN_EXPORT const postern_plugin* postern_plugin_v1(void) noexcept {                                      \
    static constexpr postern_plugin plugin = ::postern::detail::describe_handler<Class>(id, version, summary); \
    return &plugin;                                                                                            \
  }                                                                                                            \
  static_assert(true)
