# SPDX-License-Identifier: Apache-2.0
"""The command line."""

import argparse
import asyncio
import json
import signal
import sys

from . import judge, scenario
from .journal import read
from .load import Load
from .player import Player
from .sandbox import Sandbox

USAGE = 2  # exit status for what the caller got wrong


def main():
    arguments = parse()
    try:
        if arguments.command == "judge":
            return judge_journal(arguments)
        loaded = scenario.load(arguments.scenario, arguments.keys, arguments.gateway)
        if arguments.command == "keys":
            print(f"{arguments.keys}: the scenario's secrets and tokens are there")
            return 0
        if arguments.port is not None:
            loaded.ports = {"all": arguments.port}
        return asyncio.run(play(loaded, arguments))
    except (ValueError, OSError) as error:
        print(f"postern-sandbox: {error}", file=sys.stderr)
        return USAGE


def parse():
    parser = argparse.ArgumentParser(
        prog="postern-sandbox",
        description="Plays the platforms on this machine.",
        epilog="postern-sandbox judge JOURNAL [--json] counts what was answered; "
        "postern-sandbox keys --scenario FILE --keys DIR only makes the secrets.",
    )
    parser.add_argument("command", nargs="?", default="play", choices=["play", "keys", "judge"])
    parser.add_argument("file", nargs="?", help="judge: the journal")
    parser.add_argument("--scenario", metavar="FILE", help="what to play (TOML)")
    parser.add_argument(
        "--gateway", metavar="URL", default="http://127.0.0.1:8080", help="where Postern takes webhooks"
    )
    parser.add_argument("--keys", metavar="DIR", help="secrets and tokens, made at first use")
    parser.add_argument("--journal", metavar="FILE", help="what was posted, asked, applied, answered (JSON lines)")
    parser.add_argument(
        "--port", type=int, help="one port for all platforms, in place of the scenario's; 0: any that is free"
    )
    parser.add_argument(
        "--once", action="store_true", help="end after the steps and the load; exit 1 if something was missing"
    )
    parser.add_argument("--hold", action="store_true", help="connect and play only after POST /_sandbox/play")
    parser.add_argument("--quiet", action="store_true", help="print no conversations")
    parser.add_argument("--json", action="store_true", help="judge: JSON")
    arguments = parser.parse_args()
    if arguments.command == "judge" and not arguments.file:
        parser.error("judge needs a journal")
    if arguments.command != "judge" and not arguments.scenario:
        parser.error("--scenario FILE is missing")
    if arguments.command == "keys" and not arguments.keys:
        parser.error("keys needs --keys DIR")
    return arguments


def judge_journal(arguments):
    verdict = judge.Judge()
    for record in read(arguments.file):
        verdict.feed(record)
    report = verdict.report()
    print(json.dumps(report, indent=2, ensure_ascii=False) if arguments.json else judge.describe(report))
    return 0 if judge.is_clean(report) else 1


async def play(loaded, arguments):
    sandbox = Sandbox(loaded, arguments.journal, arguments.quiet)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, sandbox.ended.set)
    try:
        announce(await sandbox.start())
        course = asyncio.create_task(run(sandbox, arguments))
        end = asyncio.create_task(sandbox.ended.wait())
        await asyncio.wait({course, end}, return_when=asyncio.FIRST_COMPLETED)
        if course.done() and not arguments.once and course.result() != USAGE:
            await end
        status = course.result() if course.done() else 0
        course.cancel()
        end.cancel()
        return status
    finally:
        await sandbox.stop()


def announce(urls):
    """For a person where the ports are; for a program one line of JSON."""
    if sys.stdout.isatty():
        for name, url in urls.items():
            print(f"{name:<10} {url}")
        print()
    else:
        control = next(iter(urls.values())) + "/_sandbox"
        print(json.dumps({"ready": True, "urls": urls, "control": control}), flush=True)


async def run(sandbox, arguments):
    """Connects, plays the steps, then the load. Gives the exit status."""
    if arguments.hold:
        await sandbox.play.wait()
    problems = await sandbox.connect()
    for name, problem in problems.items():
        print(f"postern-sandbox: {name} cannot be connected: {problem}", file=sys.stderr, flush=True)
    if problems:
        return 1
    player = sandbox.control.playing = Player(sandbox)
    good = await player.play()
    if sandbox.scenario.steps:
        text = f"{player.met} expectations met, {len(player.missing)} not"
        sandbox.transcript.note(text, "good" if good else "bad")
    if sandbox.scenario.load:
        good = await run_load(sandbox) and good
    return 0 if good else 1


async def run_load(sandbox):
    quiet, sandbox.transcript.quiet = sandbox.transcript.quiet, True
    load = sandbox.control.load = Load(sandbox, sandbox.scenario.load)
    report = await load.run()
    sandbox.transcript.quiet = quiet
    sandbox.transcript.note(judge.describe(report), "good" if judge.is_clean(report) else "bad")
    return judge.is_clean(report)
