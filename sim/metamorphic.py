"""Relations between two stories (O4, M2 and M3 of simulation.md §4.4, §4.5): what may be changed without changing what happens.

A relation plays a scenario that was changed in such a way, or plays it in another way, and must be told the very same story, but
for what the change says. Stories are compared program by program, as everywhere (`sim.trace`).
"""

from __future__ import annotations

from random import Random

from initd.supervise.events import TimePassed
from sim.scenario import SECOND_NS, Group, Kind, Life, Op, Program
from sim.stage import core
from sim.stage.core import CoreStage
from sim.trace import first_difference, line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from sim.scenario import Scenario
    from sim.trace import Entry, Trace

    Play = Callable[[Scenario], Trace]
    Change = Callable[[Scenario, Trace, "Stage", Random], tuple[Trace, Trace]]
    """From a scenario and its story to two stories that must be the same."""
    Relation = Callable[[Scenario, Trace], str | None]

PREFIX = "x-"
BYSTANDER = "zz-bystander"
LAST_PRIORITY = 1_000_000
NUDGES = 30
NOISE_BYTES = 150_000


class Stage:
    """The ways in which a stage can play a scenario."""

    def play(self, scenario: Scenario) -> Trace:
        """As usual."""
        raise NotImplementedError

    def begun(self, scenario: Scenario, begin_ns: int) -> Trace:
        """With the monotonic clock at that time when it begins; times are by that clock."""
        raise NotImplementedError

    def nudged(self, scenario: Scenario, times_ns: Sequence[int]) -> Trace:
        """With a wake-up for nothing at each of these times."""
        raise NotImplementedError


class _Core(Stage):
    def play(self, scenario: Scenario) -> Trace:
        return core.play(scenario)

    def begun(self, scenario: Scenario, begin_ns: int) -> Trace:
        stage = CoreStage(_later(scenario, begin_ns), None, None, 0)
        stage.now = begin_ns
        stage.run()
        return stage.trace

    def nudged(self, scenario: Scenario, times_ns: Sequence[int]) -> Trace:
        stage = _Nudged(scenario, None, None, 0)
        stage.times_ns = times_ns
        stage.run()
        return stage.trace


class _Nudged(CoreStage):
    """Wakes up for nothing, wherever it is at rest and before the next thing happens."""

    times_ns: Sequence[int] = ()

    def _settle(self) -> int | None:
        next_ns = super()._settle()
        self._handle(TimePassed())
        ahead = [op.time_ns for op in self._scenario.ops if op.time_ns > self.now]
        until_ns = min([self._scenario.until_ns, *ahead[:1], *([] if next_ns is None else [next_ns])])
        now_ns = self.now
        for time_ns in self.times_ns:
            if now_ns < time_ns < until_ns and not self.over:
                self.now = time_ns
                self._handle(TimePassed())
        self.now = now_ns
        return next_ns


class _Daemon(Stage):
    def play(self, scenario: Scenario) -> Trace:
        return self._run(scenario)

    def begun(self, scenario: Scenario, begin_ns: int) -> Trace:
        def begin(stage: Any) -> None:
            stage.kernel.clock.now = stage.kernel.clock.moment = begin_ns

        return self._run(_later(scenario, begin_ns).replace(until_ns=scenario.until_ns), begin)

    def nudged(self, scenario: Scenario, times_ns: Sequence[int]) -> Trace:
        def nudge(stage: Any) -> None:
            for time_ns in times_ns:
                stage.kernel.at(time_ns, stage.kernel.nudge)

        return self._run(scenario, nudge)

    def noisy(self, scenario: Scenario, rng: Random) -> Trace:
        """With children that write, each when it is born, to logs that rotate."""

        def loud(stage: Any) -> None:
            script = stage.kernel.programs
            stage.kernel.programs = lambda *child: [["write", "out", rng.randrange(NOISE_BYTES)], *script(*child)]

        return self._run(scenario, loud, log="stdout_logfile=/var/log/%(program_name)s\nstdout_logfile_maxbytes=20000")

    @staticmethod
    def _run(scenario: Scenario, prepare: Callable[[Any], None] = lambda stage: None, log: str = "") -> Trace:
        from sim.stage.daemon import NO_LOG, DaemonStage  # it needs everything the daemon does

        stage = DaemonStage(scenario, log=log or NO_LOG)
        prepare(stage)
        stage.run()
        return stage.trace


def _later(scenario: Scenario, by_ns: int) -> Scenario:
    ops = tuple([op.replace(time_ns=op.time_ns + by_ns) for op in scenario.ops])
    return scenario.replace(ops=ops, until_ns=scenario.until_ns + by_ns)


# -- relations ------------------------------------------------------------------------------------------------------------


def wall_steps(scenario: Scenario, trace: Trace, stage: Stage, rng: Random) -> tuple[Trace, Trace]:
    """The wall clock is set at other times, and by other amounts."""
    ops = [(at, op.replace(argument=_hours(rng)) if op.kind is Kind.WALL else op) for at, op in enumerate(scenario.ops)]
    for _ in range(3):
        time_ns = rng.choice([entry[0] for entry in trace] or [0]) + rng.choice((-1, 0, 1))
        ops.append((-1, Op(max(0, time_ns), Kind.WALL, "", _hours(rng))))
    ops.sort(key=lambda each: each[1].time_ns)  # behind what is asked for at the same instant
    told = stage.play(scenario.replace(ops=tuple([op for _, op in ops])))
    return [_renumbered(entry, [at for at, _ in ops]) for entry in told], trace


