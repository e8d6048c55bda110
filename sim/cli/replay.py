"""`initd-sim replay`: one scenario, siege or recording again, with its story."""

from __future__ import annotations

import argparse

from initd.kernel.transcript import is_recording
from sim.cli.files import is_siege, scenario_of
from sim.cli.options import UsageError, add_judges, judged
from sim.cli.pages import add_html, write_scenario, write_siege


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("file", help="a scenario as JSON, a siege, or a recording")
    add_judges(parser)
    add_html(parser)


def act(arguments: argparse.Namespace) -> int:
    """Play it; the exit status."""
    try:
        recorded = is_recording(arguments.file)
    except OSError as error:
        raise UsageError(f"no scenario in {arguments.file}: {error}") from None
    if recorded:
        from sim.replay import replay_recording

        return replay_recording(arguments.file)
    if is_siege(arguments.file):
        from sim.stage import sieges

        write_siege(arguments)
        return sieges.replay(arguments.file)
    from sim.report import timeline

    scenario = scenario_of(arguments.file)
    trace, reasons = judged(arguments)(scenario)
    print("\n".join(timeline(scenario, trace)))
    write_scenario(arguments, scenario, trace, reasons, arguments.file)
    for reason in reasons:
        print(f"FAILED {reason}")
    return 1 if reasons else 0
