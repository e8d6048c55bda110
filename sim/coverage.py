"""Which cells of the state table a campaign reaches, and which edges with what cause (simulation.md §4.7).

After Coyote's definition: a pair is defined when `initd.supervise.table` names an action for it other than `impossible`, and
covered when the core did that action. Stories are those of the core stage, of every profile, with forks answered at once and
late or never; and, since no scenario has them, children in any order, news that come twice, and waiting calls.
"""

from __future__ import annotations

from collections import Counter
from html import escape
from pathlib import Path
from random import Random

from initd.record import Record
from initd.supervise import events
from initd.supervise.effects import Kill, Spawn
from initd.supervise.policy import SECOND, GroupPolicy, ProcessPolicy, Restart
from initd.supervise.rules import ACTIONS
from initd.supervise.supervisor import Supervisor
from initd.supervise.table import STATE_OF, TABLE, Phase, Trigger
from sim import sightings
from sim.generate import PROFILES, scenario
from sim.page import document
from sim.stage.core import CoreStage

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator
    from typing import Any

    Cell = tuple[Phase, Trigger]

IMPOSSIBLE = "impossible"
STYLE = ".heat td,.heat th{padding:.3em;border:1px solid var(--line)}.heat td{color:#111}"
"""The heat map is as pale in the dark as it is in the light."""
DELAYS_NS = (0, 0, 1, SECOND // 2, 3 * SECOND, None)
"""How long after its Spawn a fork is answered, where that is drawn."""
ODD_STEPS = 60


class Coverage(Record):
    """How often each cell was reached, and each edge from state to state with its cause."""

    cells: Counter[Cell]
    edges: Counter[tuple[str, str, str]]
    seeds: int

    def unreached(self) -> list[Cell]:
        """The defined pairs that were not covered, in the order of the table."""
        return [cell for cell, action in TABLE.items() if action != IMPOSSIBLE and not self.cells[cell]]

    def forbidden(self) -> list[Cell]:
        """The pairs declared impossible that happened."""
        return [cell for cell, action in TABLE.items() if action == IMPOSSIBLE and self.cells[cell]]


class _Watched:
    """While it is entered, every action that a core does is counted."""

    def __init__(self) -> None:
        self.cells: Counter[Cell] = Counter()
        self.edges: Counter[tuple[str, str, str]] = Counter()
        self._own = dict(ACTIONS)

    def __enter__(self) -> _Watched:
        for cell, action in self._own.items():
            ACTIONS[cell] = self._counting(cell, action)
        return self

    def __exit__(self, *_: object) -> None:
        ACTIONS.update(self._own)

    def _counting(self, cell: Cell, action: Callable[..., None]) -> Callable[..., None]:
        def counted(rules: Any, process: Any, event: Any) -> None:
            self.cells[cell] += 1
            before = len(rules.out)
            action(rules, process, event)
            for effect in rules.out[before:]:
                old = getattr(effect, "old", None)
                if old is not None:
                    self.edges[old.name, effect.new.name, cell[1].value] += 1

        return counted


def measure(seeds: int) -> Coverage:
    """What so many seeds of every profile reach."""
    with _Watched() as watched:
        for seed in range(seeds):
            for profile in PROFILES:
                played = scenario(seed, profile)
                CoreStage(played, None, None, 0).run()
                CoreStage(played, _lateness(Random(seed)), None, 0).run()
            for _ in _odd_orders(Random(seed)):
                pass
    return Coverage(watched.cells, watched.edges, seeds)


def _lateness(rng: Random) -> Callable[[str, int], int | None]:
    return lambda program, attempt: rng.choice(DELAYS_NS)


def _odd_orders(rng: Random) -> Iterator[events.Event]:
    """One core that hears of its children in any order, of some twice, and of some that nobody waits for any more."""
    core, now, pid = Supervisor(), 0, 100
    spawned: list[Spawn] = []
    killed: list[Kill] = []
    living: dict[int, int] = {}

    def told(event: events.Event) -> events.Event:
        for effect in core.handle(event, now):
            if isinstance(effect, Spawn):
                spawned.append(effect)
            elif isinstance(effect, Kill):
                killed.append(effect)
        return event

    policy = ProcessPolicy("a", startretries=rng.randrange(3), autorestart=rng.choice(list(Restart)), stopwaitsecs=1)
    yield told(events.GroupAdded(GroupPolicy("a", 1, (policy,))))
    yield told(events.Booted())
    for _ in range(ODD_STEPS):
        kind = rng.randrange(9)
        if kind == 0 and spawned:
            spawn, pid = rng.choice(spawned), pid + 1
            living[pid] = spawn.instance
            yield told(events.Spawned(spawn.instance, spawn.attempt, pid))
        elif kind == 1 and spawned:
            spawn = rng.choice(spawned)
            yield told(events.SpawnFailed(spawn.instance, spawn.attempt, "no"))
        elif kind == 2 and living:
            gone = rng.choice(sorted(living))
            yield told(events.Reaped(living.pop(gone), gone, rng.randrange(2), "gone"))
        elif kind == 3 and killed:
            kill = rng.choice(killed)
            yield told(events.Signalled(kill.instance, kill.pid, kill.signal, rng.choice((0, 1, 3)), "", kill.request))
        elif kind == 4:
            yield told(rng.choice((events.StartAsked, events.StopAsked))(1, rng.random() < 0.5, 1))
        elif kind == 5:
            yield told(events.SignalAsked(1, 1, 2))
        elif kind == 6 and rng.random() < 0.1:
            yield told(events.ShutdownAsked())
        else:
            now += rng.choice((0, 1, SECOND // 2, SECOND))
            yield told(events.TimePassed())


# -- the report -------------------------------------------------------------------------------------------------------


def command(arguments: argparse.Namespace) -> int:
    """`initd-sim cover`: the exit status is 1 where anything defined is unreached, or something impossible was met."""
    found, seen = measure(arguments.seeds), sightings.measure(arguments.sieges)
    print("\n".join([*text(found), *sightings.text(seen)]))
    if arguments.html:
        Path(arguments.html).write_text(html(found, sightings.html(seen)), encoding="utf-8")
    return 1 if found.unreached() or found.forbidden() or sightings.unseen(seen) else 0


def text(found: Coverage) -> list[str]:
    """Every edge with its causes, what is missing, and the counts."""
    lines = [f"{count:>10}  {old} -> {new} ({cause})" for (old, new, cause), count in sorted(found.edges.items())]
    lines += [
        f"UNREACHED {phase.value} x {trigger.value}: {TABLE[phase, trigger]}" for phase, trigger in found.unreached()
    ]
    lines += [f"FAILED {phase.value} x {trigger.value} is declared impossible" for phase, trigger in found.forbidden()]
    defined = sum(action != IMPOSSIBLE for action in TABLE.values())
    reached = defined - len(found.unreached())
    lines.append(
        f"{reached} of {defined} defined pairs reached, {len(found.edges)} edges with their causes, {found.seeds} seeds a profile"
    )
    return lines


def html(found: Coverage, more: str = "") -> str:
    """One page of its own: the table as a heat map, then the edges, then what else there is."""
    return document("Coverage", f'<div class="wide">{tables(found)}{more}</div>', STYLE)


def tables(found: Coverage) -> str:
    """The table of states and events as a heat map, then the edges, to be put on a page."""
    most = max(found.cells.values(), default=1)
    head = "".join(f"<th>{escape(trigger.value)}</th>" for trigger in Trigger)
    rows = []
    for phase in Phase:
        cells = "".join(_cell(TABLE[phase, trigger], found.cells[phase, trigger], most) for trigger in Trigger)
        rows.append(f"<tr><th>{escape(phase.value)} ({STATE_OF[phase].name})</th>{cells}</tr>")
    edges = "".join(
        f"<tr><td>{a}</td><td>{b}</td><td>{escape(c)}</td><td>{n}</td></tr>"
        for (a, b, c), n in sorted(found.edges.items())
    )
    return (
        f'<h2>State by event, {found.seeds} seeds of every profile</h2><table class="heat"><tr><th></th>{head}</tr>'
        f"{''.join(rows)}</table><h2>Edges and their causes</h2>"
        f"<table><tr><th>from</th><th>to</th><th>cause</th><th>times</th></tr>{edges}</table>"
    )


def _cell(action: str, count: int, most: int) -> str:
    if action == IMPOSSIBLE:
        colour = "#c00" if count else "#eee"
    else:
        colour = sightings.heat(count, most)
    return f'<td style="background:{colour}">{escape(action)}<br>{count}</td>'
