"""Two stories of one scenario, one of them from a machine where everything takes its time: are they the same?

The order of what happens to one program is the same exactly; times are so within a tolerance; between programs nothing is
ordered. Whether the order is the daemon's doing at all, and not a race between two things that come nearly at once, is
asked beforehand: `steady` plays the scenario again and again with everything a little late, which may not change any order.
"""

from __future__ import annotations

from random import Random

from sim.scenario import Kind, Life, Op, Scenario
from sim.trace import line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.scenario import Program
    from sim.trace import Entry, Trace

    Play = Callable[..., Trace]
    """Called with a scenario, and with `late=` as `sim.stage.core.play` has it."""

TOLERANCE_NS = 150_000_000
"""How late anything may be. An idle machine of today is late by 1 to 5 ms, and by 50 for a daemon's first call (it loads its
HTTP server); what takes longer than 150 ms is a machine with something else to do, and such a play does not count."""
DRIFT_NS = 30_000_000
"""And so much more after each fork of a program: its reap, and the next fork, come later by what the one before was late."""
LATEST_NS = 300_000_000
"""However late a machine was, no more than this excuses."""
LOADED_NS = 60_000_000
"""A play in which somebody was kept waiting for longer than this, and that differs, is given again."""
EARLY_NS = 20_000_000
"""A child knows when it was forked to half a tick of proc(5), and the daemon takes a moment to note it."""
FORK_LATE_NS = 50_000_000
"""How much later a fork may come: the daemon has others to fork, and its turn to begin with."""
TRIES = 24
STEPS_NS = 50_000_000
"""What has to move moves in steps of this."""
MOVES = 120
HORIZON_NS = 1_500_000_000
"""So long after the last thing that happens a scenario is still watched."""


def difference(ours: Trace, theirs: Trace, until_ns: int, late_ns: int = 0) -> str:
    """What is first found to differ in the story of Linux, `theirs`, up to that time; empty if they agree.

    By `late_ns`, measured on the machine, times may differ besides.
    """
    slack_ns = TOLERANCE_NS + min(late_ns, LATEST_NS)
    for program in sorted({entry[1] for entry in (*ours, *theirs)}):
        mine = [entry for entry in ours if entry[1] == program]
        other = [entry for entry in theirs if entry[1] == program]
        found = _first(mine, other, until_ns, slack_ns) or _answers(mine, other, slack_ns)
        if found:
            return found
    return ""


def _first(mine: Trace, other: Trace, until_ns: int, slack_ns: int) -> str:
    mine, other = _without_answers(mine), _without_answers(other)
    for at in range(max(len(mine), len(other))):
        one = mine[at] if at < len(mine) else None
        two = other[at] if at < len(other) else None
        if one is None or two is None:
            lone = one or two
            assert lone is not None
            if lone[0] + slack_ns >= until_ns:
                return ""  # the end cuts each story off where it stands
            return _differs(one, two)
        if one[1:] != two[1:]:
            return _differs(one, two)
        if abs(one[0] - two[0]) > slack_ns:
            return (
                f"{_differs(one, two)}\n  which is {(two[0] - one[0]) / 1e6:+.0f} ms off; {slack_ns / 1e6:.0f} may be"
            )
        slack_ns += DRIFT_NS * (one[2] == "spawn")
    return ""


def _answers(mine: Trace, other: Trace, slack_ns: int) -> str:
    """Answers stand beside the story: a client gets to see them when there is time for it."""
    theirs = {entry[3].split()[0]: entry for entry in other if entry[2] == "answer"}
    for entry in mine:
        if entry[2] != "answer":
            continue
        found = theirs.get(entry[3].split()[0])
        if found is None or found[3] != entry[3] or abs(found[0] - entry[0]) > slack_ns:
            return _differs(entry, found)
    return ""


def _without_answers(story: Trace) -> Trace:
    return [entry for entry in story if entry[2] != "answer"]


def _differs(one: Entry | None, two: Entry | None) -> str:
    said = ["nothing more" if entry is None else line(entry).strip() for entry in (one, two)]
    return f"simulated: {said[0]}\n  Linux:     {said[1]}"


def order(trace: Trace) -> dict[str, list[tuple[str, str]]]:
    """What happens to each program, without the times."""
    told: dict[str, list[tuple[str, str]]] = {}
    for _, program, what, detail in trace:
        if what != "answer":
            told.setdefault(program, []).append((what, detail))
    return told


def steady(scenario: Scenario, play: Play, tries: int = TRIES) -> str:
    """Why nobody can say what the order will be on a machine that takes its time; empty if that changes nothing."""
    told = play(scenario)
    wanted = order(told)
    early = _struck_early(scenario, told)
    if early:
        return early
    rng = Random(len(told))
    for _ in range(tries):
        late = _late(scenario, rng)
        found = order(play(late, late=lambda program, attempt: int(rng.random() * FORK_LATE_NS)))
        if not all(_begin_alike(wanted.get(name, []), found.get(name, [])) for name in wanted.keys() | found.keys()):
            return f"{TOLERANCE_NS // 1_000_000} ms decide what happens"
    return ""


