// SPDX-License-Identifier: Apache-2.0
// Applies the changes that mutants.json lists to a copy of the exported ledger (README.md beside it says what they
// are).
#pragma once
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>

#include "vectors.hpp"

namespace postern::test {

/// A copy of the ledger in a folder of its own, which goes with the object.
class Mutant {
 public:
  Mutant() {
    static std::atomic<int> count{0};
    folder_ = std::filesystem::temp_directory_path() /
              ("postern-mutant-" + std::to_string(::getpid()) + "-" + std::to_string(count++));
    std::filesystem::remove_all(folder_);
    std::filesystem::copy(kVectors / "ledger", folder_, std::filesystem::copy_options::recursive);
  }
  Mutant(const Mutant&) = delete;
  Mutant& operator=(const Mutant&) = delete;
  ~Mutant() { std::filesystem::remove_all(folder_); }

  const std::filesystem::path& folder() const { return folder_; }

  void write(const std::string& file, const std::string& bytes) const {
    std::filesystem::create_directories((folder_ / file).parent_path());
    std::ofstream(folder_ / file, std::ios::binary) << bytes;
  }

  void apply(const boost::json::object& op) const {
    const auto kind = str(op.at("op")), file = str(op.at("file"));
    if (kind == "remove") {
      std::filesystem::remove_all(folder_ / file);
    } else if (kind == "copy") {
      write(file, read_file(folder_ / str(op.at("from"))));
    } else if (kind == "swap") {
      const auto other = str(op.at("with")), bytes = read_file(folder_ / file);
      write(file, read_file(folder_ / other));
      write(other, bytes);
    } else if (kind == "write") {
      write(file, op.contains("hex") ? text_or_hex({{"x_hex", op.at("hex")}}, "x") : str(op.at("text")));
    } else if (kind == "line") {
      write(file, with_lines(read_file(folder_ / file), op));
    } else {
      write(file, with_bytes(read_file(folder_ / file), op, kind));
    }
  }

 private:
  static std::string with_bytes(std::string bytes, const boost::json::object& op, const std::string& kind) {
    auto at = op.at("at").to_number<std::int64_t>();
    if (at < 0) at += static_cast<std::int64_t>(bytes.size());
    const auto place = static_cast<std::size_t>(at);
    if (kind == "flip") {
      bytes.at(place) = static_cast<char>(bytes.at(place) ^ 1 << op.at("bit").to_number<int>());
    } else if (kind == "splice") {
      bytes.replace(place, op.at("cut").to_number<std::size_t>(), str(op.at("put")));
    } else {
      throw std::runtime_error("unknown operation " + kind);
    }
    return bytes;
  }

  static std::string with_lines(const std::string& text, const boost::json::object& op) {
    std::vector<std::string> lines;
    for (std::size_t begin = 0, end = 0; (end = text.find('\n', begin)) != text.npos; begin = end + 1)
      lines.push_back(text.substr(begin, end - begin));
    const auto what = str(op.at("do"));
    const auto n = op.at("n").to_number<std::size_t>();
    const auto to = op.contains("to") ? op.at("to").to_number<std::size_t>() : n;
    const auto line = lines.at(n);
    const auto place = [&](std::size_t at) { return lines.begin() + static_cast<std::ptrdiff_t>(at); };
    if (what == "delete") {
      lines.erase(place(n));
    } else if (what == "dup") {
      lines.insert(place(to), line);
    } else if (what == "swap") {
      std::swap(lines.at(n), lines.at(to));
    } else if (what == "move") {
      lines.erase(place(n));
      lines.insert(place(to), line);
    } else if (what == "set") {
      lines.at(n) = str(op.at("text"));
    } else {
      throw std::runtime_error("unknown change of a line: " + what);
    }
    std::string out;
    for (const auto& each : lines) out += each + "\n";
    return out;
  }

  std::filesystem::path folder_;
};

}  // namespace postern::test
