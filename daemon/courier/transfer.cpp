// SPDX-License-Identifier: Apache-2.0
#include "courier/transfer.hpp"

#include <curl/curl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <vector>

#include "courier/address.hpp"
#include "courier/grant.hpp"
#include "courier/places.hpp"

namespace postern::courier {
namespace {

constexpr std::size_t kHeaderValueLimit = 4096;  // bytes kept of one header
constexpr std::size_t kHeaderLimit = 32;         // headers kept

template <typename Value>
void set(void* easy, CURLoption option, Value value) {
  // An option can fail only for want of memory or for a value that libcurl does not know: both end the daemon.
  if (curl_easy_setopt(static_cast<CURL*>(easy), option, value) != CURLE_OK) throw std::bad_alloc();
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

bool kept_header(std::string_view name) {
  if (name.empty()) return false;
  switch (name[0]) {
    case 'c':
      return name == "content-type";
    case 'l':
      return name == "location";
    case 'r':
      return name == "retry-after";
    case 'x':
      return name == "x-restli-id" || name == "x-app-usage" || name == "x-business-use-case-usage" ||
             name == "x-page-usage" || name.starts_with("x-rate-limit-") || name.starts_with("x-ratelimit-");
    default:
      return false;
  }
}

/// The list of header lines as libcurl reads it, over the target's own strings: nothing is copied or allocated.
struct Transfer::Lines {
  std::vector<curl_slist> nodes;

  curl_slist* link(const std::vector<std::string>& lines) {
    nodes.resize(lines.size());
    for (std::size_t i = 0; i < lines.size(); ++i)
      nodes[i] = {const_cast<char*>(lines[i].c_str()), i + 1 < lines.size() ? &nodes[i + 1] : nullptr};
    return nodes.empty() ? nullptr : nodes.data();
  }
};

template <typename Address>
bool Transfer::forbids(const Address& address) const {
  if (!errand_.external || is_global(address)) return false;
  return !may_be_local_ || !is_loopback(address);
}

/// libcurl's view of a transfer. All run on the courier's thread, inside a call of the multi handle.
struct Transfer::Callbacks {
  static std::size_t write(const char* bytes, std::size_t, std::size_t size, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    auto& body = transfer.delivery_.body;
    const auto part = std::min(size, transfer.errand_.body_limit - body.size());
    body.append(bytes, part);
    transfer.delivery_.truncated = part < size;
    return part;
  }

  static std::size_t header(const char* bytes, std::size_t, std::size_t size, void* self) {
    auto& headers = static_cast<Transfer*>(self)->delivery_.headers;
    const std::string_view line(bytes, size);
    if (line.starts_with("HTTP/")) headers.clear();  // what came before belongs to an interim answer
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !std::strchr("cClLrRxX", line[0]) || headers.size() >= kHeaderLimit)
      return size;
    std::string name(line.substr(0, colon));
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (kept_header(name))
      headers.emplace_back(std::move(name), trimmed(line.substr(colon + 1)).substr(0, kHeaderValueLimit));
    return size;
  }

  /// A connection stands, TLS is done, and nothing of this request has been written to it. Runs before each attempt
  /// of libcurl, on fresh and reused connections alike: whoever comes here twice is being repeated, which libcurl does
  /// by itself when a reused connection dies, and which must not happen to what is not safe to repeat.
  static int ready(void* self, char* peer, char*, int, int) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (transfer.forbids(std::string_view(peer))) {
      transfer.blocked_ = true;
      return CURL_PREREQFUNC_ABORT;
    }
    if (transfer.started_ && !transfer.errand_.request.safe) return CURL_PREREQFUNC_ABORT;
    transfer.started_ = true;
    return CURL_PREREQFUNC_OK;
  }

  static int close_socket(void* sockets, curl_socket_t socket) { return static_cast<Sockets*>(sockets)->close(socket); }

  static curl_socket_t open_socket(void* self, curlsocktype, curl_sockaddr* peer) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (transfer.forbids(peer->addr)) {
      transfer.blocked_ = true;
      return CURL_SOCKET_BAD;
    }
    return transfer.sockets_.open(peer->family, peer->socktype, peer->protocol);
  }
};

Transfer::Transfer(std::shared_ptr<const Settings> settings, Sockets& sockets)
    : settings_(std::move(settings)), sockets_(sockets), easy_(curl_easy_init()), lines_(std::make_unique<Lines>()) {
  if (easy_ == nullptr) throw std::bad_alloc();
  set_constant_options();
}

Transfer::~Transfer() {
  curl_easy_cleanup(static_cast<CURL*>(easy_));
}

void Transfer::set_constant_options() {
  set(easy_, CURLOPT_PRIVATE, this);
  set(easy_, CURLOPT_NOSIGNAL, 1L);
  set(easy_, CURLOPT_TCP_NODELAY, 1L);
  set(easy_, CURLOPT_PATH_AS_IS, 1L);
  set(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  set(easy_, CURLOPT_USERAGENT, "postern");
  set(easy_, CURLOPT_QUICK_EXIT, 1L);  // else a timeout waits for the resolver's thread, and all transfers with it
  set(easy_, CURLOPT_UPLOAD_BUFFERSIZE,
      16L * 1024);  // for what is too large to go with the headers; 64 KiB cost page faults
  set(easy_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings_->connect_timeout / kMilli));
  set(easy_, CURLOPT_MAXAGE_CONN, static_cast<long>(settings_->idle_connection / kSecond));
  if (!settings_->ca_file.empty()) set(easy_, CURLOPT_CAINFO, settings_->ca_file.c_str());
  set(easy_, CURLOPT_WRITEFUNCTION, &Callbacks::write);
  set(easy_, CURLOPT_WRITEDATA, this);
  set(easy_, CURLOPT_HEADERFUNCTION, &Callbacks::header);
  set(easy_, CURLOPT_HEADERDATA, this);
  set(easy_, CURLOPT_PREREQFUNCTION, &Callbacks::ready);
  set(easy_, CURLOPT_PREREQDATA, this);
  set(easy_, CURLOPT_OPENSOCKETFUNCTION, &Callbacks::open_socket);
  set(easy_, CURLOPT_OPENSOCKETDATA, this);
  set(easy_, CURLOPT_CLOSESOCKETFUNCTION, &Callbacks::close_socket);
  set(easy_, CURLOPT_CLOSESOCKETDATA, &sockets_);  // a connection outlives the transfer that opened it
}

