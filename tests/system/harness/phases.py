# SPDX-License-Identifier: Apache-2.0
"""What a kill fell into, told by what it left behind: the ledger's files, and the journal of the other side."""

from collections import Counter

from .judge import SLACK, VERDICTS, Messages

REFUSED = "Connect call failed"  # how the sandbox words it
PHASES = ("received", "handling", "committed but unsent", "sending", "sent but unrecorded")


def phases(ledger, journal, named, killed_at):
    """How many messages were in which phase. `journal`: the records since the kill before; `killed_at`: seconds since
    1970."""
    count = Counter()
    moment = killed_at * 1e6
    for record in journal:
        # A webhook that the gateway had taken and not yet answered ends in a broken connection, not in a refused one.
        if record["type"] == "webhook" and record["status"] == 0 and REFUSED not in record["error"]:
            count["received"] += sum(item["kind"] == "message" for item in record["items"])
    outbox = ledger.outbox()
    speaking = {part["turn"] for part in outbox}
    count["handling"] = sum(stage == 0 and i not in speaking for i, _, stage in ledger.open_turns())
    verdicts = {}  # conversation -> time of its newest
    for leaf in ledger.leaves(VERDICTS, newest=5000):  # what is being sent was judged a moment ago
        verdicts[leaf["c"]] = leaf["t"]
    newest = {}  # contact -> its newest request
    for request in Messages(journal).requests:
        newest[request[1], request[2]] = request
    for part in outbox:
        if part["state"] != "sending":
            continue
        request = newest.get(named.get(part["conversation"]))
        if not request or request[0] + SLACK < verdicts.get(part["conversation"], 0):
            count["committed but unsent"] += 1
        else:
            count["sending" if request[5] > moment else "sent but unrecorded"] += 1
    return count
