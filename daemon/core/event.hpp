// SPDX-License-Identifier: Apache-2.0
// An event as a codec gave it, read once. The codec's text goes on unchanged, to handlers and into the sealed body;
// this struct holds only what the broker itself decides by. Schema: plugin-api/schema/event.schema.json.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace postern::core {

enum class Kind : std::uint8_t {
  message,
  comment,
  mention,
  reaction,
  receipt,
  typing,
  postback,
  edit,
  unsend,
  request,
  optin,
  optout,
  follow,
  like,
  referral,
  echo,
  member,
  moved,
  handover,
  notice,
  timer,
  fetched,
  command,
  sent,
  failed,
  unknown,
};
std::string_view name(Kind kind);
/// Nothing for a word that is no kind.
bool parse(std::string_view word, Kind& kind);

/// A text that is made once and shared by the handler's frame and the sealed body.
using Text = std::shared_ptr<const std::string>;

/// Why the platform did not deliver what it had accepted, in the words of an outcome.
struct Failure {
  std::string error_class, code, text;
};

/// An attachment that is a file which lies elsewhere.
struct FileElsewhere {
  std::int64_t place = 0;  ///< among the event's attachments
  std::string type;        ///< image, video, audio, voice, sticker, gif or file
  std::string url;         ///< empty: only a call to the platform leads to it
  std::string json;        ///< the attachment as the codec gave it, for that call
};
/// Of one event, so many are looked at.
inline constexpr std::int64_t kMostFiles = 16;

struct Event {
  Kind kind = Kind::unknown;
  bool public_ = false;      ///< visibility
  bool outgoing = false;     ///< direction
  bool user_action = false;  ///< opens the messaging window, says the platform
  bool from_app = true;      ///< an echo: false if a person wrote in the platform's own app
  bool standby = false;      ///< another application owns the thread: recorded, nobody is asked
  bool group = false;        ///< the thread has several people
  bool failed = false;       ///< a receipt: the platform did not deliver what it had accepted
  bool listed = false;       ///< found by asking the platform, not told by a webhook
  Micros sent_at = 0;        ///< the platform's time; 0 if it gave none
  Micros expires_at = 0;     ///< after which nobody may have the content any more; 0: no such time
  std::string account_key, thread, sender, sender_name, locale, key, platform_id, part, moved_to, comment_verb,
      change;  ///< of a group's member: joined, left, asked
  Failure failure;
  std::vector<FileElsewhere> files;
  std::string said;               ///< of a message or comment: its text
  std::string purpose;            ///< of an opt-in or opt-out: for what; empty: for all
  std::int64_t participants = 0;  ///< of a group; 0: not a group, or not told
  bool undone = false;            ///< of a follow or like: it has ended
  Text text;                      ///< the codec's JSON, whole
};

/// Reads a codec's JSON. Fails, naming the field, where the event breaks the schema in a way that the broker would
/// act on: no kind, a wrong type, no thread where one is needed. Fields it does not know pass.
Result<Event> parse_event(std::string json);

/// Does an event of this kind begin a turn: does somebody expect an answer to it?
constexpr bool expects_answer(Kind kind) {
  return kind == Kind::message || kind == Kind::comment || kind == Kind::mention || kind == Kind::postback ||
         kind == Kind::request;
}

}  // namespace postern::core
