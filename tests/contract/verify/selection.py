# SPDX-License-Identifier: Apache-2.0
"""Proofs and selections of a ledger, made in the simplest way there is."""
import base64

import verify


def path_of(hashes, i):
    """The inclusion proof of RFC 6962, by its definition."""
    if len(hashes) == 1:
        return []
    left = 1 << (len(hashes) - 1).bit_length() - 1
    root = lambda part: verify.root_at(verify.rows_of(b"".join(part)), len(part))
    if i < left:
        return path_of(hashes[:left], i) + [root(hashes[left:])]
    return path_of(hashes[left:], i - left) + [root(hashes[:left])]


def select(files, indices):
    """Of a ledger's files, given as bytes by name, those of a selection: leaf 0, every key.rotate and the covers of
    erased bodies have to be among the indices."""
    lines = files["leaves.jsonl"].splitlines(keepends=True)
    hashes = [verify.sha(b"\0", line[:-1]) for line in lines]
    ends = [i + 1 for i, line in enumerate(lines) if b'"k":"key.rotate"' in line]
    chosen = {"selected.jsonl": b"".join(lines[i] for i in indices)}
    chosen.update({name: files[name] for name in ["checkpoint", "vkey", *(f"checkpoints/{end}" for end in ends)]})
    for i in indices:
        end = next((end for end in ends if end > i), len(lines))
        note = files[f"checkpoints/{end}" if end in ends else "checkpoint"]
        path = [base64.b64encode(each) + b"\n" for each in path_of(hashes[:end], i)]
        chosen[f"proofs/{i}.tlog-proof"] = b"c2sp.org/tlog-proof@v1\nindex %d\n%s\n%s" % (i, b"".join(path), note)
        body = f"sealed/{verify.number_path(i)}.psb"
        if body in files:
            chosen[body] = files[body]
    return chosen
