// SPDX-License-Identifier: Apache-2.0
// A JSON object of a plugin's facts, read strictly: what is of the wrong type, or nobody asks for, is an error that
// names it. A fact that were skipped would be a promise that nobody keeps.
#pragma once
#include <boost/json.hpp>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace postern::gateway {

class Members {
 public:
  /// `path` stands before the names in errors: "signature.". The first error is written to `wrong`. Both objects
  /// outlive this one.
  Members(const boost::json::object& object, std::string path, std::string& wrong)
      : object_(object), path_(std::move(path)), wrong_(wrong) {}

  /// Null is as good as absent.
  bool has(std::string_view name);
  /// Must be there and not empty.
  std::string text(std::string_view name);
  std::string text(std::string_view name, std::string_view otherwise);
  /// One of `known`, of which the first is for one that is absent.
  std::string word(std::string_view name, std::initializer_list<std::string_view> known);
  /// From 1 to `most`.
  std::int64_t number(std::string_view name, std::int64_t otherwise, std::int64_t most);
  std::vector<std::string> texts(std::string_view name);
  /// The objects of a list; empty if it is absent.
  std::vector<Members> objects(std::string_view name);
  /// Empty if it is absent.
  Members object(std::string_view name);
  /// The names of all members, for an object whose names are free.
  std::vector<std::string> names();
  /// After the last question: names what nobody asked for.
  void end();

  /// "signature.signed has no {body}": an error of the content.
  void fail(std::string_view name, std::string_view why);

 private:
  const boost::json::value* find(std::string_view name);

  const boost::json::object& object_;
  const std::string path_;
  std::string& wrong_;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace postern::gateway
