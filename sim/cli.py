"""The command `initd-sim`: what will this configuration do?

Exit status: 0, or 2 for a usage error or a configuration that cannot be used.
"""

from __future__ import annotations

import argparse
import os
import sys

from initd.config.load import render
from initd.errors import ConfigError
from initd.kernel.linux_files import LinuxFiles
from initd.states import ProcessState
from sim.children.behaviours import CATALOGUE, UNITS_S, Behaviour, BehaviourError, parse_assignment
from sim.kernel import SimFiles, SimKernel
from sim.simulation import Change, Simulation
from sim.world import furnish, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

SECOND_NS = 1_000_000_000


def main(argv: Sequence[str] | None = None) -> int:
    """Run `initd-sim`; returns the exit status."""
    arguments = _parser().parse_args(argv)
    try:
        return _run(arguments)
    except ConfigError as error:
        sys.stderr.write(render(error, "initd-sim"))
    except BehaviourError as error:
        sys.stderr.write(f"Error: {error}\nFor help, use initd-sim run -h\n")
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="initd-sim", description="Run initd on a simulated kernel and a virtual clock."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    examples = "\n".join(f"  {example}" for _, _, example in CATALOGUE)
    run = commands.add_parser(
        "run",
        help="run a configuration and print every state change",
        description="Run a configuration on a machine that has every directory, user and command it names.",
        epilog=f"behaviours (several with commas between them; what is not mentioned runs for ever):\n{examples}\n"
        "  flap 3 times after 0.2s then run",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.add_argument("config", help="a supervisord.conf")
    run.add_argument("--for", dest="duration", type=_duration, default="60s", help="virtual time to run (60s)")
    run.add_argument("--behaviour", action="append", default=[], metavar="'NAME: WHAT'", help="what a program does")
    run.add_argument("--log", action="store_true", help="print the daemon's own log at the end")
    return parser


def _duration(text: str) -> int:
    unit = text.lstrip("0123456789.")
    number = text[: len(text) - len(unit)]
    if unit not in UNITS_S or not number or number.count(".") > 1 or number == ".":
        raise argparse.ArgumentTypeError(f"expected a time such as 60s, 1.5m or 2h, found {text!r}")
    return round(float(number) * UNITS_S[unit] * SECOND_NS)


def _run(arguments: argparse.Namespace) -> int:
    behaviours: dict[str, Behaviour] = dict(map(parse_assignment, arguments.behaviour))
    cwd = os.getcwd()
    given, host, config = read(arguments.config, cwd)
    known = {name for group in config.groups for process in group.processes for name in (process.name, group.name)}
    known |= {f"{group.name}:{process.name}" for group in config.groups for process in group.processes} | {"*"}
    for name in behaviours:
        if name not in known:
            raise BehaviourError(
                f"no program {name!r} in {arguments.config}: it has {', '.join(sorted(known - {'*'}))}"
            )
    for group in config.groups:
        if group.name in behaviours:
            for process in group.processes:
                behaviours.setdefault(f"{group.name}:{process.name}", behaviours[group.name])
    files = SimFiles()
    path = os.path.join(cwd, config.path)
    furnish(files, config, {path: LinuxFiles().read_file(path)})
    width = max((len(name) for name in known), default=1)
    print(f"{'time':>10}  {'program':<{width}}  change")
    simulation = Simulation(
        SimKernel(programs=behaviours, files=files), config, given, host, lambda change: print(line(change, width))
    )
    simulation.run(arguments.duration)
    if simulation.failure is not None:
        raise simulation.failure
    _summary(simulation, width)
    if arguments.log:
        print(f"\n{simulation.main_log()}", end="")
    return 0


def line(change: Change, width: int) -> str:
    """One state change as one line: the virtual time in seconds, the program, from where to where, and why."""
    what = change.change
    text = f"{change.time_ns / SECOND_NS:>10.3f}  {change.name:<{width}}  {what.old.name} -> {what.new.name}"
    if what.new is ProcessState.BACKOFF or (what.new is ProcessState.STARTING and what.tries):
        text += f"  tries {what.tries}"
    elif what.new is ProcessState.EXITED:
        text += "  expected" if what.expected else "  not expected"
    if what.pid:
        text += f"  pid {what.pid}"
    return text


def _summary(simulation: Simulation, width: int) -> None:
    starts: dict[str, int] = {}
    for change in simulation.changes:
        if change.change.new is ProcessState.STARTING:
            starts[change.name] = starts.get(change.name, 0) + 1
    print(f"\n{'program':<{width}}  state     starts")
    for name, state in simulation.states().items():
        print(f"{name:<{width}}  {state.name:<9} {starts.get(name, 0)}")


if __name__ == "__main__":
    raise SystemExit(main())
