-- SPDX-License-Identifier: Apache-2.0
-- The log: leaf and sealed body of one record are one row.
CREATE TABLE event(i INTEGER PRIMARY KEY, leaf BLOB NOT NULL, blob BLOB) STRICT;
CREATE TABLE tile(id INTEGER PRIMARY KEY, h BLOB NOT NULL) STRICT;
CREATE TABLE head(one INTEGER PRIMARY KEY CHECK(one = 1), size INTEGER NOT NULL, edge BLOB NOT NULL, note BLOB NOT NULL) STRICT;
CREATE TABLE checkpoint(size INTEGER PRIMARY KEY, note BLOB NOT NULL) STRICT;
CREATE TABLE cosig(size INTEGER NOT NULL, witness TEXT NOT NULL, line TEXT NOT NULL, PRIMARY KEY(size, witness)) STRICT;
CREATE TABLE tsa(size INTEGER PRIMARY KEY, token BLOB NOT NULL) STRICT;
CREATE TABLE hold(id TEXT PRIMARY KEY, scope TEXT NOT NULL, placed INTEGER NOT NULL, released INTEGER) STRICT;
CREATE TABLE retention(class TEXT, platform TEXT, brand TEXT, min_d INTEGER, max_d INTEGER, basis TEXT,
  PRIMARY KEY(class, platform, brand)) STRICT;

-- Derived, in sorted lots behind the hot path; meta.lots_through says up to which record they are complete.
-- sid: a contact; also a conversation, for the record that made it and for those of other contacts than its own.
CREATE TABLE subject_at(sid BLOB NOT NULL, i INTEGER NOT NULL, PRIMARY KEY(sid, i)) STRICT, WITHOUT ROWID;
CREATE TABLE seen(look INTEGER NOT NULL, i INTEGER NOT NULL, sent_at INTEGER NOT NULL, PRIMARY KEY(look, i)) STRICT, WITHOUT ROWID;

-- What the broker's state is rebuilt from. Documents are sealed; what they are sealed under is in daemon/ledger/rows.hpp.
CREATE TABLE conversation(number INTEGER PRIMARY KEY, id BLOB NOT NULL, contact BLOB, contact_number INTEGER NOT NULL,
  account TEXT NOT NULL, last_in INTEGER NOT NULL, last_user INTEGER NOT NULL, last_bot INTEGER NOT NULL,
  last_human INTEGER NOT NULL, flags INTEGER NOT NULL, last_record INTEGER NOT NULL, doc BLOB) STRICT;
CREATE TABLE contact(number INTEGER PRIMARY KEY, id BLOB NOT NULL, account TEXT NOT NULL, doc BLOB) STRICT;
CREATE TABLE open_turn(i INTEGER PRIMARY KEY, conversation INTEGER NOT NULL, deadline INTEGER NOT NULL,
  stage INTEGER NOT NULL, only_handlers TEXT NOT NULL) STRICT;
CREATE TABLE turn(i INTEGER PRIMARY KEY, conversation INTEGER NOT NULL, since INTEGER NOT NULL, ended INTEGER NOT NULL,
  ending TEXT NOT NULL, by TEXT NOT NULL) STRICT;
CREATE TABLE outbox(key INTEGER PRIMARY KEY, conversation INTEGER NOT NULL, turn INTEGER NOT NULL, message BLOB,
  state INTEGER NOT NULL, attempt INTEGER NOT NULL, due INTEGER NOT NULL, since INTEGER NOT NULL,
  parts INTEGER NOT NULL) STRICT;
CREATE TABLE timer(key INTEGER PRIMARY KEY, conversation INTEGER NOT NULL, handler TEXT NOT NULL, id BLOB NOT NULL,
  due INTEGER NOT NULL) STRICT;
CREATE TABLE state(contact BLOB NOT NULL, key INTEGER NOT NULL, handler TEXT NOT NULL, scope TEXT NOT NULL, doc BLOB NOT NULL,
  PRIMARY KEY(contact, key)) STRICT, WITHOUT ROWID;
CREATE TABLE cursor(account TEXT PRIMARY KEY, cursor BLOB NOT NULL) STRICT;
CREATE TABLE account(account TEXT PRIMARY KEY, paused TEXT NOT NULL, class TEXT NOT NULL) STRICT;
-- What a command with an id of the caller's own was answered; the newest 10,000.
CREATE TABLE command(key INTEGER PRIMARY KEY, at INTEGER NOT NULL, answer BLOB NOT NULL) STRICT;
-- Files of attachments: key is event * 16 + place; record is the msg.media that describes it, file its name under media/.
CREATE TABLE medium(key INTEGER PRIMARY KEY, attempt INTEGER NOT NULL, due INTEGER NOT NULL, record INTEGER NOT NULL,
  file TEXT NOT NULL) STRICT;
-- Content that has to go at that time: of record i, or of what i, an unsend, names.
CREATE TABLE shred(i INTEGER PRIMARY KEY, due INTEGER NOT NULL) STRICT;
CREATE TABLE meta(name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT;

-- Guards against bugs, not attackers: the log only grows, except that a body may be erased.
CREATE TRIGGER event_kept BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'records are never deleted'); END;
CREATE TRIGGER event_fixed BEFORE UPDATE ON event
  WHEN NEW.i IS NOT OLD.i OR NEW.leaf IS NOT OLD.leaf OR NEW.blob IS NOT NULL
  BEGIN SELECT RAISE(ABORT, 'records are never changed'); END;
CREATE TRIGGER tile_kept BEFORE DELETE ON tile BEGIN SELECT RAISE(ABORT, 'tiles are never deleted'); END;
CREATE TRIGGER tile_fixed BEFORE UPDATE ON tile BEGIN SELECT RAISE(ABORT, 'tiles are never changed'); END;
CREATE TRIGGER checkpoint_kept BEFORE DELETE ON checkpoint BEGIN SELECT RAISE(ABORT, 'checkpoints are never deleted'); END;
CREATE TRIGGER checkpoint_fixed BEFORE UPDATE ON checkpoint BEGIN SELECT RAISE(ABORT, 'checkpoints are never changed'); END;
