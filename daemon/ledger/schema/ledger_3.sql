-- SPDX-License-Identifier: Apache-2.0
-- Contacts whose content is to go. request is the record that asks for it, number the contact's; stage and bodies are
-- those of core::ErasureRow.
CREATE TABLE erasure(request INTEGER PRIMARY KEY, sid BLOB NOT NULL, number INTEGER NOT NULL, account TEXT NOT NULL,
  stage INTEGER NOT NULL, bodies INTEGER NOT NULL, basis TEXT NOT NULL) STRICT;
