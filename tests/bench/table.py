# SPDX-License-Identifier: Apache-2.0
"""What scripts/bench found: its results (a line of JSON each) as tables, medians over the turns, and which targets hold.

    table.py [--quick] [--no-node] <results
--quick: only what went wrong, for the figures of a quick run mean nothing; --no-node: say why the bot has no row.
"""

import json
import sys
from collections import defaultdict
from statistics import median

CASES = {
    "node": "Node bot, full load",
    "thread-known": "thread, full load, 1,000 known contacts",
    "thread-new": "thread, full load, each from somebody new",
    "process-known": "process, full load, 1,000 known contacts",
    "process-new": "process, full load, each from somebody new",
    "node-slow": "Node bot, 50/s",
    "thread-slow": "thread, 50/s",
    "node-fast": "Node bot, 500/s",
    "thread-fast": "thread, 500/s",
    "thread-redeliver": "thread, 500/s, a tenth comes twice",
    "thread-errors": "thread, every 20th send fails",
}
STARTS = {"start-empty": "no ledger yet", "start-large": "1,000,000 records"}
HEAD = ["case", "answered/s", "to Node", "CPU µs", "p50 ms", "p99", "p99.9", "200: p50", "p99", "peak MiB", "wrong"]
WRONGS = ("lost", "refused", "duplicated", "misrouted", "reordered", "strange")


class Results:
    def __init__(self, lines):
        self.by_case = defaultdict(list)
        for line in lines:
            result = json.loads(line)
            self.by_case[result["name"]].append(result)

    def __contains__(self, case):
        return case in self.by_case

    def all(self, case, *path):
        """The figure of each turn."""
        found = []
        for result in self.by_case[case]:
            for key in path:
                result = result.get(key, 0)
            found.append(result)
        return found

    def median(self, case, *path):
        return median(self.all(case, *path))

    def wrong(self, case):
        """What went wrong, over all turns: "0", or its names with numbers."""
        return ", ".join(f"{sum(found)} {what}" for what in WRONGS if sum(found := self.all(case, what))) or "0"


def print_table(head, rows):
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]

    def line(cells):
        first, *others = (cell.ljust(width) if at == 0 else cell.rjust(width)
                          for at, (cell, width) in enumerate(zip(cells, widths)))  # fmt: skip
        return f"| {' | '.join([first, *others])} |"

    print(line(head))
    print("|".join(["", "-" * (widths[0] + 2), *("-" * (width + 1) + ":" for width in widths[1:]), ""]))
    for row in rows:
        print(line(row))
    print()


def print_cases(results):
    rows = []
    for case, title in CASES.items():
        if case not in results:
            if case.startswith("node") and "--no-node" in sys.argv:
                rows.append([title, "no node here", *[""] * (len(HEAD) - 2)])
            continue
        rate = results.median(case, "per_second")
        ratio = f"{rate / results.median('node', 'per_second'):.2f}" if "full" in title and "node" in results else ""
        rows.append([
            title, f"{rate:,.0f}", ratio, f"{results.median(case, 'cpu_us'):.1f}",
            *(f"{results.median(case, 'answer_ms', at):.2f}" for at in ("p50", "p99", "p999")),
            *(f"{results.median(case, 'acknowledge_ms', at):.2f}" for at in ("p50", "p99")),
            f"{max(results.all(case, 'peak_rss_mib')):.0f}", results.wrong(case),
        ])  # fmt: skip
    if rows:
        print_table(HEAD, rows)


def print_threads(results):
    cases = [case for case in ("thread-known", "thread-new", "thread-slow") if case in results]
    names = {name for case in cases for result in results.by_case[case] for name in result["threads_us"]}
    cost = {name: [results.median(case, "threads_us", name) for case in cases] for name in names}
    rows = []
    for name in sorted(names, key=lambda name: -cost[name][0]):
        cells = [name]
        for at, case in enumerate(cases):
            share = 100 * cost[name][at] / max(results.median(case, "cpu_us"), 1e-9)
            cells += [f"{cost[name][at]:.1f}", f"{share:.0f} %"]
        rows.append(cells)
    if rows:
        print("CPU of an answered message by thread, µs and share:\n")
        print_table(["thread", *(cell for case in cases for cell in (case, ""))], rows)


def print_starts(results):
    rows = [[title, f"{results.median(case, 'ready_ms'):.0f}"] for case, title in STARTS.items() if case in results]
    if rows:
        print_table(["start with", "ready after ms"], rows)


def targets(results):
    """(what is wanted, what was found, does it hold)"""
    for case in ("thread-known", "thread-new"):
        if case not in results:
            continue
        rate, cpu = results.median(case, "per_second"), results.median(case, "cpu_us")
        yield f"{case}: at least 10,000 answered/s", f"{rate:,.0f}", rate >= 10_000
        if "node" in results:
            bot = results.median("node", "per_second")
            yield f"{case}: ahead of the Node bot", f"{rate:,.0f} to {bot:,.0f}", rate > bot
        yield f"{case}: at most 80 µs of CPU", f"{cpu:.1f}", cpu <= 80
        process = case.replace("thread", "process")
        if process in results:
            half = results.median(process, "per_second")
            yield f"{process}: at least half of thread", f"{half / rate:.2f}", half >= rate / 2
    if "thread-slow" in results:
        for at, most in (("p50", 2), ("p99", 10)):
            found = results.median("thread-slow", "answer_ms", at)
            yield f"50/s: {at} at most {most} ms", f"{found:.2f}", found <= most
    memory = [peak for case in CASES if case.startswith("thread") and case in results
              for peak in results.all(case, "peak_rss_mib")]  # fmt: skip
    if memory:
        yield "thread: peak RSS at most 64 MiB", f"{max(memory):.0f}", max(memory) <= 64
    for case, title in STARTS.items():
        if case in results:
            found = results.median(case, "ready_ms")
            yield f"ready within 200 ms, {title}", f"{found:.0f}", found <= 200
    wrong = {case: results.wrong(case) for case in CASES if not case.startswith("node") and case in results}
    if wrong:
        found = "; ".join(f"{case}: {what}" for case, what in wrong.items() if what != "0") or "0"
        yield "nothing lost, refused, duplicated, misrouted, reordered", found, found == "0"


def main():
    results = Results(sys.stdin)
    if "--quick" in sys.argv:
        for case in CASES:
            if case in results:
                print(f"{case}: {sum(results.all(case, 'measured'))} answered, wrong: {results.wrong(case)}")
        return
    print_cases(results)
    print_threads(results)
    print_starts(results)
    rows = [[wanted, found, "holds" if holds else "MISSED"] for wanted, found, holds in targets(results)]
    if rows:
        print_table(["target", "found", ""], rows)


main()
