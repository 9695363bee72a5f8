// SPDX-License-Identifier: Apache-2.0
// A copy of a key encryption key for an officer of the law or the house: a CMS message (RFC 5652) that only the private
// key of a certificate opens, with `openssl cms -decrypt` and nothing of Postern.
#include "escrow.hpp"

#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "failure.hpp"
#include "ledger/files.hpp"

namespace postern::ctl {
namespace {

namespace fs = std::filesystem;

using File = std::unique_ptr<BIO, decltype([](BIO* bio) { BIO_free(bio); })>;
using Certificate = std::unique_ptr<X509, decltype([](X509* one) { X509_free(one); })>;
using Recipients = std::unique_ptr<STACK_OF(X509), decltype([](STACK_OF(X509) * all) { sk_X509_free(all); })>;
using Message = std::unique_ptr<CMS_ContentInfo, decltype([](CMS_ContentInfo* one) { CMS_ContentInfo_free(one); })>;

Certificate read_certificate(const fs::path& path) {
  const File file(BIO_new_file(path.c_str(), "r"));
  Certificate certificate(file ? PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!certificate)
    throw Failure(kNoInput, "cannot read a certificate from " + path.string(), "one in PEM, of the officer");
  if (X509_cmp_current_time(X509_get0_notAfter(certificate.get())) < 0)
    throw Failure(kBadData, "the certificate in " + path.string() + " has run out", "ask the officer for the new one");
  return certificate;
}

/// In PEM.
std::string sealed_for(X509* officer, std::string_view text) {
  const Recipients recipients(sk_X509_new_null());
  sk_X509_push(recipients.get(), officer);
  const File plain(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  const File out(BIO_new(BIO_s_mem()));
  const Message message(CMS_encrypt(recipients.get(), plain.get(), EVP_aes_256_cbc(), CMS_BINARY));
  if (!message || PEM_write_bio_CMS_stream(out.get(), message.get(), nullptr, 0) != 1)
    throw Failure(kBadData, "nothing can be sealed for the key of this certificate", "RSA, or EC on P-256");
  char* data = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

fs::path escrow_file(const fs::path& kek_file, std::int64_t number) {
  return kek_file.string() + "." + std::to_string(number) + ".escrow";
}

void write_escrow(const fs::path& kek_file, const config::Keks& keks, const fs::path& certificate) {
  const auto officer = read_certificate(certificate);
  for (const auto& [number, key] : keks) {
    auto text = config::keks_text({{number, key}});
    const auto sealed = sealed_for(officer.get(), text);
    OPENSSL_cleanse(text.data(), text.size());
    if (const auto done = ledger::write_file(escrow_file(kek_file, number), sealed, 0400); !done)
      throw Failure(kInputOutput, done.error());
  }
}

void destroy_escrow(const fs::path& kek_file, std::int64_t number) {
  const auto file = escrow_file(kek_file, number);
  if (!fs::exists(file)) return;
  if (const auto done = ledger::shred_file(file); !done) throw Failure(kInputOutput, done.error());
}

}  // namespace postern::ctl
