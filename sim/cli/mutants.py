"""`initd-sim mutants`: the deliberate mistakes, named or made by rule."""

from __future__ import annotations

import argparse

from sim.cli.options import count


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


def _how_many(text: str) -> int | None:
    """A number from 1, or None for all."""
    return None if text == "all" else count(text)


def act(arguments: argparse.Namespace) -> int:
    """Try them; the exit status."""
    from sim import mutants, survivors  # they need pytest, which only development has

    return survivors.command(arguments) if arguments.operators != 0 else mutants.command(arguments)
