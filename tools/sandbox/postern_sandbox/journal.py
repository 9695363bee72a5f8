# SPDX-License-Identifier: Apache-2.0
"""The journal: what was posted, asked, applied and answered, one JSON object a line, flushed line by line."""

import json
from collections import deque

from .clock import rfc3339

KEPT_IN_MEMORY = 20_000


class Journal:
    """Writes to `path` if one is given; the last records stay in memory for the control API and the judge."""

    def __init__(self, clock, path=None):
        self.clock = clock
        self.file = open(path, "a", buffering=1, encoding="utf-8") if path else None
        self.records = deque(maxlen=KEPT_IN_MEMORY)
        self.count = 0
        self.readers = []  # called with each record as it is written

    def write(self, type, **fields):
        self.count += 1
        record = {"n": self.count, "t": rfc3339(self.clock.now()), "type": type, **fields}
        self.records.append(record)
        for reader in self.readers:
            reader(record)
        if self.file:
            self.file.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")

    def after(self, n):
        return [record for record in self.records if record["n"] > n]

    def close(self):
        if self.file:
            self.file.close()


def read(path):
    """The records of a journal file. A last line cut off by a crash is left out."""
    records = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            if not line.endswith("\n"):
                break
            records.append(json.loads(line))
    return records
