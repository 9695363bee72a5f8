# SPDX-License-Identifier: Apache-2.0
"""The ledger as it lies on disk: a copy of its files, so that the daemon's own are never opened by anybody else."""

import json
import shutil
import sqlite3
import tempfile
from pathlib import Path

FILES = ("ledger.db", "ledger.db-wal")
PART_STATES = ("queued", "held", "sending", "retry", "unknown", "parked")


class Ledger:
    """Taken while no daemon runs; what is in the copy is what had been committed."""

    def __init__(self, state):
        self.folder = Path(tempfile.mkdtemp(prefix="postern-ledger-"))
        for name in FILES:
            if (state / name).exists():
                shutil.copy(state / name, self.folder / name)
        self.db = sqlite3.connect(self.folder / "ledger.db")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.db.close()
        shutil.rmtree(self.folder)

    def rows(self, sql, *values):
        return self.db.execute(sql, values).fetchall()

    def leaves(self, kinds=None, newest=None):
        """The records' leaves in order, as objects; of the newest so many if that is said."""
        first = 0 if newest is None else "(SELECT max(i) FROM event) - %d" % newest
        found = self.db.execute(f"SELECT leaf FROM event WHERE i > {first} - 1 ORDER BY i")
        leaves = (json.loads(leaf) for (leaf,) in found)
        return [leaf for leaf in leaves if kinds is None or leaf["k"] in kinds]

    def conversations(self, account):
        """The pseudonyms of an account's conversations, in the order in which they began."""
        return [
            id.hex() for (id,) in self.rows("SELECT id FROM conversation WHERE account = ? ORDER BY number", account)
        ]

    def outbox(self):
        names = ("key", "conversation", "turn", "message", "state", "attempt")
        rows = self.rows(
            "SELECT o.key, hex(c.id), o.turn, hex(o.message), o.state, o.attempt FROM outbox o"
            " JOIN conversation c ON c.number = o.conversation ORDER BY o.key"
        )
        parts = [dict(zip(names, row)) for row in rows]
        for part in parts:
            part["state"] = PART_STATES[part["state"]]
            part["conversation"], part["message"] = part["conversation"].lower(), part["message"].lower()
        return parts

    def open_turns(self):
        """[(record, conversation, stage)]: 0 to be handled, 1 waiting, 2 in quarantine"""
        return [
            (i, id.hex(), stage)
            for i, id, stage in self.rows(
                "SELECT t.i, c.id, t.stage FROM open_turn t"
                " JOIN conversation c ON c.number = t.conversation ORDER BY t.i"
            )
        ]

    def export(self, folder):
        """The neutral form, made here of the tables alone: so the verifiers judge what lies on disk."""
        (folder / "checkpoints").mkdir(parents=True)
        with open(folder / "leaves.jsonl", "wb") as file:
            for (leaf,) in self.rows("SELECT leaf FROM event ORDER BY i"):
                file.write(leaf + b"\n")
        for i, blob in self.rows("SELECT i, blob FROM event WHERE blob IS NOT NULL"):
            path = folder / "sealed" / blob_path(i)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(blob)
        (folder / "checkpoint").write_bytes(self.rows("SELECT note FROM head")[0][0])
        for size, note in self.rows("SELECT size, note FROM checkpoint"):
            (folder / "checkpoints" / str(size)).write_bytes(note)


def blob_path(i):
    """041.psb, x001/x234/067.psb: groups of three digits, all but the last with an x."""
    digits = str(i).zfill(-(-len(str(i)) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join(["x" + group for group in groups[:-1]] + [groups[-1]]) + ".psb"


def part_id(leaf, number=None):
    """The id that a part carries to the platform: its message's, with the number less one XORed into the last byte."""
    number = leaf["q"] if number is None else number
    return leaf["x"][:-2] + f"{int(leaf['x'][-2:], 16) ^ (number - 1):02x}"
