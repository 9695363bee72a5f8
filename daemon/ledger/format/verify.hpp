// SPDX-License-Identifier: Apache-2.0
// The verifier: reads a whole ledger once and says whether it is what was signed, from the pinned genesis key on.
// tools/verify.py does the same and shares no line with it.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ledger/format/checkpoint.hpp"
#include "ledger/format/reader.hpp"

namespace postern::ledger {

/// Exit codes. Where several apply the order is: usage, tampered, unattested, incomplete, erased, ok.
enum class Code {
  ok = 0,
  tampered = 1,    ///< altered, malformed, or a body that is not its leaf's
  incomplete = 2,  ///< something that was signed or is needed is not there
  unattested = 3,  ///< unsigned, or no genesis key was pinned, or another one than the ledger's
  erased = 4,      ///< all is well, and some bodies were erased with authority
  usage = 64
};

struct Finding {
  Code code = Code::ok;
  std::string where;  ///< "leaf 17", "checkpoints/23", "sealed/016.psb"
  std::string what;
};

/// A step of the wall clock that the ledger itself records.
struct ClockStep {
  std::uint64_t i = 0;
  std::int64_t step_us = 0;
};

/// A witness saw the first `size` leaves at `time`, seconds since 1970: they are older, later ones are not.
struct TimeBound {
  std::uint64_t size = 0;
  std::uint64_t time = 0;
  std::string witness;
};

struct Verdict {
  static constexpr std::size_t kMaxListed = 1000;  ///< findings of one code; `found` counts all

  std::vector<Finding> findings;
  std::array<std::uint64_t, 5> found{};  ///< by code, 1 to 4

  std::uint64_t leaves = 0;
  std::optional<std::uint64_t> size;                             ///< of the checkpoint, if there is a well-formed one
  std::uint64_t epochs = 0;                                      ///< signing keys
  std::uint64_t intact = 0, shredded = 0, missing = 0, bad = 0;  ///< sealed bodies
  std::vector<ClockStep> steps;
  std::vector<TimeBound> bounds;

  void add(Code code, std::string where, std::string what);
  void add(const Verdict& part);  ///< takes over its findings
  Code code() const;
};

/// What the verifier is told from outside, which is never read from the ledger itself.
struct Pins {
  std::optional<VKey> genesis;  ///< without it the result is at best `unattested`
  std::vector<Note> external;   ///< checkpoints of this ledger that somebody kept elsewhere
  std::vector<VKey> witnesses;  ///< whose cosignatures are to be verified; all others are ignored
};

/// Pins from texts as people hold them: vkeys (a line feed at the end is forgiven) and notes. An error is one of usage.
Result<Pins> make_pins(std::optional<std::string_view> genesis, std::span<const std::string> external = {},
                       std::span<const std::string> witnesses = {});

/// Verifies everything that `reader` has. Memory: some KiB, 32 bytes for every body that is not there, 8 for every kept
/// checkpoint and proof. Throws only if OpenSSL or memory
/// fails.
Verdict verify(LogReader& reader, const Pins& pins);

}  // namespace postern::ledger
