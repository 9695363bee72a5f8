// SPDX-License-Identifier: Apache-2.0
// How a codec writes events (event.schema.json): straight into the text that is handed on and sealed.
//
//     events.add("message").thread(user).sender({.id = user}).key(mid + ":message").sent_at(item["timestamp"])
//           .text(message["text"].text()).attach({.type = "image", .url = url});
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "postern/plugin.hpp"
#include "postern/time.hpp"

namespace postern {
inline namespace sdk_v1 {

/// In all of these: what is empty is left out.
struct Person {
  std::string_view id, name = {}, handle = {};
};
struct Media {
  std::string_view type;  ///< image, video, audio, voice, sticker, gif, file, share, story, location, contact
  std::string_view url = {}, id = {}, mime = {}, title = {};
  std::int64_t size = 0;                           ///< bytes; 0: unknown
  std::string_view latitude = {}, longitude = {};  ///< decimal, as text
  Node extra = {};                                 ///< an object: what has no common name
};
struct Reaction {
  std::string_view emoji = {}, name = {}, action = "react", platform_id = {};  ///< action: react or unreact
};
struct Comment {
  std::string_view id, parent_id = {}, post_id = {}, verb = "add";  ///< add, edited, remove, hide, unhide
};
struct Failure {
  std::string_view kind, code = {}, text = {};  ///< kind: as of Outcome::failed(), pause() or retry()
};
struct Referral {
  std::string_view ref = {}, source = {}, ad_id = {};
};

/// Has a text that came back the form of a part's id? Other apps put in there what they like.
inline bool is_part(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

/// Events in the order of add(). An event is given to the host when the next one begins or decode() ends.
class Events {
 public:
  /// `wrapped`: each event stands in {"event": …}, as interpret gives them.
  Events(Sink& sink, bool wrapped) : sink_(sink), out_(sink.writer()), wrapped_(wrapped) {}

  /// Begins an event; the setters below are for it. Each setter may be called once per event, attach() and extra() as
  /// often as needed. `kind` is one of event.schema.json.
  Events& add(std::string_view kind) {
    flush();
    open_ = true;
    if (wrapped_) out_.object().key("event");
    out_.object().field("kind", kind);
    return *this;
  }
  /// An item that this plugin doesn't understand, kept as it came.
  Events& unknown(std::string_view account_key, Node raw) {
    return add("unknown").account_key(account_key).extra("raw", raw);
  }
  /// Reads one item of a batch by calling `read`. If it throws BadInput, what it has begun is taken back and the item
  /// becomes an unknown event: one bad item costs the others nothing.
  template <typename Read>
  void item(std::string_view account_key, Node raw, Read&& read) {
    flush();
    try {
      read();
    } catch (const BadInput&) {
      drop();
      unknown(account_key, raw);
    }
  }
  /// Takes back the event under construction.
  void drop() {
    if (open_) sink_.drop();
    media_.clear(), extra_.clear();
    open_ = false;
  }

  Events& account_key(std::string_view id) { return text_field("account_key", id); }
  Events& thread(std::string_view key) { return text_field("thread", key); }
  Events& sender(const Person& who) {
    out_.object("sender").field("id", who.id).optional("name", who.name).optional("handle", who.handle).end();
    return *this;
  }
  /// What makes the event unique within the account: the message's id and the kind. Without one it is a repetition only
  /// if its webhook comes again byte for byte.
  Events& key(std::string_view key) { return text_field("key", key); }
  Events& platform_id(std::string_view id) { return text_field("platform_id", id); }
  /// Visible to everybody. Without it: private.
  Events& is_public() { return text_field("visibility", "public"); }
  /// Sent by the brand. Without it: by the contact.
  Events& outbound() { return text_field("direction", "out"); }
  Events& sent_at(Timestamp time) { return text_field("sent_at", time_text(time)); }
  /// However the platform writes it; left out if it is none.
  Events& sent_at(Node time) {
    const auto parsed = time_of(time);
    return parsed ? sent_at(*parsed) : *this;
  }
  Events& text(std::string_view text) { return text_field("text", text); }
  Events& attach(const Media& media) {
    Writer out(media_);
    if (!media_.empty()) media_ += ',';
    out.object().field("type", media.type).optional("url", media.url).optional("id", media.id);
    out.optional("mime", media.mime).optional("title", media.title);
    if (media.size > 0) out.field("size", media.size);
    out.optional("latitude", media.latitude).optional("longitude", media.longitude);
    if (media.extra) out.field("extra", media.extra);
    out.end();
    return *this;
  }
  Events& reply_to(std::string_view platform_id) {
    if (!platform_id.empty()) out_.object("reply_to").field("platform_id", platform_id).end();
    return *this;
  }
  /// An answer to a story of the brand.
  Events& reply_to_story(std::string_view id, std::string_view url) {
    out_.object("reply_to").object("story").optional("id", id).optional("url", url).end().end();
    return *this;
  }
  Events& quick_reply(std::string_view payload) { return text_field("quick_reply", payload); }
  Events& postback(std::string_view payload, std::string_view title) {
    out_.object("postback").field("payload", payload).optional("title", title).end();
    return *this;
  }
  Events& reaction(const Reaction& reaction) {
    out_.object("reaction").optional("emoji", reaction.emoji).optional("name", reaction.name);
    out_.field("action", reaction.action).optional("platform_id", reaction.platform_id).end();
    return *this;
  }
  /// `type` is "sent", "delivered", "read" or "failed"; the messages are named, or all up to `watermark` (0: none).
  Events& receipt(std::string_view type, std::span<const std::string> platform_ids, Timestamp watermark = 0) {
    out_.object("receipt").field("type", type);
    if (!platform_ids.empty()) {
      out_.array("platform_ids");
      for (const auto& id : platform_ids) out_.value(id);
      out_.end();
    }
    if (watermark != 0) out_.field("watermark", time_text(watermark));
    out_.end();
    return *this;
  }
  /// A receipt that says "failed": why.
  Events& failure(const Failure& failure) {
    out_.object("failure").field("class", failure.kind).optional("code", failure.code);
    out_.optional("text", failure.text).end();
    return *this;
  }
  Events& comment(const Comment& comment) {
    out_.object("comment").field("id", comment.id).optional("parent_id", comment.parent_id);
    out_.optional("post_id", comment.post_id).field("verb", comment.verb).end();
    return *this;
  }
  Events& referral(const Referral& referral) {
    out_.object("referral").optional("ref", referral.ref).optional("source", referral.source);
    out_.optional("ad_id", referral.ad_id).end();
    return *this;
  }
  /// Echoes and receipts: the part that came back. Echoes: whether an app sent it (else a person in the platform's own
  /// app).
  Events& part(std::string_view id) { return text_field("part", id); }
  Events& from_app(bool app) { return field("from_app", app); }
  /// Whether it opens the messaging window, by the platform's own rule.
  Events& user_action(bool opens) { return field("user_action", opens); }
  /// Any other field of event.schema.json.
  template <typename T>
  Events& field(std::string_view name, const T& content) {
    out_.field(name, content);
    return *this;
  }
  /// A member of `extra`: what has no common name.
  template <typename T>
  Events& extra(std::string_view name, const T& content) {
    Writer out(extra_);
    if (!extra_.empty()) extra_ += ',';
    out.field(name, content);
    return *this;
  }

  /// The members of an object that the codec does not know, each a member of `extra`: what a platform has invented
  /// since goes on as it came. `known` is asked for each name.
  template <typename Known>
  Events& rest(Node object, Known&& known) {
    if (!object.is_object()) return *this;
    for (const auto& member : object.json()->get_object())
      if (const std::string_view name(member.key().data(), member.key().size()); !known(name))
        extra(name, Node(member.value()));
    return *this;
  }

  /// The SDK's own: gives the event under construction to the host.
  void flush() {
    if (!open_) return;
    if (!media_.empty()) out_.array("attachments").raw(media_).end();
    if (!extra_.empty()) out_.object("extra").raw(extra_).end();
    out_.end();
    if (wrapped_) out_.end();
    sink_.put();
    media_.clear(), extra_.clear();
    open_ = false;
  }

 private:
  Events& text_field(std::string_view name, std::string_view text) {
    out_.optional(name, text);
    return *this;
  }

  Sink& sink_;
  Writer& out_;
  const bool wrapped_;
  bool open_ = false;
  std::string media_, extra_;  // the elements and members so far, since setters come in any order
};

}  // namespace sdk_v1
}  // namespace postern
