"""Scenarios out of a seed: `scenario(seed, profile)` is the same on every machine (simulation.md §4.7).

Small ones by preference. Only `random.Random(seed)` decides. Times are multiples of TICK_NS, but at boundaries, which are aimed
at to the nanosecond.
"""

from __future__ import annotations

from random import Random

from initd.record import quicken
from sim.scenario import SECOND_NS, TICK_NS, Group, Kind, Life, Op, Program, Scenario

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    Draw: TypeAlias = Callable[[], float]

SIGNALS = (15, 1, 2, 3, 10, 12)
"""What ends a process that does not catch it, and may be caught."""
KILL = 9
ERRNOS = (1, 3)
"""EPERM and ESRCH: how a kill can fail."""
REFUSALS = ("EAGAIN", "ENOMEM")
FOREVER = Life()
CALLS = (Kind.START, Kind.STOP, Kind.SIGNAL)
FAULTS = (Kind.OUTSIDER, Kind.REFUSE, Kind.WALL)


def scenario(seed: int, profile: str) -> Scenario:
    """The scenario of that number; KeyError for a profile that is none."""
    return PROFILES[profile](Random(seed))


class _Lot:
    """What one scenario may contain, drawn once for it."""

    __slots__ = ("kinds", "life_kinds", "rng")

    def __init__(self, rng: Random, kinds: Sequence[Kind], life_kinds: Sequence[Callable[[_Lot], Life]]) -> None:
        self.rng, self.kinds, self.life_kinds = rng, kinds, life_kinds

    def below(self, count: int) -> int:
        """0 to count - 1, evenly."""
        return int(self.rng.random() * count)

    def often(self, share: float) -> bool:
        """True that often."""
        return self.rng.random() < share

    def ticks(self, seconds: float) -> int:
        """A whole number of ticks within that many seconds."""
        return int(self.rng.random() * seconds * 512) * TICK_NS

    def life(self) -> Life:
        """One life."""
        return self.life_kinds[self.below(len(self.life_kinds))](self)


# lives
def _lasts(lot: _Lot) -> Life:
    return FOREVER


def _crashes(lot: _Lot) -> Life:
    return Life(lot.ticks(1.5) + TICK_NS, lot.below(3))


def _runs_a_while(lot: _Lot) -> Life:
    return Life(lot.ticks(8) + TICK_NS, lot.below(3))


def _dies_by_signal(lot: _Lot) -> Life:
    return Life(lot.ticks(4) + TICK_NS, -(KILL, 11, 15)[lot.below(3)])


def _is_slow_to_stop(lot: _Lot) -> Life:
    return Life(None, 0, lot.ticks(4), lot.below(3) if lot.often(0.5) else None)


def _does_not_stop(lot: _Lot) -> Life:
    return Life(None if lot.often(0.5) else lot.ticks(10) + TICK_NS, 0, None)


def _hardly_dies(lot: _Lot) -> Life:
    return Life(None, 0, None, None, lot.ticks(4) if lot.often(0.8) else 60 * SECOND_NS)


def _is_refused(lot: _Lot) -> Life:
    return Life(refused=REFUSALS[lot.below(2)])


def _is_gone_at_once(lot: _Lot) -> Life:
    return Life(lot.below(2), lot.below(2))


PLAIN_LIVES = (_lasts, _crashes, _crashes, _runs_a_while, _dies_by_signal, _is_slow_to_stop, _does_not_stop)
ALL_LIVES = (
    _lasts, _crashes, _runs_a_while, _dies_by_signal, _is_slow_to_stop, _does_not_stop, _hardly_dies, _is_refused,
    _is_gone_at_once,
)  # fmt: skip


# programs
def _lives(lot: _Lot) -> tuple[Life, ...]:
    first = lot.life()
    return (first,) if lot.often(0.5) else (first, lot.life()) if lot.often(0.6) else (first, lot.life(), lot.life())


