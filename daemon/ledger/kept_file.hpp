// SPDX-License-Identifier: Apache-2.0
// A file that a contact sent, as its record (msg.media) describes it, and its bytes.
#pragma once
#include <filesystem>
#include <string>

#include "ledger/view.hpp"

namespace postern::ledger {

struct KeptFile {
  std::int64_t record = core::kNone, event = core::kNone;  ///< that describes it; that it came with
  std::string type, mime, sha256;                          ///< of the file itself
  std::string file, sealed;  ///< its name in the folder media/; SHA-256 of what lies there
};

/// Fails if the record describes no file that was kept, or was shredded.
Result<KeptFile> describe_file(View& view, std::int64_t record);

/// Its bytes, opened. `folder`: media/. Fails if they are not those that were kept, or the contact's key is gone.
Result<Bytes> open_file(View& view, const std::filesystem::path& folder, const KeptFile& of);

/// The folder media/ beside the ledger that the view looks at.
std::filesystem::path media_folder(View& view);

}  // namespace postern::ledger
