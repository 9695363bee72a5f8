// SPDX-License-Identifier: Apache-2.0
// Bugs that the simulation must find. In the product planted() is false at compile time and nothing of them is left;
// tests/simulation builds the core a second time, with POSTERN_PLANTED, and chooses one.
#pragma once

namespace postern::core {

enum class Bug {
  none,
  answer_before_commit,     ///< a webhook is answered before its records are durable
  attempt_before_commit,    ///< a part leaves before its verdict is durable
  attempt_without_verdict,  ///< a further attempt is not judged
  duplicates_pass,          ///< a repeated event is taken for a new one
  unclear_sent_again,       ///< a part that may have arrived is sent again at once
  unclear_let_pass,         ///< what stands behind an unclear part leaves
  two_at_once,              ///< a lane begins an event before the last one has ended
  gate_open,                ///< a scope that is in use is given away
  deadline_forgotten,       ///< a turn that nobody deals with stays as it is
  turn_erased_early,        ///< an open turn leaves the disk before its answer has arrived
  chance_shared,            ///< ids come from a counter of the process
  clock_step_hidden,        ///< a clock that went back is not put on record
  state_forgotten,          ///< a handler's state does not reach the disk
  quarantine_emptied,       ///< an answered event leaves quarantine, though a handler has not seen it
  left_too_early,           ///< what has changed leaves memory while an older form of it is on its way there
  loaded_early,             ///< the loader is asked before what has left memory is on disk
  asked_twice,              ///< a refresh whose answer was lost is begun again
};

#ifdef POSTERN_PLANTED
inline Bug planted_bug = Bug::none;
inline bool planted(Bug bug) {
  return planted_bug == bug;
}
#else
constexpr bool planted(Bug) {
  return false;
}
#endif

}  // namespace postern::core
