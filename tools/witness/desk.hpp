// SPDX-License-Identifier: Apache-2.0
// What a witness answers: C2SP tlog-witness, and beside it how a log that changes its signing key makes the next one
// known. HTTP is somebody else's. One thread, so that looking and remembering are one step.
#pragma once
#include <functional>
#include <string>

#include "memory.hpp"

namespace postern::witness {

struct Reply {
  int status = 200;
  std::string body;        ///< empty: the sentence of the status
  bool is_a_size = false;  ///< of a 409: the body is the size that was seen (text/x.tlog.size)
};

class Desk {
 public:
  /// `time`: seconds since 1970.
  Desk(std::string name, crypto::SigningKey key, Memory memory, std::function<std::uint64_t()> time)
      : name_(std::move(name)), key_(std::move(key)), memory_(std::move(memory)), time_(std::move(time)) {}

  Reply get(std::string_view path) const;
  Reply post(std::string_view path, std::string_view body);

 private:
  Reply add_checkpoint(std::string_view body);
  Reply rotate_key(std::string_view body);

  std::string name_;
  crypto::SigningKey key_;
  Memory memory_;
  std::function<std::uint64_t()> time_;
};

}  // namespace postern::witness
