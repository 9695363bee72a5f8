// SPDX-License-Identifier: Apache-2.0
// What the courier is given and what it brings back. Plain data: a request names its credential, and only a
// grant brings any back.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/secret.hpp"

namespace postern::courier {

/// Names and values in the order in which they are sent or came.
using Fields = std::vector<std::pair<std::string, std::string>>;

/// Where the credential goes.
struct Auth {
  enum class As {
    none,
    bearer,  ///< "Authorization: Bearer VALUE"
    header,  ///< "NAME: VALUE"
    query,   ///< NAME=VALUE at the end of the query
    path,    ///< in place of "{token}" in the path
    oauth1,  ///< "Authorization: OAuth …", a signature with the four credentials of OAuth1Keys
    basic,   ///< "Authorization: Basic …" (RFC 7617); `name` is the credential that holds the user
  };
  As as = As::none;
  std::string name;                  ///< header, query and basic only
  std::string credential = "token";  ///< which of the account's credentials; not for oauth1
};

/// One HTTP request as a platform plugin asked for it.
struct Request {
  std::string method = "GET";
  std::string path;  ///< percent-encoded, begins with "/"
  Fields query;      ///< in clear; the courier encodes it
  Fields headers;
  std::string body;
  std::string content_type;
  Auth auth;
  bool safe = false;    ///< may be repeated without harm
  bool places = false;  ///< "{credential:NAME}" in the query and the body stands for a credential
  int timeout_s = 0;    ///< for long polls: seconds in all, at most Settings::longest_poll; 0: no long poll
};

/// Where in the answer to a request for new tokens they stand; JSON pointers (RFC 6901).
struct Grant {
  Fields tokens;      ///< credential and pointer; the first one must be there
  std::string lasts;  ///< seconds that they last; empty: the platform does not say
  std::string error;  ///< the platform's code where it gives none
};

struct Errand {
  std::uint64_t id = 0;  ///< comes back in the delivery
  std::string account;   ///< whose credential
  std::string base_url;  ///< "https://graph.facebook.com", no credential in it
  Request request;
  /// The URL was written by somebody else (media, fetch): it stands whole in `request.path`, `base_url` is empty, no
  /// credential is sent, and only https to port 443 of a global address is allowed.
  bool external = false;
  /// external: how many redirects are followed, each as a new request that is judged anew; then a 3xx is the answer.
  int redirects = 0;
  /// It asks for new tokens: they are taken out of the answer, which is not delivered.
  std::shared_ptr<const Grant> grant = {};
  std::size_t body_limit = std::size_t{1024} * 1024;  ///< bytes kept of the answer
};

enum class Fate {
  answered,  ///< the answer is complete (or cut at body_limit, then `truncated`), whatever its status
  not_sent,  ///< failed before the first byte of the request: it has surely not arrived
  unclear,   ///< a byte left and no complete answer came: it may have arrived
  refused,   ///< not sent, and would not be at another try: `reason` says what is wrong with it or with the account
};

struct Delivery {
  std::uint64_t id = 0;
  Fate fate = Fate::not_sent;
  int status = 0;          ///< HTTP status if answered, else 0
  bool truncated = false;  ///< the answer was longer than body_limit
  Fields headers;          ///< lower-case names; only those that codecs read (kept_header)
  std::string body;
  std::shared_ptr<const Tokens> tokens;  ///< those of a grant
  std::int64_t lasts_s = 0;              ///< seconds that they last; 0: not told
  std::string reason;  ///< unless answered: a sentence that names the host, never a URL or a credential
};

}  // namespace postern::courier
