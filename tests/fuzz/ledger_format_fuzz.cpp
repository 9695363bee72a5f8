// SPDX-License-Identifier: Apache-2.0
// Bytes of strangers through the readers of the ledger's formats. What a reader accepts must be, byte for byte, what
// the writer makes of it: a second spelling of one content would be a hole.
#include <cstdlib>

#include "ledger/format/leaf.hpp"
#include "ledger/format/proof.hpp"

using namespace postern;
using namespace postern::ledger;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void read_leaf(std::string_view text) {
  const auto leaf = check_leaf(text, 7);
  if (!leaf) return;
  require(leaf->i == 7 && text.size() <= kMaxLeaf && text.find('\n') == text.npos);
  require(leaf->number("i") == 7 && leaf->text("k") == leaf->k);
}

void read_note(std::string_view text) {
  const auto note = parse_note(text);
  if (!note) return;
  require(note->body == checkpoint_body(note->origin, note->size, note->root));
  auto written = note->body + "\n";
  for (const auto& line : note->signatures) {
    Bytes bytes(line.key_id.begin(), line.key_id.end());
    bytes.insert(bytes.end(), line.signature.begin(), line.signature.end());
    written += "\xe2\x80\x94 " + line.name + " " + base64(bytes) + "\n";
  }
  require(written == text);
}

void read_proof(std::string_view text) {
  const auto proof = parse_proof(text);
  if (proof) require(format_proof(*proof) == text);
}

void read_vkey(std::string_view text) {
  const auto vkey = VKey::parse(text);
  if (vkey) require(vkey->text() == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0] % 4) {
    case 0:
      read_leaf(text);
      break;
    case 1:
      read_note(text);
      break;
    case 2:
      read_proof(text);
      break;
    default:
      read_vkey(text);
  }
  return 0;
}
