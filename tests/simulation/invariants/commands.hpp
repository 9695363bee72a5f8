// SPDX-License-Identifier: Apache-2.0
// What tools are told: a command with an id of its own is done once, however often it is asked and whatever process it
// reaches; one that was answered is on disk; and a conversation that is on disk is found, in memory or not.
#pragma once
#include <map>
#include <set>
#include <string>

#include "invariant.hpp"

namespace postern::simulation {

class Commands : public Invariant {
 public:
  /// The text of an agent's answer begins with it.
  static std::string token(const core::Command& command) { return "agent:" + command.id + " "; }

  void committed(const core::Record& record) override {
    // The record does not say whom it was to go to; of somebody who is erased it may.
    erases_ |= record.type == "subject.erase.requested";
    if (record.decision.starts_with("deny/core.no-conversation") && !erases_)
      throw Violation("commands",
                      "record " + std::to_string(record.index) + " did not find a conversation of the disk");
    if ((record.type != "msg.out.intent" && record.type != "policy.hold") || !record.body) return;
    const auto at = record.body->find("agent:");
    if (at == record.body->npos || !record.actor.starts_with("user:")) return;
    const std::string token = record.body->substr(at, record.body->find(' ', at) + 1 - at);
    if (!done_.insert(token).second) throw Violation("commands", token + "was done twice");
  }
  /// A tool has got its answer.
  void heard(const core::Command& command, const core::Reply& reply) {
    if (!reply.ok && !command.conversation.empty() && reply.json.find("-32004") != reply.json.npos)
      throw Violation("commands", command.method + " did not find conversation " + command.conversation);
    if (!reply.ok) return;
    const auto& first = answers_.try_emplace(command.id, reply.json).first->second;
    if (first != reply.json) throw Violation("commands", command.id + " got a second answer: " + reply.json);
    if (command.method == "reply" && !done_.contains(token(command)))
      throw Violation("commands", command.id + " was answered and is not on disk");
  }

 private:
  bool erases_ = false;
  std::set<std::string> done_;
  std::map<std::string, std::string> answers_;
};

}  // namespace postern::simulation