def _program(lot: _Lot, name: str, priority: int = 999) -> Program:
    """Options near the least that makes a difference; each is as usual in most programs."""
    below, often = lot.below, lot.often
    stopasgroup = often(0.15)
    return Program(
        name,
        _lives(lot),
        priority,
        often(0.85),
        below(4) if often(0.7) else 1,
        below(4),
        ("unexpected", "true", "false")[below(3)],
        (0,) if often(0.7) else ((0, 2), (1,), ())[below(3)],
        15 if often(0.7) else SIGNALS[below(len(SIGNALS))],
        1 + below(4) if often(0.95) else below(2),
        stopasgroup,
        stopasgroup or often(0.15),
    )


def _op(lot: _Lot, time_ns: int, targets: Sequence[str]) -> Op:
    kind = lot.kinds[lot.below(len(lot.kinds))]
    if kind is Kind.SHUTDOWN:
        return Op(time_ns, kind, "", 0)
    if kind is Kind.WALL:
        return Op(time_ns, kind, "", (lot.ticks(7200) - 3600 * SECOND_NS) if lot.often(0.8) else TICK_NS)
    argument = 0
    if kind is Kind.SIGNAL or kind is Kind.OUTSIDER:
        argument = KILL if lot.often(0.4) else SIGNALS[lot.below(len(SIGNALS))]
    elif kind is Kind.REFUSE:
        argument = ERRNOS[0] if lot.often(0.7) else ERRNOS[1]
    return Op(time_ns, kind, targets[lot.below(len(targets))], argument)


def _ops(lot: _Lot, groups: Sequence[Group], count: int, seconds: float) -> tuple[Op, ...]:
    targets = _targets(groups)
    times = sorted([lot.ticks(seconds) for _ in range(count)])
    return tuple([_op(lot, time_ns, targets) for time_ns in times])


def _targets(groups: Sequence[Group]) -> list[str]:
    return [f"{group.name}:{program.name}" for group in groups for program in group.programs]


def _alone(lot: _Lot, count: int) -> tuple[Group, ...]:
    """That many programs, each a group of its own."""
    made = []
    for name in "abcd"[:count]:
        priority = 999 if lot.often(0.6) else lot.below(3)
        made.append(Group(name, (_program(lot, name, priority),), priority))
    return tuple(made)


# profiles
def _plain(rng: Random) -> Scenario:
    """Crashes, commands, now and then a shutdown; nothing goes wrong around the daemon."""
    lot = _Lot(rng, (*CALLS, Kind.START, Kind.STOP, Kind.SHUTDOWN), PLAIN_LIVES)
    groups = _alone(lot, 1 + lot.below(2))
    return Scenario(groups, _ops(lot, groups, lot.below(7), 25), 30 * SECOND_NS)


def _swarm(rng: Random) -> Scenario:
    """Each scenario has only some kinds of operations and lives, every set of them equally likely."""
    kinds = [kind for kind in Kind if rng.random() < 0.5] or [Kind.STOP]
    lives = [life for life in ALL_LIVES if rng.random() < 0.5] or [_lasts]
    lot = _Lot(rng, kinds, lives)
    groups = _alone(lot, 1 + lot.below(3))
    return Scenario(groups, _ops(lot, groups, 1 + lot.below(8), 25), 30 * SECOND_NS)


def _groups(rng: Random) -> Scenario:
    """Several groups of several programs with priorities, and mostly a shutdown."""
    lot = _Lot(rng, (Kind.STOP, Kind.START, Kind.OUTSIDER), PLAIN_LIVES)
    made = []
    for name in "gh" if lot.often(0.6) else "ghi":
        members = "pqr"[: 1 + lot.below(3)]
        made.append(Group(name, tuple([_program(lot, each, lot.below(3)) for each in members]), lot.below(3)))
    groups = tuple(made)
    ops = _ops(lot, groups, lot.below(4), 10)
    if lot.often(0.9):
        ops += (Op(lot.ticks(5) + (ops[-1].time_ns if ops else 0), Kind.SHUTDOWN),)
    return Scenario(groups, ops, 40 * SECOND_NS)


