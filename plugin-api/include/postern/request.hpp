// SPDX-License-Identifier: Apache-2.0
// What the broker asks of a platform (Task) and the HTTP request that a codec makes of it (Request).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "postern/plugin.hpp"
#include "postern/time.hpp"

namespace postern {
inline namespace sdk_v1 {

/// The piece of an outbound message that one request carries. Exactly one of text, attachment and action is there.
class Part {
 public:
  explicit Part(Node json) : json_(json) {}
  explicit operator bool() const { return static_cast<bool>(json_); }

  std::string_view text() const { return json_["text"].text(); }
  /// Iterates over {"title", "payload"}.
  Node quick_replies() const { return json_["quick_replies"]; }
  /// {"type", "url", "title"}, or absent; "id" if the file lies at the platform already.
  Node attachment() const { return json_["attachment"]; }
  /// "typing", "seen", "react", "unreact", "hide"; empty if this is text or an attachment.
  std::string_view action() const { return json_["action"].text(); }
  std::string_view emoji() const { return json_["emoji"].text(); }
  /// The platform's id of the message that is answered or meant by the action.
  std::string_view reply_to() const { return json_["reply_to"].text(); }
  /// The comment that this answers: below it if the task is public, to its author if it is private.
  std::string_view to_comment() const { return json_["to_comment"].text(); }
  /// A messaging tag that policy has set, e.g. "human_agent".
  std::string_view tag() const { return json_["tag"].text(); }
  Node operator[](std::string_view name) const { return json_[name]; }

 private:
  Node json_;
};

/// One errand (task.schema.json). All texts are borrowed until the call returns; what is absent is empty.
class Task {
 public:
  Task(Node json, Timestamp now) : json_(json), now_(now) {}

  /// 32 hexadecimal digits; of a part it is the part's id, which an echo has to bring back.
  std::string_view id() const { return json_["task"].text(); }
  /// "part", "poll", "profile", "media", "list", "subscribe", "check".
  std::string_view kind() const { return json_["kind"].text(); }
  std::string_view account() const { return json_["account"].text(); }
  std::string_view account_key() const { return json_["account_key"].text(); }
  /// An option of the account. Defaults are not filled in; secrets are never there.
  Node option(std::string_view name) const { return json_["options"][name]; }
  std::string_view thread() const { return json_["thread"].text(); }
  bool is_public() const { return json_["visibility"].text() == "public"; }
  Part part() const { return Part(json_["part"]); }
  /// Poll: where to go on (empty at first), and how many seconds the platform may hold the request open.
  std::string_view cursor() const { return json_["cursor"].text(); }
  std::int64_t wait() const { return json_["wait"].integer(); }
  /// List: what was said before this need not be told; nothing if it is not said. cursor() is what the page before
  /// gave.
  std::optional<Timestamp> since() const { return time_of(json_["since"]); }
  /// Profile: the platform's id of the person.
  std::string_view sender() const { return json_["sender"].text(); }
  /// A further step: what interpret() gave to Outcome::step().
  Node memo() const { return json_["memo"]; }
  /// The platform's id of the part's file: the attachment's own, or what step({{"uploaded", id}}) has noted of the
  /// answer to an upload.
  std::string_view uploaded() const { return memo()["uploaded"].text(part().attachment()["id"].text()); }
  /// Is the part a file of that type that lies elsewhere and has no such id yet? Then Request::file() comes first.
  bool is_to_upload(std::string_view type) const {
    const Node file = part().attachment();
    return file["type"].text() == type && !file["url"].text().empty() && uploaded().empty();
  }
  /// The broker's time.
  Timestamp now() const { return now_; }
  Node operator[](std::string_view name) const { return json_[name]; }

 private:
  Node json_;
  Timestamp now_;
};

/// Unreserved characters stay (RFC 3986), so that an id can only ever be one segment of a path.
inline std::string segment(std::string_view id) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : id) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    if (letter || (byte >= '0' && byte <= '9') || c == '-' || c == '_' || c == '.' || c == '~')
      out += c;
    else
      (((out += '%') += kHex[byte >> 4]) += kHex[byte & 15]);
  }
  return out;
}

/// The request under construction (request.schema.json). The host gets it when encode() returns. The base URL is the
/// account's or the facts'.
///
///     request.post("/v25.0/me/messages").bearer();
///     request.json().object().object("recipient").field("id", task.thread()).end() … .end();
class Request {
 public:
  Request() = default;
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  Request& get(std::string_view path) { return line("GET", path); }
  Request& post(std::string_view path) { return line("POST", path); }
  Request& put(std::string_view path) { return line("PUT", path); }
  Request& del(std::string_view path) { return line("DELETE", path); }

  template <typename T>
  Request& query(std::string_view name, const T& value) {
    return member(query_, name, value);
  }
  Request& header(std::string_view name, std::string_view value) { return member(headers_, name, value); }