def _hours(rng: Random) -> int:
    return rng.randrange(-3600, 3600) * SECOND_NS


def _renumbered(entry: Entry, numbers: Sequence[int]) -> Entry:
    if entry[2] != "answer":
        return entry
    at, _, answer = entry[3].partition(" ")
    return (*entry[:3], f"{numbers[int(at)]} {answer}")


def shifted(scenario: Scenario, trace: Trace, stage: Stage, rng: Random) -> tuple[Trace, Trace]:
    """Everything happens some time later: the monotonic clock has an origin that means nothing."""
    by_ns = rng.randrange(1, 10**15)
    if any(op.kind is Kind.SHUTDOWN and not op.time_ns for op in scenario.ops):
        return trace, trace  # what is asked for at 0 comes after the boot, which is at 0 whatever the clock says
    return [(entry[0] - by_ns, *entry[1:]) for entry in stage.begun(scenario, by_ns)], trace


def renamed(scenario: Scenario, trace: Trace, stage: Stage, rng: Random) -> tuple[Trace, Trace]:
    """Programs have other names, in the same order, and their sections stand in another one."""
    groups = [
        Group(
            PREFIX + group.name, tuple(each.replace(name=PREFIX + each.name) for each in group.programs), group.priority
        )
        for group in scenario.groups
    ]
    rng.shuffle(groups)
    ops = tuple([op.replace(target=_prefixed(op.target)) for op in scenario.ops])
    told = stage.play(scenario.replace(groups=tuple(groups), ops=ops))
    return told, [(time_ns, _prefixed(program), what, detail) for time_ns, program, what, detail in trace]


def _prefixed(name: str) -> str:
    return ":".join(PREFIX + part for part in name.split(":")) if name else ""


def bystander(scenario: Scenario, trace: Trace, stage: Stage, rng: Random) -> tuple[Trace, Trace]:
    """There is one program more, which never fails and is nobody's business."""
    program = Program(BYSTANDER, priority=LAST_PRIORITY, startsecs=rng.randrange(4))
    if any(op.kind is Kind.SHUTDOWN for op in scenario.ops):  # who has to be stopped first is somebody's business
        program = program.replace(lives=(Life(0),), startsecs=0, autorestart="false")
    group = Group(BYSTANDER, (program,), LAST_PRIORITY)
    told = stage.play(scenario.replace(groups=(*scenario.groups, group)))
    return [entry for entry in told if entry[1] != f"{BYSTANDER}:{BYSTANDER}"], trace


def split_polls(scenario: Scenario, trace: Trace, stage: Stage, rng: Random) -> tuple[Trace, Trace]:
    """Wake-ups for nothing, at instants at which something happens, a nanosecond beside them, and half way between."""
    instants = sorted({0, *[entry[0] for entry in trace], scenario.until_ns})
    times = {max(0, each + beside) for each in instants for beside in (-1, 0, 1)}
    times |= {(one + two) // 2 for one, two in zip(instants, instants[1:])}
    return stage.nudged(scenario, sorted(rng.sample(sorted(times), min(NUDGES, len(times))))), trace


def log_volume(scenario: Scenario, trace: Trace, stage: Stage, rng: Random) -> tuple[Trace, Trace]:
    """Programs write a lot when they start, or nothing: their states are the same."""
    assert isinstance(stage, _Daemon), "the core has no logs"
    return stage.noisy(scenario, rng), trace


def restored(scenario: Scenario, trace: Trace, stage: Stage, rng: Random) -> tuple[Trace, Trace]:
    """The core is replaced by one restored from its snapshot, again and again (M3)."""
    return core.play(scenario, restore_every=rng.randrange(1, 6)), trace


def replayed(scenario: Scenario, trace: Trace, stage: Stage, rng: Random) -> tuple[Trace, Trace]:
    """Who is reaped first at one instant is drawn, then taken from the list of what was drawn (M2)."""
    drawn: list[int] = []

    def draw(count: int) -> int:
        drawn.append(rng.randrange(count))
        return drawn[-1]

    first = core.play(scenario, choose=draw)
    replay = iter(drawn)
    return core.play(scenario, choose=lambda count: next(replay)), first


LAWS: dict[Change, str] = {restored: "M3", replayed: "M2"}
"""What is no metamorphic relation but one of the meta invariants; the rest is O4."""
BOTH = (wall_steps, shifted, renamed, bystander, split_polls)
RELATIONS: dict[str, tuple[Change, ...]] = {"core": (*BOTH, restored, replayed), "daemon": (*BOTH, log_volume)}
"""What is tried on each stage."""
STAGES: dict[str, Stage] = {"core": _Core(), "daemon": _Daemon()}


def broken(change: Change, scenario: Scenario, trace: Trace, stage: str, seed: int) -> str | None:
    """What is wrong with that relation, as a reason of a failure; None for nothing."""
    told, wanted = change(scenario, trace, STAGES[stage], Random(seed))
    found = first_difference(told, wanted)
    if found is None:
        return None
    program, ours, theirs = found
    said, other = ("nothing" if each is None else line(each).strip() for each in (ours, theirs))
    what = (change.__doc__ or "").split("\n")[0]
    return f"{LAWS.get(change, 'O4')} fail for {program or 'the daemon'} ({change.__name__}: {what}) {said!r}, not {other!r}"


def relation(number: int, stage: str) -> Relation:
    """The relations of a stage take turns; drawing goes by that number."""
    changes = RELATIONS[stage]
    change = changes[number % len(changes)]
    return lambda scenario, trace: broken(change, scenario, trace, stage, number)
