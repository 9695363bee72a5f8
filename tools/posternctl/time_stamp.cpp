// SPDX-License-Identifier: Apache-2.0
#include "time_stamp.hpp"

#include <openssl/ts.h>
#include <time.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace postern::ctl {
namespace {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* p) const {
    Free(p);
  }
};

void must(bool ok) {
  if (!ok) throw std::runtime_error("OpenSSL failed: a time-stamp request");
}

bool is_of(TS_MSG_IMPRINT* imprint, const Hash& hash) {
  const auto* bytes = TS_MSG_IMPRINT_get_msg(imprint);
  const ByteView stamped(ASN1_STRING_get0_data(bytes), static_cast<std::size_t>(ASN1_STRING_length(bytes)));
  return OBJ_obj2nid(TS_MSG_IMPRINT_get_algo(imprint)->algorithm) == NID_sha256 &&
         std::equal(stamped.begin(), stamped.end(), hash.begin(), hash.end());
}

}  // namespace

std::string time_stamp_request(const Hash& hash) {
  const std::unique_ptr<TS_REQ, Deleter<TS_REQ_free>> request(TS_REQ_new());
  const std::unique_ptr<TS_MSG_IMPRINT, Deleter<TS_MSG_IMPRINT_free>> imprint(TS_MSG_IMPRINT_new());
  const std::unique_ptr<X509_ALGOR, Deleter<X509_ALGOR_free>> algorithm(X509_ALGOR_new());
  must(request && imprint && algorithm);
  must(X509_ALGOR_set0(algorithm.get(), OBJ_nid2obj(NID_sha256), V_ASN1_NULL, nullptr) == 1);
  Hash bytes = hash;  // the call wants them writable, and copies them
  must(TS_MSG_IMPRINT_set_algo(imprint.get(), algorithm.get()) == 1 &&
       TS_MSG_IMPRINT_set_msg(imprint.get(), bytes.data(), static_cast<int>(bytes.size())) == 1);
  must(TS_REQ_set_version(request.get(), 1) == 1 && TS_REQ_set_msg_imprint(request.get(), imprint.get()) == 1 &&
       TS_REQ_set_cert_req(request.get(), 1) == 1);
  const int size = i2d_TS_REQ(request.get(), nullptr);
  must(size > 0);
  std::string der(static_cast<std::size_t>(size), '\0');
  auto* to = reinterpret_cast<unsigned char*>(der.data());
  must(i2d_TS_REQ(request.get(), &to) == size);
  return der;
}

Result<Micros> stamped_time(std::string_view response, const Hash& hash) {
  const auto bytes = view(response);
  const auto* at = bytes.data();
  const std::unique_ptr<TS_RESP, Deleter<TS_RESP_free>> answer(
      d2i_TS_RESP(nullptr, &at, static_cast<long>(bytes.size())));
  if (!answer || at != bytes.data() + bytes.size())
    return failure("this is no TimeStampResp (RFC 3161, DER)", "keep the authority's answer as it came");
  const auto status = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(answer.get())));
  auto* const info = TS_RESP_get_tst_info(answer.get());
  if ((status != TS_STATUS_GRANTED && status != TS_STATUS_GRANTED_WITH_MODS) || info == nullptr)
    return failure("the authority has not granted the request (status " + std::to_string(status) + ")",
                   "openssl ts -reply -text -in FILE says why");
  if (!is_of(TS_TST_INFO_get_msg_imprint(info), hash))
    return failure("the token is of something else than this bag's checkpoint",
                   "ask the authority with the request that was made of this bag");
  tm time{};
  if (ASN1_TIME_to_tm(TS_TST_INFO_get_time(info), &time) != 1) return failure("the token says no time");
  return static_cast<Micros>(timegm(&time)) * kSecond;
}

}  // namespace postern::ctl
