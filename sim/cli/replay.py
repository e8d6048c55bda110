"""`initd-sim replay`: one scenario, siege or recording again, with its story."""

from __future__ import annotations

import argparse

from initd.kernel.transcript import is_recording
from sim.cli.files import case_of, scenario_of, siege_of
from sim.cli.options import UsageError, add_judges, judged
from sim.cli.pages import add_html, write_scenario, write_siege
from sim.invariants.meanings import meaning


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
        if arguments.html:
            raise UsageError(f"the page of a recording comes from: initd-sim judge {arguments.file} --html FILE")
        from sim.replay import replay_recording

        try:
            return replay_recording(arguments.file)
        except BrokenPipeError:
            raise
        except Exception as error:  # answers no kernel gives, so that even the daemon does not know what to do
            raise UsageError(f"{arguments.file} cannot be played, it says what no system says: {error!r}") from None
    case = case_of(arguments.file)
    if case is not None:
        from sim.stage import classics

        return classics.replay(case)
    siege = siege_of(arguments.file)
    if siege is not None:
        from sim.cli import sieges

        write_siege(arguments, siege)
        return sieges.replay(siege)
    return _scenario(arguments)


def _scenario(arguments: argparse.Namespace) -> int:
    from sim.judges import the_register
    from sim.report import timeline

    scenario = scenario_of(arguments.file)
    trace, reasons = judged(arguments)(scenario)
    print("\n".join(timeline(scenario, trace)))
    write_scenario(arguments, scenario, trace, reasons, the_register() if arguments.oracle and arguments.html else None)
    if not reasons:
        return 0
    from sim.cli.failures import beside
    from sim.report.screen import place

    for reason in reasons:
        print(f"FAILED {reason}")
        if sentence := meaning(reason):
            print(f"  must hold: {sentence}")
    where = place(reasons[0])
    print("\n".join(beside(scenario, trace, where.program, where.time_ns)))
    return 1
