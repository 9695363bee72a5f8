// SPDX-License-Identifier: Apache-2.0
// How posternctl ends when it cannot do what was asked: an exit code of sysexits.h and a sentence with a remedy.
#pragma once
#include <exception>
#include <utility>

#include "base/error.hpp"

namespace postern::ctl {

enum Exit : int {
  kOk = 0,
  kWrongSignature = 1,  ///< decode --secret
  kCheckFailed = 1,     ///< plugin check
  kUsage = 64,
  kBadData = 65,
  kNoInput = 66,  ///< a file, conversation, record or account that is not there
  kUnavailable = 69,
  kSoftware = 70,
  kCannotCreate = 73,
  kInputOutput = 74,
  kTryAgain = 75,
  kProtocol = 76,
  kPermission = 77,  ///< of the socket; also what policy refuses
  kConfig = 78,
};

/// Thrown by whatever cannot go on; main prints it.
class Failure : public std::exception {
 public:
  Failure(int code, Error error) : code_(code), error_(std::move(error)) {}
  Failure(int code, std::string what, std::string remedy = {})
      : Failure(code, Error{std::move(what), std::move(remedy)}) {}

  int code() const { return code_; }
  const Error& error() const { return error_; }
  const char* what() const noexcept override { return error_.what.c_str(); }

 private:
  int code_;
  Error error_;
};

}  // namespace postern::ctl
