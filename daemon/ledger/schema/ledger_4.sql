-- SPDX-License-Identifier: Apache-2.0
-- Attempts to send that a limit counts for more than ten seconds; i is the record that one began with, text the sealed
-- hash of a text that a rule compares, message the record of its intent. Rows go when no limit can count so far back.
CREATE TABLE attempt(i INTEGER PRIMARY KEY, at INTEGER NOT NULL, account TEXT NOT NULL, contact INTEGER NOT NULL,
  effect INTEGER NOT NULL, author INTEGER NOT NULL, media INTEGER NOT NULL, purpose TEXT NOT NULL, text BLOB,
  in_public INTEGER NOT NULL, message INTEGER NOT NULL) STRICT;
