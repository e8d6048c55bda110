"""`initd-sim diff`: one scenario, or many drawn cases, against supervisor 4.3.0 itself."""

from __future__ import annotations

import argparse
from collections import Counter

from sim.broadcasting import PROFILES as BROADCASTS
from sim.cli import pages
from sim.cli.broadcasts import compared
from sim.cli.files import Folder, broadcast_of, scenario_of, write
from sim.cli.options import STAGES, UsageError, add_junit, count, seeds
from sim.cli.progress import bar
from sim.closing import closing
from sim.generate import PROFILES
from sim.report.junit import Case

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.cli.options import Judged
    from sim.comparison import Comparison
    from sim.scenario import Scenario
    from sim.trace import Trace


ALIKE = "broadcasts"
"""All profiles of broadcasts, which are compared in another way than scenarios."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.description = (
        "Compare our story with supervisor's: of a scenario in a file, or of N drawn cases. Differences that "
        "are meant (docs/deliberate-differences.md) are counted; any other fails."
    )
    parser.add_argument("file", nargs="?", help="a scenario as JSON")
    parser.add_argument("--cases", type=count, metavar="N", help="compare so many cases: of each seed one of every profile")
    parser.add_argument("--seeds", type=seeds, metavar="A:B", help="take the seeds A to below B, from the first on (all)")
    parser.add_argument("--profile", choices=sorted([*PROFILES, *BROADCASTS, ALIKE]), help="cases of this kind alone")
    parser.add_argument("--jobs", type=count, default=1, metavar="N", help="processes (1)")
    parser.add_argument("--all-hit", action="store_true", help="a difference on the register that no case shows fails")
    parser.add_argument("--save", metavar="DIRECTORY", help="write what does not pass there (.initd-sim)")
    parser.add_argument("--stage", choices=STAGES, default="core", help="the core alone, or the whole daemon (core)")
    add_junit(parser)
    pages.add_html(parser)


def act(arguments: argparse.Namespace) -> int:
    """Compare; the exit status."""
    drawn = arguments.cases is not None or arguments.seeds is not None
    if drawn == (arguments.file is not None):
        raise UsageError("expected a scenario file, or --cases N or --seeds A:B")
    if drawn:
        return _cases(arguments)
    broadcast = broadcast_of(arguments.file)
    return _one(arguments) if broadcast is None else compared(broadcast)


def _one(arguments: argparse.Namespace) -> int:
    from sim.judges import stage_of, the_register
    from sim.report import timeline

    scenario = scenario_of(arguments.file)
    register = the_register()
    trace = stage_of(arguments.stage)(scenario)
    try:
        finding = register.compare(scenario, trace)
    except ValueError as error:  # supervisor refuses what we do not
        raise UsageError(f"supervisor 4.3.0 does not play {arguments.file}: {error}") from None
    print("\n".join(timeline(scenario, trace)))
    pages.write_scenario(arguments, scenario, trace, (), register)
    for name, times in Counter(finding.met).items():
        row = next(row for row in register.rows if row.predicate == name)
        print(f"meant to differ, {times} time{'s' * (times > 1)}: {row.id} {row.reason}")
    if finding.unexplained is None:
        print("supervisor 4.3.0 tells the same story" + (", but for that" if finding.met else ""))
        return 0
    from sim.oracle.differential import describe

    print(f"FAILED {describe(finding.unexplained)}")
    return 1


def _cases(arguments: argparse.Namespace) -> int:
    from sim.cli.failures import show
    from sim.comparison import case_of, compare

    broadcasts = arguments.profile in (*BROADCASTS, ALIKE)
    profiles = tuple(BROADCASTS) if arguments.profile == ALIKE else (arguments.profile,) if arguments.profile else tuple(PROFILES)
    wanted = _numbers(arguments, len(profiles))
    cases: list[Case] = []

    def heard(piece: range, result: Comparison) -> None:
        told = tuple(f"case {each.seed}: {reason}" for each in result.failures for reason in each.reasons)
        counters = (("passed", result.passed), ("failed", result.failed), ("unknown", result.unknown), *result.hits)
        cases.append(Case(f"cases {piece.start}:{piece.stop}", result.seconds, counters, told, not result.failed))

    with bar(len(wanted), "cases") as progress:
        result = compare(wanted.start, wanted.stop, profiles, arguments.stage, arguments.jobs, progress, heard)

    def name(number: int) -> str:
        seed, profile = case_of(number, profiles)
        return f"profile {profile} seed {seed}"

    words = "" if arguments.stage == "core" else f" --stage {arguments.stage}"
    show(result.failures, name, None if broadcasts else _judged(arguments), words, Folder(arguments.save), "diff")
    unmet = _hits(result, broadcasts)
    if not broadcasts:
        _write_page(arguments, result, name)
    stale = unmet if arguments.all_hit else []
    for row in stale:
        print(f"FAILED {row}: no case shows it, so it is wrong by now or nothing drives it")
        cases.append(Case(f"register {row}", 0.0, (), (f"{row} is shown by no case",)))
    if arguments.junit:
        from sim.report.junit import junit

        write(arguments.junit, junit("diff", cases))
    failed = result.failed + len(stale)
    print(closing(result.passed, failed, result.unknown, result.seconds, "cases"))
    return 1 if failed or result.unknown else 0


def _write_page(arguments: argparse.Namespace, result: Comparison, name: Callable[[int], str]) -> None:
    """Write the page of the cases, if it is wanted."""
    if arguments.html:
        from sim.campaign import Result
        from sim.judges import the_register
        from sim.oracle.differential import rows

        found = Result(result.passed, result.failed, result.unknown, 0, "", result.failures, result.seconds)
        hits = dict(result.hits)
        told = {f"{row.id} {row.predicate}: {row.reason}": hits.get(row.predicate, 0) for row in rows()}
        pages.write_campaign(arguments, [("against supervisor 4.3.0", found)], name, the_register(), told)


def _numbers(arguments: argparse.Namespace, profiles: int) -> range:
    """The cases that are asked for."""
    first = arguments.seeds.start * profiles if arguments.seeds else 0
    most = len(arguments.seeds) * profiles if arguments.seeds else arguments.cases
    if arguments.cases and arguments.cases > most:
        raise UsageError(f"these seeds have {most} cases, which is less than {arguments.cases}")
    return range(first, first + (arguments.cases or most))


def _hits(result: Comparison, broadcasts: bool) -> list[str]:
    """Print how often each row of the register was met that such cases can show; those that never were."""
    from sim.oracle.differential import BROADCAST, SCENARIOS, rows

    hits, stale = dict(result.hits), []
    print("differences that are meant, and the cases that show them:")
    for row in rows(seen=(BROADCAST,) if broadcasts else SCENARIOS):
        print(f"  {row.id:<4} {row.predicate:<40} {hits.get(row.predicate, 0):>9,}")
        if not hits.get(row.predicate):
            stale.append(f"{row.id} {row.predicate}")
    return stale


def _judged(arguments: argparse.Namespace) -> Judged:
    """What compares a scenario once more: with the prompt supervisor, and where that finds nothing, with the one that polls."""
    from sim.comparison import differences, late_differences, undisturbed
    from sim.judges import stage_of, the_register

    play, register = stage_of(arguments.stage), the_register()

    def judged(scenario: Scenario) -> tuple[Trace, list[str]]:
        try:
            trace, reasons = differences(scenario, play, register)
            if not reasons and scenario == undisturbed(scenario):
                reasons = late_differences(scenario, play, register)
        except Exception as error:
            return [], [f"oracle unknown: {error!r}"]
        return trace, reasons

    return judged
