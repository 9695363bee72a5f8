// SPDX-License-Identifier: Apache-2.0
// A platform as one account sees it: people write, webhooks are repeated until they are answered, sends arrive or do
// not, and the answer to a send is sometimes lost.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "shell.hpp"

namespace postern::simulation {

class Platform {
 public:
  Platform(World& world, Shell& shell, std::string_view account);

  std::string_view account() const { return account_; }
  /// Somebody does something: writes, comments, reacts, reads, types. Leads to a webhook.
  void stir();
  /// Somebody writes what has to be answered now that there are no faults. Returns the key of the event.
  std::string probe();
  /// A send of the broker.
  void request(const core::Attempt& attempt);
  /// Some of what was said since then, asked for: also what no webhook has told.
  core::Listed list(const core::List& wanted) const;
  /// Has this part been shown to a person, or can it still be?
  bool shown(const std::string& part) const { return shown_.contains(part); }
  bool under_way(const std::string& part) const { return under_way_.contains(part); }
  bool refuses() const { return refuses_; }
  /// The account's credentials are good again.
  void mend() { refuses_ = false; }

 private:
  /// Who writes, and in which thread.
  struct Person {
    std::string sender, thread;
    bool group = false;
  };
  struct Webhook {
    std::vector<std::string> events;
    Promised promised;
    bool answered = false;
    int refused = 0;  ///< times in a row that nobody was there, or was busy
  };

  std::string event(Person& person, Promised& promised);
  std::string text_event(const Person& person, std::string_view kind, const std::string& text, std::string key,
                         Promised& promised);
  std::string receipt(const Person& person);
  std::string echo(const std::string& thread, const std::string& part, const std::string& mid);
  std::string moved(Person& person, Promised& promised);
  void post(std::vector<std::string> events, Promised promised);
  void post_undecodable();
  void deliver(const std::shared_ptr<Webhook>& webhook);
  void apply(const Request& request);
  Micros platform_time();

  World& world_;
  Shell& shell_;
  const std::string_view account_;
  std::vector<Person> people_;
  std::set<std::string> shown_;
  std::multiset<std::string> under_way_;
  std::deque<std::string> said_;  ///< the newest messages, as events
  std::int64_t next_ = 0;
  bool refuses_ = false;
};

}  // namespace postern::simulation
