#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the fuzzers' first inputs of the contract cases: each body that a platform sends or answers, in a file.

usage: platform_corpus.py tests/contract/platforms/telegram build/fuzz/corpus/telegram
"""
import json
import pathlib
import sys

cases, corpus = map(pathlib.Path, sys.argv[1:])
corpus.mkdir(parents=True, exist_ok=True)


def save(name, case):
    text = case["body_text"] if "body_text" in case else json.dumps(case["body"], separators=(",", ":"))
    (corpus / name).write_bytes(text.encode("utf-8", "surrogatepass"))


for path in sorted(cases.glob("decode/*.json")):
    save(path.stem, json.loads(path.read_text("utf-8")))
for path in sorted(cases.glob("interpret/*.json")):
    for number, answer in enumerate(json.loads(path.read_text("utf-8"))["answers"]):
        save(f"{path.stem}-{number}", answer)
