// SPDX-License-Identifier: Apache-2.0
#include "ledger/format/bodies.hpp"

#include "ledger/format/sealed.hpp"

namespace postern::ledger {
namespace {

std::string where(std::uint64_t i) {
  return "body of leaf " + std::to_string(i);
}

bool fits(const Leaf& leaf, ByteView blob) {
  return blob.size() == static_cast<std::uint64_t>(*leaf.n) + kBlobOverhead && chars(blob.first(4)) == "PSB1" &&
         static_cast<std::uint64_t>(first_int64(blob.subspan(4))) == leaf.i && hex(blob_hash(blob)) == leaf.h;
}

}  // namespace

void Bodies::take(const Leaf& leaf, std::optional<ByteView> blob) {
  if (!blob) {
    absent_.push_back({leaf.i, Id::from_hex(leaf.s).value(), class_number(leaf.f)});
  } else if (fits(leaf, *blob)) {
    ++verdict_.intact;
  } else {
    ++verdict_.bad;
    verdict_.add(Code::tampered, where(leaf.i), "is not what the leaf names");
  }
}

void Bodies::cover(const Leaf& leaf) {
  if (leaf.k == "subject.erased") {
    erased_[Id::from_hex(leaf.s).value()] = leaf.i;
  } else if (leaf.k == "retention.purged") {
    purges_[class_number(leaf.f)].push_back({static_cast<std::uint64_t>(leaf.number("from").value()),
                                             static_cast<std::uint64_t>(leaf.number("to").value()), leaf.i});
  }
}

std::uint32_t Bodies::class_number(std::string_view name) {
  auto found = classes_.find(name);
  if (found == classes_.end()) {
    found = classes_.emplace(std::string(name), static_cast<std::uint32_t>(purges_.size())).first;
    purges_.emplace_back();
  }
  return found->second;
}

std::optional<std::uint64_t> Bodies::covered_by(const Absent& absent) const {
  const auto erased = erased_.find(absent.subject);
  if (erased != erased_.end() && erased->second > absent.i) return erased->second;
  for (const auto& purge : purges_[absent.retention])
    if (purge.from <= absent.i && absent.i < purge.to) return purge.by;
  return std::nullopt;
}

void Bodies::finish() {
  for (const auto& absent : absent_) {
    if (const auto by = covered_by(absent)) {
      ++verdict_.shredded;
      verdict_.add(Code::erased, where(absent.i), "was erased, as leaf " + std::to_string(*by) + " says");
    } else {
      ++verdict_.missing;
      verdict_.add(Code::incomplete, where(absent.i), "is not there, and no later leaf says that it was erased");
    }
  }
}

}  // namespace postern::ledger
