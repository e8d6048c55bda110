"""`initd-sim run CONFIG`: every state change of the user's own configuration, and how it stands at the end."""

from __future__ import annotations

import os

from initd.kernel.linux_files import LinuxFiles
from initd.states import ProcessState
from sim import outlook, outlook_html
from sim.children.behaviours import Behaviour, BehaviourError, parse_assignment
from sim.kernel import SimFiles, SimKernel
from sim.simulation import Change, Simulation
from sim.world import furnish, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

SECOND_NS = 1_000_000_000


def run(arguments: argparse.Namespace) -> int:
    """Run it for as long as was asked, with an outlook where one is wanted; the exit status."""
    if outlook.wanted(arguments):
        return outlook.report(arguments, line, outlook_html.page)
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
