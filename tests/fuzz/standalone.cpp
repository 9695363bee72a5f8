// SPDX-License-Identifier: Apache-2.0
// A fuzz target's main where there is no libFuzzer: runs each file of the corpora given, then mutants of them until the
// time is over. It knows nothing of coverage, so it is a smoke test; the preset "fuzz" searches. The seed is printed
// and, given again, makes the same mutants; an input that ends the program is left behind in the file named.
//   <target> [-max_total_time=SECONDS] [-seed=N] [-artifact_prefix=PATH] [FILE or FOLDER…]
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kLongest = 4096;
constexpr unsigned kHang = 5;  // seconds that one input may take

const Input* running = nullptr;
std::string artifact = "fuzz-failure";

// Only what a signal handler may do: the input goes to a file, then the signal takes its course.
void keep_input(int signal) {
  const int file = ::open(artifact.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file >= 0 && running != nullptr) (void)!::write(file, running->data(), running->size());
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void run(const Input& input) {
  running = &input;
  ::alarm(kHang);
  LLVMFuzzerTestOneInput(input.data(), input.size());
  ::alarm(0);
  running = nullptr;
}

std::vector<Input> read_corpus(const std::vector<std::filesystem::path>& places) {
  std::vector<std::filesystem::path> files;
  for (const auto& place : places)
    if (std::filesystem::is_directory(place))
      for (const auto& entry : std::filesystem::recursive_directory_iterator(place)) {
        if (entry.is_regular_file()) files.push_back(entry.path());
      }
    else
      files.push_back(place);
  std::sort(files.begin(), files.end());  // the same order on every machine
  std::vector<Input> corpus;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return corpus;
}

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  Input mutant(const std::vector<Input>& corpus) {
    Input input = corpus[below(corpus.size())];
    for (std::size_t changes = 1 + below(6); changes > 0; --changes) change(input, corpus);
    if (input.size() > kLongest) input.resize(kLongest);
    return input;
  }

 private:
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }
  std::ptrdiff_t place(const Input& input) { return static_cast<std::ptrdiff_t>(below(input.size() + 1)); }
  std::uint8_t byte() {
    static constexpr std::string_view kTelling("\0\r\n\t \"\\{}[]:,=/%&?#0129-+.aZ\x7f\x80\xc3\xff", 32);
    return static_cast<std::uint8_t>(below(2) == 0 ? kTelling[below(kTelling.size())] : below(256));
  }

  void change(Input& input, const std::vector<Input>& corpus) {
    const std::ptrdiff_t at = place(input);
    const std::ptrdiff_t length = std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(below(16)) + 1,
                                                           static_cast<std::ptrdiff_t>(input.size()) - at);
    switch (below(6)) {
      case 0:
        input.insert(input.begin() + at, byte());
        break;
      case 1:
        if (length > 0) input[static_cast<std::size_t>(at)] = byte();
        break;
      case 2:
        if (length > 0) input[static_cast<std::size_t>(at)] ^= static_cast<std::uint8_t>(1u << below(8));
        break;
      case 3:
        if (length > 0) input.erase(input.begin() + at, input.begin() + at + length);
        break;
      case 4: {  // a piece once more
        const Input piece(input.begin() + at, input.begin() + at + std::max<std::ptrdiff_t>(length, 0));
        const auto to = place(input);
        input.insert(input.begin() + to, piece.begin(), piece.end());
        break;
      }
      default: {  // the rest of another input
        const Input& other = corpus[below(corpus.size())];
        input.erase(input.begin() + at, input.end());
        input.insert(input.end(), other.begin() + place(other), other.end());
      }
    }
  }

  std::mt19937_64 random_;  // its sequence is the standard's, so a seed means the same everywhere
};

}  // namespace

int main(int argc, char** argv) {
  double seconds = 2;
  std::uint64_t seed = std::random_device{}();
  std::vector<std::filesystem::path> places;
  for (const std::string_view word : std::vector<std::string_view>(argv + 1, argv + argc)) {
    const std::string value(word.substr(std::min(word.find('=') + 1, word.size())));
    if (word.starts_with("-max_total_time="))
      seconds = std::stod(value);
    else if (word.starts_with("-seed="))
      seed = std::stoull(value);
    else if (word.starts_with("-artifact_prefix="))
      artifact = value + "failure";
    else if (!word.starts_with('-'))  // libFuzzer has more options
      places.emplace_back(word);
  }
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM}) std::signal(signal, keep_input);

  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  std::vector<Input> corpus = read_corpus(places);
  std::printf("seed %llu, corpus %zu\n", static_cast<unsigned long long>(seed), corpus.size());
  std::fflush(stdout);
  for (const auto& input : corpus) run(input);
  if (corpus.empty()) corpus.emplace_back();
  Mutator mutator(seed);
  std::size_t runs = 0;
  for (; Clock::now() < end; ++runs) run(mutator.mutant(corpus));
  std::printf("%zu mutants\n", runs);
  return 0;
}
