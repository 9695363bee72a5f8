// SPDX-License-Identifier: Apache-2.0
#include "publish/sinks.hpp"

#include "base/bytes.hpp"
#include "ledger/files.hpp"
#include "publish/syslog.hpp"

namespace postern::publish {
namespace {

namespace fs = std::filesystem;

Result<void> make_folder(const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder, error)) return {};
  fs::create_directories(folder, error);
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  if (error)
    return failure("cannot make the folder " + folder.string() + ": " + error.message(), "make it yourself, for us");
  return {};
}

/// A file a day, in which notes stand one after another, each with an empty line after it. Nothing is ever changed in
/// it, so that the folder may be one that only takes additions.
class Folder final : public Sink {
 public:
  explicit Folder(fs::path folder) : Sink("folder"), folder_(std::move(folder)) {}
  Result<void> put(const std::string& note, Micros wall) override {
    if (auto made = make_folder(folder_); !made) return made;
    return ledger::append_file(folder_ / rfc3339(wall).substr(0, 10), note + "\n");
  }

 private:
  const fs::path folder_;
};

class Highwater final : public Sink {
 public:
  explicit Highwater(fs::path path) : Sink("highwater"), path_(std::move(path)) {}
  Result<void> put(const std::string& note, Micros) override { return ledger::write_file(path_, note, 0600); }

 private:
  const fs::path path_;
};

class Syslog final : public Sink {
 public:
  explicit Syslog(std::string place) : Sink("syslog " + place), place_(std::move(place)) {}
  /// The note has line feeds, so it goes as base64, after what a person wants to see.
  Result<void> put(const std::string& note, Micros wall) override {
    const auto first = note.find('\n');
    const auto size = note.substr(first + 1, note.find('\n', first + 1) - first - 1);
    return send_syslog(place_, syslog_message(wall, "origin=" + note.substr(0, first) + " size=" + size +
                                                        " note=" + base64(view(note))));
  }

 private:
  const std::string place_;
};

class Post final : public Sink {
 public:
  Post(std::string url, Caller& caller) : Sink("post " + url), url_(std::move(url)), caller_(caller) {}
  Result<void> put(const std::string& note, Micros) override {
    const auto answer = caller_.post(url_, note);
    if (answer.status >= 200 && answer.status < 300) return {};
    return failure("cannot post to " + url_ + ": " +
                       (answer.status == 0 ? answer.trouble : "it answered " + std::to_string(answer.status)),
                   "ask who runs it");
  }

 private:
  const std::string url_;
  Caller& caller_;
};

}  // namespace

std::vector<std::unique_ptr<Sink>> make_sinks(const Settings& settings, Caller& caller) {
  std::vector<std::unique_ptr<Sink>> sinks;
  sinks.push_back(std::make_unique<Folder>(settings.folder));
  sinks.push_back(std::make_unique<Highwater>(settings.highwater));
  for (const auto& place : settings.syslog) sinks.push_back(std::make_unique<Syslog>(place));
  for (const auto& url : settings.post) sinks.push_back(std::make_unique<Post>(url, caller));
  return sinks;
}

}  // namespace postern::publish
