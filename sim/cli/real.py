"""`initd-sim real`: scenarios on Linux, each beside the simulated kernel."""

from __future__ import annotations

import argparse
import os
import time

from initd.kernel.transcript import is_recording
from sim.cli.files import scenario_of, write
from sim.cli.options import UsageError, add_junit, count, seeds
from sim.cli.progress import bar
from sim.closing import closing
from sim.generate import PROFILES
from sim.invariants import Outcome
from sim.report.junit import Case, junit
from sim.scenario import to_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.scenario import Scenario
    from sim.twins import Twin

EPILOG = """A scenario is given by the shipped command in namespaces of its own. That takes root, and as long as it says.
What happens to each program must be what it is on the simulated kernel, in that order; times may differ by what a machine
takes. So that this is the daemon's doing, operations and lives that come nearly at once are moved apart before. What has no
real twin (a step of the wall clock, a kill or a fork that fails once) is unknown, and so is what a busy machine left open."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.epilog = EPILOG
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("file", nargs="?", help="a scenario as JSON")
    what.add_argument("--seeds", type=seeds, metavar="A:B", help="the scenarios A to below B")
    parser.add_argument("--profile", choices=sorted(PROFILES), default="plain", help="what kind of scenarios (plain)")
    parser.add_argument("--at-a-time", type=count, default=24, metavar="N", help="so many daemons at a time (24)")
    add_junit(parser)
    parser.add_argument("--child", action="store_true", help="the daemon is below an init; else it is PID 1")


def act(arguments: argparse.Namespace) -> int:
    """Give them; the exit status."""
    if os.geteuid() != 0:
        raise UsageError("a pid namespace takes root")
    from sim.report import timeline
    from sim.twins import twins

    began = time.perf_counter()
    outcomes: dict[Outcome, int] = dict.fromkeys(Outcome, 0)
    told, cases = [], []
    with bar(1 if arguments.file else len(arguments.seeds), "scenarios") as progress:
        for twin in twins(_scenarios(arguments), arguments.at_a_time):
            outcomes[twin.outcome] += 1
            cases.append(_case(twin))
            if twin.outcome is not Outcome.PASS:
                told.append(_told(twin))
            elif arguments.file is not None:
                told.append("\n".join(timeline(twin.played, twin.trace)))
            progress(len(cases))
    passed, failed, unknown = (outcomes[each] for each in (Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN))
    print("\n".join([*told, closing(passed, failed, unknown, time.perf_counter() - began, "scenarios")]))
    if arguments.junit:
        write(arguments.junit, junit("real", cases))
    return 1 if failed or unknown else 0


def _case(twin: Twin) -> Case:
    reasons = (twin.reason,) if twin.outcome is not Outcome.PASS else ()
    late = (("late_ms", twin.late_ns // 1_000_000),)
    return Case(twin.name, twin.played.until_ns / 1e9, late, reasons, twin.outcome is Outcome.UNKNOWN)


def _scenarios(arguments: argparse.Namespace) -> Iterator[tuple[str, Scenario, bool]]:
    """Name, scenario, and whether the daemon is PID 1."""
    if arguments.file is not None:
        if os.path.exists(arguments.file) and is_recording(arguments.file):
            raise UsageError(f"{arguments.file} is a recording of a real run already: initd-sim replay plays it")
        yield arguments.file, scenario_of(arguments.file), not arguments.child
        return
    from sim.generate import scenario

    for seed in arguments.seeds:
        yield f"seed {seed}", scenario(seed, arguments.profile), not arguments.child


def _told(twin: Twin) -> str:
    """What there is to say of a scenario that did not pass; one that failed as it was given, to give it again."""
    lines = [f"{twin.outcome.value.upper()} {twin.name}: {twin.reason}"]
    if twin.outcome is Outcome.FAIL:
        from sim.report import timeline

        lines += [*timeline(twin.played, twin.trace), to_json(twin.played).rstrip()]
    return "\n".join(lines)
