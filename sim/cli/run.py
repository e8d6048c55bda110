"""`initd-sim run`: a configuration of the user's, or a range of seeds."""

from __future__ import annotations

import argparse
import sys

from sim.children.behaviours import CATALOGUE
from sim.children.conditions import FORMS
from sim.cli import pages
from sim.cli.files import Folder, write
from sim.cli.options import UsageError, add_judges, add_junit, count, duration, judged, replay_words, seeds
from sim.cli.progress import bar
from sim.generate import PROFILES
from sim.report.junit import Case

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.campaign import Failure, Result

ALL, APART = "all", ("all", "classics", "listeners", "nemesis")
"""`sim.campaign`'s, which would bring a stage with it."""
FIRST = 6
"""So many failures are told at once, before they are shrunk."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    examples = "\n".join(f"  {example}" for _, _, example in CATALOGUE)
    parser.description = (
        "Run a configuration on a machine that has every directory, user and command it names; or, with --seeds, "
        "play the scenarios of these seeds and judge their stories."
    )
    parser.epilog = (
        f"behaviours (several with commas between them; what is not mentioned runs for ever):\n{examples}\n"
        f"  flap 3 times after 0.2s then run\ndepending on time and on others:\n{FORMS}"
    )
    parser.add_argument("config", nargs="?", help="a supervisord.conf")
    parser.add_argument("--for", dest="duration", type=duration, default="60s", help="virtual time to run (60s)")
    parser.add_argument("--behaviour", action="append", default=[], metavar="'NAME: WHAT'", help="what a program does")
    parser.add_argument("--log", action="store_true", help="print the daemon's own log at the end")
    parser.add_argument("--outlook", action="store_true", help="end with attempts, recovery, downtime and log volume")
    parser.add_argument("--html", metavar="FILE", help="write the outlook, or what came of the seeds, as one self-contained page")
    parser.add_argument("--seeds", type=seeds, metavar="A:B", help="play the scenarios A to below B")
    parser.add_argument(
        "--profile",
        choices=sorted([*PROFILES, *APART]),
        help="what kind of scenarios (all: some of everything, core and daemon; with --stage or --oracle: plain)",
    )
    parser.add_argument("--jobs", type=count, default=1, metavar="N", help="processes (1)")
    parser.add_argument("--dask", metavar="ADDRESS", help="play the seeds on that dask.distributed cluster, tcp://…")
    parser.add_argument("--save", metavar="DIRECTORY", help="write what does not pass there (.initd-sim)")
    add_junit(parser)
    add_judges(parser)


def act(arguments: argparse.Namespace) -> int:
    """Run it; the exit status."""
    if arguments.seeds is not None:
        return _run_seeds(arguments)
    if arguments.config is None:
        raise UsageError("expected a supervisord.conf, or --seeds A:B")
    from sim.cli import configuration  # the whole daemon, which seeds do without

    return configuration.run(arguments)


def _run_seeds(arguments: argparse.Namespace) -> int:
    from sim.campaign import campaign
    from sim.judges import the_register
    from sim.report.junit import junit

    wanted, stage, model, oracle = arguments.seeds, arguments.stage, arguments.model is not False, arguments.oracle
    profile = arguments.profile or ("plain" if stage or oracle else ALL)
    if profile in APART[1:] and (stage == "core" or arguments.model or oracle):
        raise UsageError(f"--profile {profile} goes with --stage daemon, and with neither --model nor --oracle")
    if profile == ALL and stage is not None:
        raise UsageError("--profile all plays by all stages, and takes no --stage")
    if arguments.dask and oracle:
        raise UsageError("--oracle is for this machine alone: the nodes of a cluster need not have supervisor")
    stage = stage or ("daemon" if profile in APART else "core")
    folder = Folder(arguments.save)
    cases: list[Case] = []
    told: list[Result] = []

    def heard(seeds: range, result: Result) -> None:
        cases.append(case(f"{stage} {profile} {seeds.start}:{seeds.stop}", result))
        if result.failures and not told:
            told.append(result)
            for failure in result.failures[:FIRST]:
                print(f"{name(profile, failure.seed)}: {failure.reasons[0]}", file=sys.stderr, flush=True)

    with bar(len(wanted), "scenarios") as progress:
        if arguments.dask:
            from sim import scale  # it starts a client of a cluster

            result = scale.campaign(arguments.dask, wanted.start, wanted.stop, profile, stage, model, progress)
            heard(wanted, result)
        else:
            result = campaign(
                wanted.start, wanted.stop, profile, stage, arguments.jobs, model, progress, oracle, heard
            )
    _show(arguments, profile, stage, result, folder)
    register = the_register() if oracle and arguments.html else None
    pages.write_campaign(arguments, [(profile, result)], lambda seed: name(profile, seed), register)
    if arguments.junit:
        write(arguments.junit, junit("run", cases))
    print(result.summary())
    return 0 if result.clean else 1


def _show(arguments: argparse.Namespace, profile: str, stage: str, result: Result, folder: Folder) -> None:
    from sim.cli.failures import show

    for kind, alike in _by_stage(profile, stage, result.failures).items():
        options = argparse.Namespace(**{**vars(arguments), "stage": kind or "daemon"})
        judge = judged(options) if kind else None
        show(alike, lambda seed: name(profile, seed), judge, replay_words(options), folder)


def name(profile: str, seed: int) -> str:
    """What a seed is called; where it is one of everything, with what it is."""
    if profile != ALL:
        return f"profile {profile} seed {seed}"
    from sim.mixture import origin

    place = origin(seed)
    return f"profile all seed {seed}, {place.stage} {place.profile} {place.seed}"


def _by_stage(profile: str, stage: str, failures: Sequence[Failure]) -> dict[str, list[Failure]]:
    """The failures by the stage that plays their scenarios; "" for what are no scenarios."""
    found: dict[str, list[Failure]] = {}
    for failure in failures:
        kind = "" if profile in APART else stage
        if profile == ALL:
            from sim.mixture import origin

            place = origin(failure.seed)
            kind = "" if place.profile in APART else place.stage
        found.setdefault(kind, []).append(failure)
    return found


def case(name: str, result: Result) -> Case:
    """What came of some seeds, for the file that CI reads."""
    counters = ("passed", "failed", "unknown", "entries", "digest")
    told = tuple(f"seed {each.seed}: {reason}" for each in result.failures for reason in each.reasons)
    if not result.clean and not told:
        told = (f"{result.failed} failed, {result.unknown} unknown",)
    return Case(name, result.seconds, tuple((each, getattr(result, each)) for each in counters), told, not result.failed)
