// SPDX-License-Identifier: Apache-2.0
// Wraps what lies in keys.db anew under the newest key encryption key, so that the older ones can be destroyed. It goes
// through the tables in lots, each a transaction of its own; after a crash it begins again, and passes over what is
// done. The writer's thread.
#pragma once
#include <cstdint>

#include "ledger/format/sealed.hpp"
#include "ledger/keys_db.hpp"

namespace postern::ledger {

class Renewal {
 public:
  /// Of such a lot the transaction takes a few milliseconds.
  static constexpr std::int64_t kSubjects = 500, kIdentities = 125;

  Renewal(KeyWriter& keys, const Keks& keks);

  /// The next lot. False: all tables have been gone through, and nothing needs an older key any more.
  Sql<bool> step();
  /// Has anything been wrapped anew?
  bool changed() const { return changed_; }

 private:
  enum class Stage { few, identities, subjects, done };

  Sql<void> renew_few();
  Sql<bool> renew_identities();
  Sql<bool> renew_subjects();

  KeyWriter& keys_;
  const Keks& keks_;
  const std::int64_t newest_;
  const Lookup look_;
  Sealer sealer_;
  Salts salts_;
  Statement secrets_, identities_, subjects_, set_secret_, set_identity_, drop_identity_, set_subject_, drop_tokens_;
  Stage stage_ = Stage::few;
  bool changed_ = false;
  // The row that was looked at last. One zero byte comes before every id.
  std::int64_t look_at_ = INT64_MIN, month_at_ = -1;
  Bytes id_at_{0}, subject_at_{0};
};

}  // namespace postern::ledger
