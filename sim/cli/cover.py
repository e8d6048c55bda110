"""`initd-sim cover`: the coverage of the state table."""

from __future__ import annotations

import argparse

from sim.cli.options import count


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--seeds", type=count, default=1000, metavar="N", help="so many of each profile (1000)")
    parser.add_argument("--sieges", type=int, default=0, metavar="N", help="and so many sieges, for the nemeses (none)")
    parser.add_argument("--html", metavar="FILE", help="write the heat map there")


def act(arguments: argparse.Namespace) -> int:
    """Measure it; the exit status."""
    from sim import coverage

    return coverage.command(arguments)
