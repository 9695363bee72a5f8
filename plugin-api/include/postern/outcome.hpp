// SPDX-License-Identifier: Apache-2.0
// What a platform answered (Answer) and what a codec says that it means (Outcome).
#pragma once
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "postern/events.hpp"
#include "postern/request.hpp"

namespace postern {
inline namespace sdk_v1 {

/// The answer to the request that encode() made. A broken connection never gets here: the daemon knows what that is.
class Answer {
 public:
  Answer(std::uint32_t status, std::string_view headers, std::string_view body, boost::json::storage_ptr memory)
      : status_(status), headers_text_(headers), body_(body), memory_(std::move(memory)) {}

  /// The HTTP status.
  std::uint32_t status() const { return status_; }
  bool ok() const { return status_ >= 200 && status_ < 300; }
  /// By its name in lower case; empty if it is absent.
  std::string_view header(std::string_view name) const {
    if (!headers_) headers_.emplace(parse_json(headers_text_.empty() ? "{}" : headers_text_, memory_));
    return Node(*headers_)[name].text();
  }
  /// The seconds of the header Retry-After; 0 if it is absent or a date.
  std::int64_t retry_after() const {
    const std::string_view asked = header("retry-after");
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(asked.data(), asked.data() + asked.size(), seconds);
    return error == std::errc() && end == asked.data() + asked.size() ? seconds : 0;
  }
  /// Any bytes: a proxy may have answered.
  std::string_view body() const { return body_; }
  /// The body's document; absent if the body isn't JSON, which happens with every platform that has a bad day.
  Node json() const {
    if (!json_) try {
        json_.emplace(parse_json(body_, memory_));
      } catch (const BadInput&) {
        json_.emplace(nullptr);
      }
    return Node(*json_);
  }

 private:
  std::uint32_t status_;
  std::string_view headers_text_, body_;
  boost::json::storage_ptr memory_;
  mutable std::optional<Json> headers_, json_;  // parsed when first asked for
};

struct AccountStanding {
  std::string_view id, name;         ///< as the platform has them
  std::optional<Timestamp> ends;     ///< when the token ends, if it was told
  std::vector<std::string> scopes;   ///< what the token may do
  std::vector<std::string> missing;  ///< a sentence for each thing that is lacking, with the remedy
};

struct Profile {
  std::string_view name = {}, first_name = {}, handle = {}, locale = {};
  Node extra = {};  ///< an object: what has no common name
};

/// Exactly one of sent … done or step(); after it what was found: events(), profile(), cursor(). Texts are for the
/// people on call: never a token; they are cut at 500 bytes.
class Outcome {
 public:
  explicit Outcome(Sink& sink) : sink_(sink), events_(sink, true) {}

  /// Accepted by the platform. `id` is the message's, if it was told; `thread` the private thread that a private reply
  /// has opened.
  void sent(std::string_view id = {}, std::string_view thread = {}) {
    put(begin("sent").optional("id", id).optional("thread", thread));
  }
  /// Known not to have been delivered, and worth another attempt. `kind` is "rate" or "transient", `after` the
  /// platform's own wish in seconds (0: the broker's back-off).
  void retry(std::string_view kind, std::string_view text, std::int64_t after = 0) {
    Writer& out = begin("retry").field("class", kind);
    if (after > 0) out.field("after", after);
    put(out.field("text", cut(text)));
  }
  /// Final for this part. `kind` is "window", "permission", "invalid" or "gone", `code` the platform's own.
  void failed(std::string_view kind, std::string_view code, std::string_view text) {
    put(begin("failed").field("class", kind).optional("code", code).field("text", cut(text)));
  }
  /// Nothing of this account can be sent until somebody acts. `kind` is "auth", "configuration" or "restricted".
  void pause(std::string_view kind, std::string_view code, std::string_view text) {
    put(begin("pause").field("class", kind).optional("code", code).field("text", cut(text)));
  }
  /// It may have been delivered or not.
  void unclear(std::string_view text) { put(begin("unclear").field("text", cut(text))); }
  /// A poll or look-up was read. `after`: seconds before which the next poll must not come (0: at once, since the
  /// platform itself holds a poll open).
  void done(std::int64_t after = 0) {
    Writer& out = begin("done");
    if (after > 0) out.field("after", after);
    put(out);
  }
  /// One more request is needed; interpret() gets its answer with `memo` in the task.
  Request& step(const Json& memo) {
    decide();
    memo_.clear();
    Writer(memo_).value(memo);
    return step_.emplace();
  }

  /// Events that the answer holds, written as in decode().
  Events& events() {
    found();
    return events_;
  }
  /// Poll: stored in one transaction with the events; comes back in the next poll's task. List: there is another page,
  /// which is asked for at once with it.
  void cursor(std::string_view cursor) {
    found();
    put(sink_.writer().object().field("cursor", cursor));
  }
  void profile(const Profile& profile) {
    found();
    Writer& out = sink_.writer().object().object("profile").optional("name", profile.name);
    out.optional("first_name", profile.first_name).optional("handle", profile.handle);
    out.optional("locale", profile.locale);
    if (profile.extra.size() != 0) out.field("extra", profile.extra);
    put(out.end());
  }

  /// How the account stands, in answer to a check.
  void account(const AccountStanding& account) {
    found();
    Writer& out = sink_.writer().object().object("account").optional("id", account.id).optional("name", account.name);
    if (account.ends) out.field("expires_at", time_text(*account.ends));
    for (const auto& [name, texts] : {std::pair{"scopes", &account.scopes}, {"missing", &account.missing}}) {
      out.array(name);
      for (const auto& text : *texts) out.value(text);
      out.end();
    }
    put(out.end());
  }
  /// Where the file is that the task `media` asked for: at a URL, which anybody may ask, or which needs the account's
  /// credential (`auth`: "bearer", or "header" and the header's name). The daemon fetches it, judges it and keeps it; a
  /// credential goes only to the account's own base URL and to the hosts of facts.media_hosts.
  void media(std::string_view url, std::string_view auth = {}, std::string_view name = {}) {
    found();
    Writer& out = sink_.writer().object().object("media").field("url", url);
    if (!auth.empty()) out.object("auth").field("as", auth).optional("name", name).end();
    put(out.end());
  }
  /// The file is the answer to this request, which goes to the account's base URL.
  Request& media() {
    found();
    return media_.emplace();
  }

  /// The SDK's own: interpret() has returned.
  void end() {
    if (!decided_) throw std::logic_error("interpret() gave no outcome");
    events_.flush();
    if (media_) {
      Writer& out = sink_.writer().object().object("media").key("request");
      media_->write(out);
      put(out.end());
    }
    if (!step_) return;
    Writer& out = sink_.writer().object().key("request");
    step_->write(out);
    put(out.key("memo").raw(memo_));
  }

 private:
  void decide() {
    if (std::exchange(decided_, true)) throw std::logic_error("interpret() gave a second outcome");
  }
  void found() {
    if (!decided_ || step_) throw std::logic_error("interpret() gave something found before its outcome");
    events_.flush();
  }
  Writer& begin(std::string_view outcome) {
    decide();
    return sink_.writer().object().field("outcome", outcome);
  }
  void put(Writer& out) {
    out.end();
    sink_.put();
  }
  /// At most 500 bytes, and not in the middle of a character.
  static std::string_view cut(std::string_view text) {
    std::size_t end = std::min<std::size_t>(text.size(), 500);
    while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    return text.substr(0, end);
  }

  Sink& sink_;
  Events events_;
  std::optional<Request> step_, media_;
  std::string memo_;
  bool decided_ = false;
};

}  // namespace sdk_v1
}  // namespace postern
