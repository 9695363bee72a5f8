// SPDX-License-Identifier: Apache-2.0
#include "unit/courier/loopback.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

namespace postern::test {
namespace {

int listen_on_free_port(int& port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (bind(listener, plain, size) != 0 || listen(listener, 512) != 0 || getsockname(listener, plain, &size) != 0)
    throw std::runtime_error("cannot listen on loopback");
  port = ntohs(address.sin_port);
  return listener;
}

bool readable(int socket) {
  pollfd one{socket, POLLIN, 0};
  return poll(&one, 1, 20) > 0;
}

void close_with_reset(int socket) {
  const linger none{1, 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  close(socket);
}

std::size_t content_length(const std::string& head) {
  const auto at = head.find("Content-Length: ");
  return at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + 16, nullptr, 10);
}

/// Takes one whole request off the front of `buffer`.
bool take(std::string& buffer, Loopback::Seen& seen) {
  const auto end = buffer.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  seen.head = buffer.substr(0, end + 2);
  const auto length = content_length(seen.head);
  if (buffer.size() < end + 4 + length) return false;
  seen.body = buffer.substr(end + 4, length);
  buffer.erase(0, end + 4 + length);
  return true;
}

}  // namespace

std::string answer(int status, const std::string& body, const std::string& headers) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         headers + "\r\n" + body;
}

int closed_port() {
  int port = 0;
  close(listen_on_free_port(port));
  return port;
}

/// A key and a certificate made for this run.
struct Loopback::Tls {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  X509* certificate = X509_new();
  EVP_PKEY* key = EVP_EC_gen("P-256");

  explicit Tls(const std::string& names) {
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    auto* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("loopback"), -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    auto* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    const bool usable = X509_sign(certificate, key, EVP_sha256()) > 0 &&
                        SSL_CTX_use_certificate(context, certificate) == 1 && SSL_CTX_use_PrivateKey(context, key) == 1;
    if (!usable) throw std::runtime_error("cannot make a certificate");
  }
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;
  ~Tls() {
    EVP_PKEY_free(key);
    X509_free(certificate);
    SSL_CTX_free(context);
  }
};

/// One connection, with or without TLS.
struct Loopback::Stream {
  int socket;
  SSL* ssl = nullptr;

  Stream(int accepted, Tls* tls) : socket(accepted) {
    if (tls == nullptr) return;
    const timeval limit{5, 0};
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ssl = SSL_new(tls->context);
    SSL_set_fd(ssl, socket);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { SSL_free(ssl); }

  bool ready() const { return ssl == nullptr || SSL_accept(ssl) == 1; }
  long read(char* out, std::size_t size) const {
    return ssl != nullptr ? SSL_read(ssl, out, static_cast<int>(size)) : recv(socket, out, size, 0);
  }
  void write(const std::string& text) const {
    if (ssl != nullptr)
      SSL_write(ssl, text.data(), static_cast<int>(text.size()));
    else
      send(socket, text.data(), text.size(), MSG_NOSIGNAL);
  }
};

std::string Loopback::certificate() const {
  if (!tls_) return {};
  BIO* memory = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(memory, tls_->certificate);
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(memory, &bytes);
  std::string pem(bytes, static_cast<std::size_t>(size));
  BIO_free(memory);
  return pem;
}

Loopback::Loopback(Script script, Kind kind, const std::string& names)
    : script_(std::move(script)),
      kind_(kind),
      tls_(kind == Kind::tls ? std::make_unique<Tls>(names) : nullptr),
      listener_(listen_on_free_port(port_)) {
  thread_ = std::thread([this] { accept_loop(); });
}

Loopback::~Loopback() {
  stopping_ = true;
  thread_.join();
  for (auto& one : served_) one.join();
  close(listener_);
}

std::vector<Loopback::Seen> Loopback::seen() const {
  std::lock_guard lock(mutex_);
  return seen_;
}

void Loopback::accept_loop() {
  while (!stopping_) {
    if (!readable(listener_)) continue;
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    const int connection = ++connections_;
    if (kind_ == Kind::unread) {
      for (int i = 0; i < 100 && !readable(socket); ++i) continue;
      close_with_reset(socket);
    } else {
      served_.emplace_back([this, socket, connection] { serve(socket, connection); });
    }
  }
}

void Loopback::serve(int socket, int connection) {
  const Stream stream(socket, tls_.get());
  std::string buffer;
  Seen seen{"", "", connection, 0};
  if (!stream.ready()) {
    close(socket);
    return;
  }
  while (!stopping_) {
    if (!take(buffer, seen)) {
      if (!readable(socket)) continue;
      char bytes[16384];
      const auto got = stream.read(bytes, sizeof bytes);
      if (got <= 0) break;
      buffer.append(bytes, static_cast<std::size_t>(got));
      continue;
    }
    ++seen.nth;
    {
      std::lock_guard lock(mutex_);
      seen_.push_back(seen);
    }
    const auto reaction = script_(seen);
    for (auto left = reaction.delay; left.count() > 0 && !stopping_; left -= std::chrono::milliseconds(10))
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (!reaction.answer.empty()) stream.write(reaction.answer);
    if (reaction.after == Reaction::After::reset) return close_with_reset(socket);
    if (reaction.after == Reaction::After::close) break;
  }
  close(socket);
}

}  // namespace postern::test
