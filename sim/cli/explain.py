"""`initd-sim explain`: what happens in a scenario and why, program by program, and what supervisor would do."""

from __future__ import annotations

import argparse

from sim.cli.files import scenario_of
from sim.cli.options import UsageError, judged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.scenario import Scenario
    from sim.trace import Trace


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.epilog = "§ is a section of the specification of supervisord 4.3, D one of docs/deliberate-differences.md."
    parser.add_argument("file", help="a scenario as JSON")
    parser.set_defaults(stage="core", model=None, oracle=False)


def act(arguments: argparse.Namespace) -> int:
    """Explain it; the exit status, 1 where something in it does not hold."""
    from sim.explanation import explain
    from sim.invariants.meanings import meaning
    from sim.report.program import described

    scenario = scenario_of(arguments.file)
    if any(program.behaviour for _, program in scenario.programs()):
        raise UsageError(f"{arguments.file} has behaviours, which take a kernel: initd-sim replay --stage daemon plays it")
    trace, steps = explain(scenario)
    for at, op in enumerate(scenario.ops):
        what = " ".join(filter(None, (op.kind.value, op.target, str(op.argument or ""))))
        print(f"{'done, in order:' if not at else '':<16}#{at} {op.time_ns / 1e9:.9f} {what}")
    for name, program in scenario.programs():
        print(f"\n{described(name, program)}")
        own = [step for step in steps if step.program == name]
        width = max([len(step.what) for step in own], default=0)
        for step in own:
            demanded = f"   [{step.demanded}]" if step.demanded else ""
            print(f"{step.time_ns / 1e9:>14.9f}  {step.what:<{width}}  {step.cause}{demanded}")
        if not own:
            print(f"{'':>14}  nothing happens to it: autostart={str(program.autostart).lower()}, and nobody starts it")
    if trace and trace[-1][2] == "exit":
        print(f"\nthe daemon ends at {trace[-1][0] / 1e9:.9f} with status {trace[-1][3]}   [R7, §2.8]")
    print(f"\n{supervisors(scenario, trace)}")
    reasons = judged(arguments)(scenario)[1]
    for reason in reasons:
        print(f"FAILED {reason}\n  must hold: {meaning(reason)}")
    return 1 if reasons else 0


def supervisors(scenario: Scenario, trace: Trace) -> str:
    """What supervisor does in the same scenario, and where that is something else for the first time."""
    from sim.cli.failures import beside

    lines = beside(scenario, trace, "", None)
    try:
        from sim.oracle.play import play
    except ImportError:
        return "\n".join(lines)
    from sim.trace import first_difference, line

    found = first_difference(trace, play(scenario))
    if found is not None:
        _, ours, theirs = found
        lines += [f"  initd            {line(ours).strip() if ours else 'nothing'}"]
        lines += [f"  supervisor 4.3.0 {line(theirs).strip() if theirs else 'nothing'}"]
    return "\n".join(lines)
