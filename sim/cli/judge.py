"""`initd-sim judge`: a recording or a main log of a real daemon, judged by the laws."""

from __future__ import annotations

import argparse
import os
import time

from sim.cli.options import UsageError, duration
from sim.cli.pages import add_html, write_accounts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.config.model import GroupConfig
    from sim.accounts.account import Account


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.description = (
        "Judge what a real daemon did by the laws that the simulator holds it to (S1 …, T1 …, V1 …). FILE is what "
        "`initd --record` wrote, or a main log, initd's or a stock supervisord's, with the configuration it ran with. "
        "What a file does not tell is unknown: a main log never tells what clients asked for, and only at loglevel debug "
        "how programs were stopped."
    )
    parser.add_argument("file", help="a recording, or a main log")
    parser.add_argument("--config", metavar="FILE", help="the supervisord.conf of the daemon that wrote the main log")
    parser.add_argument("--slack", type=duration, metavar="TIME", help="how late things may be (2s)")
    parser.add_argument(
        "--tolerance", type=duration, metavar="TIME", help="how much too short a time may look (0s; 0.25s in a log)"
    )
    parser.add_argument("--law", action="append", metavar="NAME", help="judge by this one alone; may be given again")
    add_html(parser)


def act(arguments: argparse.Namespace) -> int:
    """Judge it; the exit status."""
    from sim import judge

    began = time.perf_counter()
    accounts = _accounts(arguments)
    slack_ns = judge.SLACK_NS if arguments.slack is None else arguments.slack
    every, told = [], []
    for account in accounts:
        found = judge.verdicts(account, slack_ns, arguments.tolerance, arguments.law)
        told.append((account, found))
        every += found
        for line in judge.report(arguments.file, account, found):
            print(line)
    write_accounts(arguments, told)
    print(judge.summary(every, time.perf_counter() - began))
    return 0 if all(each.outcome.value == "pass" for each in every) else 1


def _accounts(arguments: argparse.Namespace) -> list[Account]:
    from sim import judge

    for law in arguments.law or ():
        if law not in judge.LAWS:
            raise UsageError(f"no law {law!r}: expected one of {', '.join(judge.LAWS)}")
    try:
        return judge.read(arguments.file, _groups(arguments))
    except OSError as error:
        raise UsageError(f"could not read it: {error}") from None


def _groups(arguments: argparse.Namespace) -> tuple[GroupConfig, ...]:
    from initd.kernel.transcript import is_recording

    if is_recording(arguments.file):
        if arguments.config:
            raise UsageError("a recording has its configuration in it; --config is for a main log")
        return ()
    if not arguments.config:
        raise UsageError(f"{arguments.file} is no recording; to judge a main log takes --config FILE as well")
    from sim.world import read

    return read(arguments.config, os.getcwd())[2].groups
