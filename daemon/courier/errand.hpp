// SPDX-License-Identifier: Apache-2.0
// What the courier is given and what it brings back. Plain data without secrets: a request names its credential.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

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
  };
  As as = As::none;
  std::string name;                  ///< header and query only
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
  bool safe = false;  ///< may be repeated without harm
  int timeout_s = 0;  ///< for long polls: seconds in all, at most Settings::longest_poll; 0: no long poll
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
  std::string reason;  ///< unless answered: a sentence that names the host, never a URL or a credential
};

}  // namespace postern::courier