Result<void> Transfer::begin(Errand&& errand, const Credentials& credentials, const OAuth1Stamp& stamp, Micros left) {
  errand_ = std::move(errand);
  delivery_ = {};
  redirect_.clear();
  started_ = blocked_ = false;
  if (errand_.request.places)
    if (auto filled = fill_places(errand_, credentials); !filled) return filled;
  if (auto filled = target_.fill(errand_, credentials, *settings_, stamp); !filled) return filled;
  may_be_local_ = settings_->allow_local_fetch && errand_.external && parse_origin(errand_.request.path)->loopback();
  set(easy_, CURLOPT_URL, target_.url().c_str());
  set(easy_, CURLOPT_HTTPHEADER, lines_->link(target_.headers()));
  set_method();
  set_limits(left);
  return {};
}

void Transfer::set_method() {
  const auto& request = errand_.request;
  const bool has_body = !request.body.empty() || request.method == "POST" || request.method == "PUT";
  // Given as a whole, a body of up to 64 KiB goes out with the headers in one system call.
  set(easy_, CURLOPT_POSTFIELDS, has_body ? request.body.c_str() : nullptr);
  set(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  const bool head = request.method == "HEAD";
  set(easy_, head ? CURLOPT_NOBODY : has_body ? CURLOPT_POST : CURLOPT_HTTPGET, 1L);
  const bool known = head || request.method == (has_body ? "POST" : "GET");
  set(easy_, CURLOPT_CUSTOMREQUEST, known ? nullptr : request.method.c_str());
}

void Transfer::set_limits(Micros left) {
  set(easy_, CURLOPT_TIMEOUT_MS, static_cast<long>(std::max(left / kMilli, Micros{1})));
  const bool tls = target_.url().starts_with("https:");
  set(easy_, CURLOPT_HTTP_VERSION, tls ? long{CURL_HTTP_VERSION_2TLS} : long{CURL_HTTP_VERSION_1_1});
  set(easy_, CURLOPT_PROTOCOLS_STR, tls ? "https" : "http");
  // The guard must see the address itself, not a proxy's. An empty text also turns off the environment's proxies.
  set(easy_, CURLOPT_PROXY, errand_.external ? "" : settings_->proxy.c_str());
}

Delivery Transfer::end(int code) {
  if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && delivery_.truncated)) {
    long status = 0;
    curl_easy_getinfo(static_cast<CURL*>(easy_), CURLINFO_RESPONSE_CODE, &status);
    delivery_.status = static_cast<int>(status);
    note_redirect();
    return deliver(Fate::answered, {});
  }
  if (blocked_ && !started_)
    return deliver(Fate::refused, "the address of " + host_label(errand_) + " is not one of the public Internet");
  const bool senseless = code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL;
  return deliver(started_ ? Fate::unclear : senseless ? Fate::refused : Fate::not_sent, explain(code));
}

// libcurl has put the "location" and the URL that was asked for together; whether one may go there is judged later.
void Transfer::note_redirect() {
  redirect_.clear();
  if (!errand_.external || errand_.redirects <= 0) return;
  const char* url = nullptr;
  curl_easy_getinfo(static_cast<CURL*>(easy_), CURLINFO_REDIRECT_URL, &url);
  if (url != nullptr) redirect_ = url;
}

Delivery Transfer::abandon(std::string_view why) {
  return deliver(started_ ? Fate::unclear : Fate::not_sent, host_label(errand_) + ": " + std::string(why));
}

/// libcurl's error buffer may quote the URL, so the sentence is put together from what cannot.
std::string Transfer::explain(int code) const {
  auto* easy = static_cast<CURL*>(easy_);
  std::string reason = host_label(errand_) + ": ";
  if (code == CURLE_ABORTED_BY_CALLBACK)
    return reason + "the connection was lost after the request had left, and it is not safe to send it again";
  reason += curl_easy_strerror(static_cast<CURLcode>(code));
  long number = 0;
  if (code == CURLE_PEER_FAILED_VERIFICATION) {
    curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &number);
    if (number != X509_V_OK) reason.append(" (").append(X509_verify_cert_error_string(number)).append(")");
  } else if (code == CURLE_COULDNT_CONNECT) {
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
    if (number != 0) reason.append(" (").append(std::strerror(static_cast<int>(number))).append(")");
  }
  return reason;
}

Delivery Transfer::deliver(Fate fate, std::string reason) {
  target_.wipe();
  if (errand_.request.places) wipe_places(errand_.request);
  delivery_.id = errand_.id;
  delivery_.fate = fate;
  delivery_.reason = std::move(reason);
  if (errand_.grant && fate == Fate::answered) take_grant(*errand_.grant, delivery_);
  if (fate != Fate::answered) {
    delivery_.headers.clear();
    delivery_.body.clear();
    delivery_.truncated = false;
  }
  return std::move(delivery_);
}

}  // namespace postern::courier