def _begin_alike(one: list[tuple[str, str]], two: list[tuple[str, str]]) -> bool:
    """Whether the end of the scenario alone makes a difference: who restarts again and again has come less far by then."""
    return one[: len(two)] == two[: len(one)]


def _struck_early(scenario: Scenario, told: Trace) -> str:
    """Whom a signal may reach before it is up and has said what it does on one; who would just die of it does so anyway."""
    forks: dict[str, list[int]] = {name: [] for name, _ in scenario.programs()}
    struck = [(op.time_ns, op.target) for op in scenario.ops if op.kind in (Kind.OUTSIDER, Kind.SIGNAL)]
    for time_ns, program, what, _ in told:
        if what == "spawn":
            forks[program].append(time_ns)
        elif what == "signal":
            struck.append((time_ns, program))
    for name, spec in scenario.programs():
        for life, forked_ns in enumerate(forks[name], 1):
            if not spec.behaviour and _dies_by_default(spec.life(life)):
                continue
            for time_ns, whom in struck:
                if whom == name and abs(time_ns - forked_ns) < TOLERANCE_NS:
                    return f"{name} may not be up when it gets a signal at {time_ns / 1e9:.3f} s"
    return ""


def _dies_by_default(life: Life) -> bool:
    return life.stop_ns == 0 and life.stop_status is None


def _late(scenario: Scenario, rng: Random) -> Scenario:
    """The scenario with everything from outside later by up to the tolerance: operations, and the ends of lives (or early)."""
    ops, last_ns = [], 0
    for op in scenario.ops:
        last_ns = max(last_ns, op.time_ns + _delay(rng))
        ops.append(op.replace(time_ns=last_ns))
    return _with_lives(scenario, lambda life: _late_life(life, rng), 12).replace(ops=tuple(ops))


def _late_life(life: Life, rng: Random) -> Life:
    ends_ns = None if life.ends_ns is None else max(0, life.ends_ns + (_delay(rng) or -EARLY_NS))
    return life.replace(ends_ns=ends_ns, stop_ns=None if life.stop_ns is None else life.stop_ns + _delay(rng))


def _delay(rng: Random) -> int:
    return (0, TOLERANCE_NS, int(rng.random() * TOLERANCE_NS))[int(rng.random() * 3)]


def _with_lives(scenario: Scenario, change: Callable[[Life], Life], count: int = 0) -> Scenario:
    def program(each: Program) -> Program:
        lives = (*each.lives, *[each.lives[-1]] * (count - len(each.lives)))
        return each.replace(lives=tuple([change(life) for life in lives]))

    groups = [group.replace(programs=tuple(map(program, group.programs))) for group in scenario.groups]
    return scenario.replace(groups=tuple(groups))


def spread(scenario: Scenario, play: Play) -> tuple[Scenario, str]:
    """The scenario with its operations and lives moved apart until it is steady, and over when nothing happens any more.

    Where no move helps it ends earlier: lateness adds up from life to life. With the reason why it is still not steady, if so.
    The same for the same scenario.
    """
    rng, moved, why = Random(0), scenario, ""
    for move in range(MOVES):
        why = steady(moved, play)
        if not why:
            break
        until_ns = scenario.until_ns * min(4, 6 - move * 6 // MOVES) // 4
        moved = _moved(scenario, rng, 1 + move % 6)
        moved = moved.replace(ops=tuple([op for op in moved.ops if op.time_ns < until_ns]), until_ns=until_ns)
    ends = [entry[0] for entry in play(moved)] + [op.time_ns for op in moved.ops]
    return moved.replace(until_ns=min(moved.until_ns, max(ends, default=0) + HORIZON_NS)), why


def _moved(scenario: Scenario, rng: Random, far: int) -> Scenario:
    """Operations somewhat later, and lives somewhat longer."""
    ops: list[Op] = []
    last_ns = 0
    for op in scenario.ops:
        last_ns = max(last_ns, op.time_ns) + int(rng.random() * 12 * far) * STEPS_NS
        ops.append(op.replace(time_ns=last_ns))

    def longer(life: Life) -> Life:
        ends_ns = None if life.ends_ns is None else life.ends_ns + int(rng.random() * 12) * STEPS_NS
        return life.replace(ends_ns=ends_ns, stop_ns=life.stop_ns and life.stop_ns + int(rng.random() * 8) * STEPS_NS)

    return _with_lives(scenario, longer).replace(ops=tuple(ops))
