"""The command `initd-sim`: what will this configuration do, and does what must hold hold in many scenarios?

Exit status: 0; 1 where a scenario did not pass; 2 for a usage error or a configuration that cannot be used.
"""

from __future__ import annotations

import argparse
import os
import sys

from initd.config.load import render
from initd.errors import ConfigError, InitdError
from initd.kernel.linux_files import LinuxFiles
from initd.kernel.transcript import is_recording
from initd.states import ProcessState
from sim import coverage, outlook, outlook_html
from sim.campaign import NEMESIS, STAGES, campaign, check, reference_model, stage_of, the_register
from sim.children.behaviours import CATALOGUE, UNITS_S, Behaviour, BehaviourError, parse_assignment
from sim.children.conditions import FORMS
from sim.generate import PROFILES
from sim.kernel import SimFiles, SimKernel
from sim.replay import replay_recording
from sim.report import timeline
from sim.scenario import Scenario, from_json, to_json
from sim.shrink import shrink
from sim.simulation import Change, Simulation
from sim.world import furnish, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from sim.trace import Trace

SECOND_NS = 1_000_000_000


def main(argv: Sequence[str] | None = None) -> int:
    """Run `initd-sim`; returns the exit status."""
    arguments = _parser().parse_args(argv)
    try:
        if arguments.command == "replay":
            return _replay(arguments)
        if arguments.command == "shrink":
            return _shrink(arguments)
        if arguments.command == "mutants":
            return _mutants(arguments)
        if arguments.command == "cover":
            return coverage.command(arguments)
        return _run(arguments) if arguments.seeds is None else _run_seeds(arguments)
    except ConfigError as error:
        sys.stderr.write(render(error, "initd-sim"))
    except InitdError as error:
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
        help="run a configuration and print every state change, or a range of seeds and judge every story",
        description="Run a configuration on a machine that has every directory, user and command it names; or, with --seeds, "
        "play the scenarios of these seeds and judge their stories.",
        epilog=f"behaviours (several with commas between them; what is not mentioned runs for ever):\n{examples}\n"
        f"  flap 3 times after 0.2s then run\ndepending on time and on others:\n{FORMS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.add_argument("config", nargs="?", help="a supervisord.conf")
    run.add_argument("--for", dest="duration", type=_duration, default="60s", help="virtual time to run (60s)")
    run.add_argument("--behaviour", action="append", default=[], metavar="'NAME: WHAT'", help="what a program does")
    run.add_argument("--log", action="store_true", help="print the daemon's own log at the end")
    run.add_argument("--seeds", type=_seeds, metavar="A:B", help="play the scenarios A to below B")
    profiles = sorted([*PROFILES, NEMESIS])
    run.add_argument("--profile", choices=profiles, default="plain", help="what kind of scenarios (plain)")
    run.add_argument("--jobs", type=int, default=1, metavar="N", help="processes (1)")
    run.add_argument("--dask", metavar="ADDRESS", help="play the seeds on that dask.distributed cluster, tcp://…")
    run.add_argument("--stage", choices=STAGES, default="core", help="the core alone, or the whole daemon (core)")
    run.add_argument("--model", action="store_true", help="compare every story with the reference model's as well")
    run.add_argument("--oracle", action="store_true", help="compare every story with supervisor 4.3.0's as well")
    run.add_argument("--save", metavar="DIRECTORY", help="write the scenarios that do not pass there")
    outlook.add_arguments(run)
    replay = commands.add_parser("replay", help="play one scenario file, or what `initd --record` wrote, and print its story")
    replay.add_argument("file", help="a scenario as JSON, or a recording")
    replay.add_argument("--model", action="store_true", help="compare the story with the reference model's as well")
    replay.add_argument("--stage", choices=STAGES, default="core", help="the core alone, or the whole daemon (core)")
    replay.add_argument("--oracle", action="store_true", help="compare the story with supervisor 4.3.0's as well")
    smaller = commands.add_parser("shrink", help="make a scenario that fails as small as it can be, and print it as JSON")
    smaller.add_argument("file", help="a scenario as JSON")
    smaller.add_argument("--stage", choices=STAGES, default="core", help="the core alone, or the whole daemon (core)")
    smaller.add_argument("--model", action="store_true", help="what differs from the reference model fails")
    smaller.add_argument("--oracle", action="store_true", help="what differs from supervisor 4.3.0 fails")
    _add_mutants(commands)
    cover = commands.add_parser(
        "cover", help="which cells of the state table stories reach, and which edges with what cause"
    )
    cover.add_argument("--seeds", type=int, default=1000, metavar="N", help="so many of each profile (1000)")
    cover.add_argument("--html", metavar="FILE", help="write the heat map there")
    return parser


def _add_mutants(commands: Any) -> None:
    mutants = commands.add_parser(
        "mutants",
        help="make deliberate mistakes in initd, each in memory only, and see whether the checks notice",
        description="Run in a checkout: mistakes are made in ./initd and noticed by ./sim and ./tests. Without --operators "
        "they are the named ones of sim/mutants.toml, each of which its killer must notice.",
    )
    mutants.add_argument("--jobs", type=int, default=2, metavar="N", help="processes (2)")
    mutants.add_argument("--only", type=int, nargs="+", metavar="NUMBER", help="these named ones alone")
    mutants.add_argument("--operators", type=int, metavar="COUNT", help="so many mistakes made by rule instead")
    mutants.add_argument("--seed", type=int, default=0, help="which ones, with --operators (0)")
    mutants.add_argument(
        "--package", action="append", metavar="DIRECTORY", help="where, with --operators (initd/supervise ...)"
    )


