-- SPDX-License-Identifier: Apache-2.0
-- What a platform has issued to an account at run time, sealed under KEK number `kek`; the rest is for the daemon alone.
CREATE TABLE token(account TEXT PRIMARY KEY, asked INTEGER NOT NULL, due INTEGER NOT NULL, ends INTEGER NOT NULL,
  kek INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