def _faults(rng: Random) -> Scenario:
    """Kills that fail, forks that are refused, children that hardly die or never lived, outsiders, wall clock steps."""
    kinds = (Kind.STOP, Kind.STOP, Kind.START, Kind.SIGNAL, Kind.SHUTDOWN, *FAULTS, Kind.REFUSE, Kind.OUTSIDER)
    lot = _Lot(rng, kinds, (_lasts, _crashes, _is_slow_to_stop, _hardly_dies, _is_refused, _is_gone_at_once))
    groups = _alone(lot, 1 + lot.below(2))
    return Scenario(groups, _ops(lot, groups, 2 + lot.below(7), 25), 40 * SECOND_NS)


def _boundary(rng: Random) -> Scenario:
    """Lives, operations and faults at an instant at which something falls due, or a nanosecond beside it.

    What falls due is reckoned from the options alone, as if everything before had gone by them; so the first few deadlines are
    hit nearly always, and several things come together at one instant.
    """
    lot = _Lot(rng, (*CALLS, Kind.STOP, *FAULTS, Kind.SHUTDOWN), (_lasts,))
    made, instants = [], [0]
    for name in "ab"[: 1 + lot.below(2)]:
        program = _program(lot, name, 999 if lot.often(0.7) else lot.below(3))
        lives, dues = _boundary_lives(lot, program)
        instants += dues
        made.append(Group(name, (program.replace(lives=lives),), program.priority))
    groups, targets = tuple(made), _targets(made)
    ops = []
    for _ in range(1 + lot.below(5)):
        time_ns = max(0, instants[lot.below(len(instants))] + _beside(lot))
        op = _op(lot, time_ns, targets)
        ops.append(op)
        if op.kind is Kind.STOP or op.kind is Kind.SHUTDOWN:
            instants += [time_ns + seconds * SECOND_NS for seconds in (1, 2, 3)]  # stopwaitsecs
        elif op.kind is Kind.START:
            instants += [time_ns + seconds * SECOND_NS + 1 for seconds in (1, 2, 3)]  # startsecs
    return Scenario(groups, tuple(sorted(ops, key=_time)), 30 * SECOND_NS)


def _boundary_lives(lot: _Lot, program: Program) -> tuple[tuple[Life, ...], list[int]]:
    """Lives that end at startsecs, give or take a nanosecond, and when the deadlines on their way are."""
    lives: list[Life] = []
    dues: list[int] = []
    now_ns, failures = 0, 0
    limit_ns = program.startsecs * SECOND_NS
    for _ in range(1 + lot.below(3)):
        dues.append(now_ns + limit_ns + 1)
        if lot.often(0.25):
            stop_ns = max(0, program.stopwaitsecs * SECOND_NS + _beside(lot)) if lot.often(0.7) else None
            kill_ns = 0 if lot.often(0.6) else max(0, max(1, program.stopwaitsecs) * SECOND_NS + _beside(lot))
            lives.append(Life(None, 0, stop_ns, None, kill_ns))
            break
        ends_ns = max(0, limit_ns + _beside(lot)) if lot.often(0.7) else lot.ticks(2)
        lives.append(Life(ends_ns, lot.below(3)))
        now_ns += ends_ns
        dues.append(now_ns)
        if ends_ns < limit_ns:
            failures += 1
            now_ns += failures * SECOND_NS + 1
            dues.append(now_ns)
        else:
            failures = 0
    return tuple(lives), dues


def _beside(lot: _Lot) -> int:
    return (0, 0, 1, -1, 2)[lot.below(5)]


def _time(op: Op) -> int:
    return op.time_ns


PROFILES: dict[str, Callable[[Random], Scenario]] = {
    "plain": _plain,
    "swarm": _swarm,
    "boundary": _boundary,
    "groups": _groups,
    "faults": _faults,
}
"""What kinds of scenarios there are."""

quicken(Life, Program, Group, Op, Scenario)
