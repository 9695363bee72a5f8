-- SPDX-License-Identifier: Apache-2.0
-- Contacts that are one person; both by number, person is the least of theirs.
CREATE TABLE link(contact INTEGER PRIMARY KEY, person INTEGER NOT NULL) STRICT;
