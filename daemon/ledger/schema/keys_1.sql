-- SPDX-License-Identifier: Apache-2.0
-- A subject's key of one month, or of its profile (month 0), wrapped under KEK number `kek`.
CREATE TABLE subject(sid BLOB NOT NULL, month INTEGER NOT NULL, wrapped BLOB NOT NULL, kek INTEGER NOT NULL,
  PRIMARY KEY(sid, month)) STRICT, WITHOUT ROWID;
-- What a platform calls a contact or thread; id is the contact or the conversation.
CREATE TABLE identity(look INTEGER NOT NULL, id BLOB NOT NULL, kek INTEGER NOT NULL, sealed_profile BLOB NOT NULL,
  PRIMARY KEY(look, id)) STRICT, WITHOUT ROWID;
CREATE TABLE actor(aid BLOB PRIMARY KEY, sealed_name BLOB NOT NULL) STRICT;
-- Keys of the ledger itself, by name: "seen".
CREATE TABLE secret(name TEXT PRIMARY KEY, wrapped BLOB NOT NULL, kek INTEGER NOT NULL) STRICT;
