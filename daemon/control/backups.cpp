// SPDX-License-Identifier: Apache-2.0
#include "control/backups.hpp"

#include <filesystem>

#include "backup/backup.hpp"
#include "base/clock.hpp"
#include "core/json_text.hpp"

namespace postern::control {

Answered back_up(ledger::View& view, const Params& params) {
  const backup::Order order{params.text("directory"), params.flag("signing_key"), SystemClock().now().wall};
  if (!order.folder.is_absolute()) return refused(kInvalidParams, "directory: expected an absolute path");
  const auto made = backup::make(view, order);
  if (!made) return refused(kNotDone, text(made.error()));
  std::string out;
  core::JsonObject(out)
      .add("directory", order.folder.string())
      .add("records", static_cast<std::int64_t>(made->records))
      .add("files", static_cast<std::int64_t>(made->files))
      .add("kek", made->kek)
      .add("signing_key", order.signing_key)
      .end();
  return out;
}

}  // namespace postern::control