  /// The body, one of these. json(): write one document.
  Writer& json() {
    body("json");
    return writer_;
  }
  Request& json(const Json& value) {
    json().value(value);
    return *this;
  }
  /// A field of a form body; as often as needed.
  template <typename T>
  Request& form(std::string_view name, const T& value) {
    if (body_kind_ != "form") body("form");
    return member(body_, name, value);
  }
  /// A field of a multipart body, and its file: the daemon fetches it from `url`, which leads to whom the platform
  /// knows nothing of, and refuses it if it is longer than `most` bytes or not of the `type` (as attachments have
  /// types).
  template <typename T>
  Request& multipart(std::string_view name, const T& value) {
    if (body_kind_ != "multipart") body("multipart");
    return member(body_, name, value);
  }
  Request& file(std::string_view name, std::string_view url, std::string_view type, std::int64_t most) {
    if (body_kind_ != "multipart") body("multipart");
    file_.clear();
    Writer(file_).object().field("name", name).field("url", url).field("type", type).field("most", most).end();
    return *this;
  }
  Request& text(std::string_view text) {
    body("text");
    writer_.value(text);
    return *this;
  }

  /// How the daemon puts the account's credential in: as "Authorization: Bearer …", as a header, as a query parameter,
  /// or for "{token}" in the path.
  Request& bearer(std::string_view credential = {}) { return auth("bearer", {}, credential); }
  Request& auth_header(std::string_view name, std::string_view credential = {}) {
    return auth("header", name, credential);
  }
  Request& auth_query(std::string_view name, std::string_view credential = {}) {
    return auth("query", name, credential);
  }
  Request& auth_path(std::string_view credential = {}) { return auth("path", {}, credential); }
  /// As an OAuth 1.0a signature (HMAC-SHA1) with the credentials consumer_key, consumer_secret, token, token_secret.
  Request& auth_oauth1() { return auth("oauth1", {}, {}); }

  /// May be repeated without harm (a look-up, a poll). Without it a broken connection leaves the fate open.
  Request& safe() {
    safe_ = true;
    return *this;
  }
  /// Of the task `media`: the answer is the file itself, and interpret() is not asked.
  Request& brings_file() {
    brings_file_ = true;
    return *this;
  }
  /// Seconds; long polls only.
  Request& timeout(std::int64_t seconds) {
    timeout_ = seconds;
    return *this;
  }

  /// Instead of a request: this platform cannot do it. Final. `reason` is a short code, `text` a sentence.
  void cannot(std::string_view reason, std::string_view text) {
    cannot_ = reason;
    text_ = text;
  }

  /// The SDK's own.
  void write(Writer& out) const {
    if (!cannot_.empty()) {
      out.object().field("cannot", cannot_).field("text", text_).end();
      return;
    }
    if (method_.empty()) throw std::logic_error("encode() made no request and did not say that it cannot");
    if (body_kind_ == "multipart" && file_.empty()) throw std::logic_error("a multipart body needs its file");
    if (writer_.depth() != 0) throw std::logic_error("the request's JSON body was left open");
    out.object().field("method", method_).field("path", path_);
    if (!query_.empty()) out.object("query").raw(query_).end();
    if (!headers_.empty()) out.object("headers").raw(headers_).end();
    if (body_kind_ == "form")
      out.object("form").raw(body_).end();
    else if (body_kind_ == "multipart")
      out.object("multipart").object("fields").raw(body_).end().key("file").raw(file_).end();
    else if (!body_kind_.empty())
      out.key(body_kind_).raw(body_.empty() ? "null" : std::string_view(body_));
    if (!auth_.empty()) out.key("auth").raw(auth_);
    if (safe_) out.field("safe", true);
    if (brings_file_) out.field("brings_file", true);
    if (timeout_ > 0) out.field("timeout", timeout_);
    out.end();
  }

 private:
  Request& line(std::string_view method, std::string_view path) {
    method_ = method;
    path_ = path;
    return *this;
  }
  /// All values of queries, headers and forms are strings.
  template <typename T>
  Request& member(std::string& members, std::string_view name, const T& value) {
    Writer out(members);
    if (!members.empty()) members += ',';
    if constexpr (std::integral<T> && !std::same_as<T, bool>)
      out.field(name, std::to_string(value));
    else if constexpr (std::same_as<T, bool>)
      out.field(name, value ? "true" : "false");
    else
      out.field(name, std::string_view(value));
    return *this;
  }
  void body(std::string_view kind) {
    if (!body_kind_.empty()) throw std::logic_error("a request has one body: json, form, multipart or text");
    body_kind_ = kind;
  }
  Request& auth(std::string_view as, std::string_view name, std::string_view credential) {
    auth_.clear();
    Writer(auth_).object().field("as", as).optional("name", name).optional("credential", credential).end();
    return *this;
  }

  std::string method_, path_, query_, headers_, body_, file_, auth_, cannot_, text_;
  std::string_view body_kind_;
  Writer writer_{body_};
  bool safe_ = false, brings_file_ = false;
  std::int64_t timeout_ = 0;
};

}  // namespace sdk_v1
}  // namespace postern