def _mutants(arguments: argparse.Namespace) -> int:
    from sim import mutants, operators  # they need pytest, which only development has

    return operators.command(arguments) if arguments.operators else mutants.command(arguments)


def _seeds(text: str) -> range:
    first, colon, last = text.partition(":")
    if not colon or not first.isdigit() or not last.isdigit() or int(first) >= int(last):
        raise argparse.ArgumentTypeError(f"expected A:B with A below B, e.g. 0:1000; found {text!r}")
    return range(int(first), int(last))


def _duration(text: str) -> int:
    unit = text.lstrip("0123456789.")
    number = text[: len(text) - len(unit)]
    if unit not in UNITS_S or not number or number.count(".") > 1 or number == ".":
        raise argparse.ArgumentTypeError(f"expected a time such as 60s, 1.5m or 2h, found {text!r}")
    return round(float(number) * UNITS_S[unit] * SECOND_NS)


def _run_seeds(arguments: argparse.Namespace) -> int:
    seeds, profile, stage = arguments.seeds, arguments.profile, arguments.stage

    def progress(done: int) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{done} of {len(seeds)}" if done < len(seeds) else "\r" + " " * 40 + "\r")

    if profile == NEMESIS and (stage != "daemon" or arguments.model or arguments.oracle):
        raise InitdError("--profile nemesis goes with --stage daemon, and with neither --model nor --oracle")
    if arguments.dask and arguments.oracle:
        raise InitdError("--oracle is for this machine alone: the nodes of a cluster need not have supervisor")
    if arguments.dask:
        from sim import scale  # it starts a client of a cluster

        result = scale.campaign(arguments.dask, seeds.start, seeds.stop, profile, stage, arguments.model, progress)
    else:
        result = campaign(seeds.start, seeds.stop, profile, stage, arguments.jobs, arguments.model, progress, arguments.oracle)
    for failure in result.failures:
        verdict = "UNKNOWN" if failure.unknown else "FAILED"
        print(f"{verdict} profile {profile} seed {failure.seed}")
        for reason in failure.reasons:
            print(f"    {reason}")
        if arguments.save:
            path = os.path.join(arguments.save, f"{profile}-{failure.seed}.json")
            with open(path, "w", encoding="utf-8") as file:
                file.write(failure.scenario)
            print(f"    replay: initd-sim replay {path} --stage {stage}")
    print(result.summary())
    return 0 if result.clean else 1


def _scenario(path: str) -> Scenario:
    """The scenario of a file; InitdError that says what is wrong with it."""
    try:
        with open(path, encoding="utf-8") as file:
            return from_json(file.read())
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InitdError(f"no scenario in {path}: {error}") from None


def _is_siege(path: str) -> bool:
    with open(path, encoding="utf-8", errors="replace") as file:
        return '"siege"' in file.read(200)


def _judged(arguments: argparse.Namespace) -> Callable[[Scenario], tuple[Trace, list[str]]]:
    """What plays and judges a scenario as the options say."""
    tell = reference_model() if arguments.model else None
    register = the_register() if arguments.oracle else None
    play = stage_of(arguments.stage)
    return lambda scenario: check(scenario, play, tell, True, register)[:2]


def _shrink(arguments: argparse.Namespace) -> int:
    judged = _judged(arguments)
    scenario = _scenario(arguments.file)

    def verdict(candidate: Scenario) -> str:
        """Who says that it fails: the first two words of the reason, a checker's name and fail or unknown."""
        reasons = judged(candidate)[1]
        return " ".join(reasons[0].split()[:2]) if reasons else ""

    before = verdict(scenario)
    if not before:
        sys.stderr.write(f"Error: nothing fails in {arguments.file}\n")
        return 2
    sys.stdout.write(to_json(shrink(scenario, lambda candidate: verdict(candidate) == before)))
    return 0


def _replay(arguments: argparse.Namespace) -> int:
    try:
        recorded = is_recording(arguments.file)
    except OSError as error:
        raise InitdError(f"no scenario in {arguments.file}: {error}") from None
    if recorded:
        return replay_recording(arguments.file)
    if _is_siege(arguments.file):
        from sim.stage import sieges

        return sieges.replay(arguments.file)
    scenario = _scenario(arguments.file)
    trace, reasons = _judged(arguments)(scenario)
    print("\n".join(timeline(scenario, trace)))
    for reason in reasons:
        print(f"FAILED {reason}")
    return 1 if reasons else 0


def _run(arguments: argparse.Namespace) -> int:
    if arguments.config is None:
        sys.stderr.write("Error: expected a supervisord.conf, or --seeds A:B\nFor help, use initd-sim run -h\n")
        return 2
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


if __name__ == "__main__":
    raise SystemExit(main())
