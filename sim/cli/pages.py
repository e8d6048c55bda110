"""`--html FILE` of the commands: what was played as one self-contained page (`sim.page`)."""

from __future__ import annotations

import argparse

from sim.cli.options import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sim.accounts.account import Account
    from sim.campaign import Failure, Result
    from sim.judge import Verdict
    from sim.oracle.differential import Register
    from sim.scenario import Scenario
    from sim.stage.siege import Siege
    from sim.trace import Trace


COVERED = 100
"""So many seeds of every profile are played for the heat map of a campaign's page, which takes a second."""


def add_html(parser: argparse.ArgumentParser) -> None:
    """The option."""
    parser.add_argument("--html", metavar="FILE", help="write it as one self-contained page with lanes as well")


def write_scenario(
    arguments: argparse.Namespace, scenario: Scenario, trace: Trace, reasons: Sequence[str], register: Register | None = None
) -> None:
    """Write the page of a story, if it is wanted; beside it supervisor's with a register, the model's with `--model`."""
    if arguments.html:
        from sim import exhibit, page

        model = bool(getattr(arguments, "model", None))
        write(arguments.html, page.story(exhibit.of(scenario, trace, reasons, arguments.file, register, model)))


def write_siege(arguments: argparse.Namespace, siege: Siege) -> None:
    """Write the page of a siege, if it is wanted."""
    if arguments.html:
        from sim import exhibit, page

        write(arguments.html, page.story(exhibit.besieged(siege)))


def write_campaign(
    arguments: argparse.Namespace,
    results: Sequence[tuple[str, Result]],
    name: Callable[[int], str],
    register: Register | None = None,
    hits: Mapping[str, int] | None = None,
) -> None:
    """Write the page of a campaign, if it is wanted: every failure kept is played again for its lanes.

    `name` gives the title of a failure by its seed.
    """
    if arguments.html:
        from sim import coverage, exhibit, page
        from sim.judges import stage_of

        model = bool(getattr(arguments, "model", None))
        exhibits = [
            exhibit.of_failure(name(failure.seed), failure, stage_of(_stage(arguments, profile, failure)), register, model)
            for profile, result in results
            for failure in result.failures
        ]
        heat_map = coverage.tables(coverage.measure(COVERED))
        write(arguments.html, page.campaign(results, exhibits, hits, heat_map, coverage.STYLE))


def write_accounts(arguments: argparse.Namespace, told: Sequence[tuple[Account, Sequence[Verdict]]]) -> None:
    """Write the page of a real run, if it is wanted: a section a session."""
    if arguments.html:
        from sim import exhibit, page

        exhibits = []
        for account, found in told:
            findings = [each.finding for each in found if each.finding is not None]
            reasons = [f"{each.law} {each.outcome.value}: {each.text}" for each in found if each.outcome.value != "pass"]
            exhibits.append(exhibit.of(account.scenario, account.trace, reasons, account.title, findings=findings))
        write(arguments.html, page.stories(arguments.file, exhibits))


def _stage(arguments: argparse.Namespace, profile: str, failure: Failure) -> str:
    if profile == "all":
        from sim.mixture import origin

        return origin(failure.seed).stage
    return str(arguments.stage or "core")


def write(path: str, text: str) -> None:
    """Write a page; UsageError where that cannot be."""
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"could not write the page: {error}") from None
