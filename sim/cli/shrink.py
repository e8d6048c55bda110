"""`initd-sim shrink`: the smallest scenario that still fails as the given one does."""

from __future__ import annotations

import argparse
import sys

from sim.cli.files import scenario_of
from sim.cli.options import UsageError, add_judges, judged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.scenario import Scenario


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("file", help="a scenario as JSON")
    add_judges(parser)


def act(arguments: argparse.Namespace) -> int:
    """Shrink it; the exit status."""
    from sim.scenario import to_json
    from sim.shrink import shrink

    scenario = scenario_of(arguments.file)
    judge = judged(arguments)

    def verdict(candidate: Scenario) -> str:
        """Who says that it fails: the first two words of the reason, a checker's name and fail or unknown."""
        reasons = judge(candidate)[1]
        return " ".join(reasons[0].split()[:2]) if reasons else ""

    before = verdict(scenario)
    if not before:
        raise UsageError(f"nothing fails in {arguments.file}")
    sys.stdout.write(to_json(shrink(scenario, lambda candidate: verdict(candidate) == before)))
    return 0
