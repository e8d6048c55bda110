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
    parser.add_argument("--operators", type=int, metavar="COUNT", help="so many mistakes made by rule instead")
    parser.add_argument("--seed", type=int, default=0, help="which ones, with --operators (0)")
    parser.add_argument(
        "--package", action="append", metavar="DIRECTORY", help="where, with --operators (initd/supervise ...)"
    )


def act(arguments: argparse.Namespace) -> int:
    """Try them; the exit status."""
    from sim import mutants, operators  # they need pytest, which only development has

    return operators.command(arguments) if arguments.operators else mutants.command(arguments)
