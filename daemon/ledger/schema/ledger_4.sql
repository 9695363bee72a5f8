-- SPDX-License-Identifier: Apache-2.0
-- Attempts to send that a limit counts for more than ten seconds; i is the record that one began with, text the sealed
-- hash of a text that a rule compares, message the record of its intent. Rows go when no limit can count so far back.
CREATE TABLE attempt(i INTEGER PRIMARY KEY, at INTEGER NOT NULL, account TEXT NOT NULL, contact INTEGER NOT NULL,
  effect INTEGER NOT NULL, author INTEGER NOT NULL, media INTEGER NOT NULL, purpose TEXT NOT NULL, text BLOB,
  in_public INTEGER NOT NULL, message INTEGER NOT NULL) STRICT;
-- What a second person has to agree to (core::ApprovalRow); what platforms have asked for in somebody's name, and the
-- code under which they look for it (core::DeletionRow).
CREATE TABLE approval(request INTEGER PRIMARY KEY, method TEXT NOT NULL, about BLOB NOT NULL, asker TEXT NOT NULL,
  cause INTEGER NOT NULL, until INTEGER NOT NULL) STRICT;
CREATE TABLE deletion(request INTEGER PRIMARY KEY, code BLOB NOT NULL, look INTEGER NOT NULL,
  contacts INTEGER NOT NULL) STRICT;
ALTER TABLE erasure ADD COLUMN code BLOB;
