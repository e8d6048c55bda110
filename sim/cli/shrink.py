"""`initd-sim shrink`: the smallest scenario that still fails as the given one does."""

from __future__ import annotations

import argparse
import sys

from sim.cli.files import scenario_of
from sim.cli.options import UsageError, add_judges, judged, seconds


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("file", help="a scenario as JSON")
    parser.add_argument("--budget", type=seconds, default="60s", metavar="TIME", help="how long to try (60s)")
    add_judges(parser)


def act(arguments: argparse.Namespace) -> int:
    """Shrink it; the exit status."""
    from sim.cli.failures import smaller
    from sim.scenario import to_json

    small = smaller(scenario_of(arguments.file), judged(arguments), arguments.budget)
    if small is None:
        raise UsageError(f"nothing fails in {arguments.file}")
    sys.stdout.write(to_json(small.scenario))
    return 0
