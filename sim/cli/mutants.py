"""`initd-sim mutants`: the deliberate mistakes, named or made by rule."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from sim.cli.files import write
from sim.cli.options import UsageError, add_junit, count
from sim.cli.progress import bar
from sim.report.junit import Case, junit


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.description = (
        "Run in a checkout: mistakes are made in ./initd and noticed by ./sim and ./tests. Without --operators "
        "they are the named ones of sim/mutants.toml, each of which its killer must notice."
    )
    parser.add_argument("--jobs", type=count, default=2, metavar="N", help="processes (2)")
    parser.add_argument("--only", type=int, nargs="+", metavar="NUMBER", help="these named ones alone")
    parser.add_argument(
        "--operators", type=_how_many, default=0, metavar="COUNT", help="so many made by rule instead, or all"
    )
    parser.add_argument("--seed", type=int, default=0, help="which ones, with --operators (0)")
    parser.add_argument(
        "--package", action="append", metavar="DIRECTORY", help="where, with --operators (initd/supervise ...)"
    )
    parser.add_argument(
        "--results",
        metavar="FILE",
        help="with --operators: keep results there, and do not try again what was noticed before",
    )
    add_junit(parser)


def _how_many(text: str) -> int | None:
    """A number from 1, or None for all."""
    return None if text == "all" else count(text)


def act(arguments: argparse.Namespace) -> int:
    """Try them; the exit status."""
    try:
        from sim import mutants, survivors
    except ImportError as error:
        raise UsageError(f"this takes what development takes, pip install 'initd-supervisor[dev]': {error}") from None
    if arguments.operators != 0:
        return survivors.command(arguments)
    began = time.perf_counter()
    chosen = [mutant for mutant in mutants.load() if not arguments.only or mutant.number in arguments.only]
    tried: list[mutants.Verdict] = []
    with bar(len(chosen), "mutants") as progress:

        def told(verdict: mutants.Verdict) -> None:
            tried.append(verdict)
            progress(len(tried))

        verdicts = mutants.run(chosen, Path.cwd(), arguments.jobs, told)
    if arguments.junit:
        cases = [
            Case(f"{each.mutant.number} {each.mutant.name}", each.seconds, (), (each.reason,) if each.reason else ())
            for each in verdicts
        ]
        write(arguments.junit, junit("mutants", cases))
    return mutants.conclude(verdicts, time.perf_counter() - began)
