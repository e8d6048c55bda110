"""Our story against supervisor's own: equal, or different by a divergence that is on the register, or a bug of ours.

The register is `sim/divergences.toml`, which mirrors docs/deliberate-differences.md as far as stories can show it.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

from initd.record import Record
from sim.oracle import divergences
from sim.oracle.lateness import ROWS as LATENESS
from sim.oracle.lateness import compare_late
from sim.oracle.mends import CHECKS_RELOADS, MENDS
from sim.oracle.partings import Explained, Parting, unexplained
from sim.oracle.play import play
from sim.scenario import Kind, Scenario
from sim.trace import by_program, line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.oracle.lateness import Lateness
    from sim.oracle.partings import Judge
    from sim.trace import Entry, Trace

REGISTER = Path(__file__).parent.parent / "divergences.toml"
PROMPT, LAGGING, BROADCAST = "prompt", "lagging", "broadcast"
"""What a row is met by: the comparison at level L1, that at level L2, or that of broadcasts (`sim.oracle.mending`)."""
SCENARIOS = (PROMPT, LAGGING)
WALL_STEP = "steps_with_the_wall_clock"
"""The one row that is judged by playing again, without what the row says has no effect here (D3)."""


class Divergence(Record):
    """A row of the register: its id in the documents, why it is so, the name of what recognises it, and our side's test."""

    id: str
    reason: str
    predicate: str
    test: str
    seen: str = PROMPT


class Finding(Record):
    """What came of one comparison: the rows that were met, by predicate, and the parting nobody meant.

    `partings` says where each was met; not so for the one of WALL_STEP, which is met by a play as a whole.
    """

    met: tuple[str, ...] = ()
    unexplained: Parting | None = None
    partings: tuple[tuple[str, Parting], ...] = ()


class Register:
    """The rows, and how often each was met."""

    def __init__(self, rows: Sequence[Divergence]) -> None:
        self.rows = rows
        self.hits: Counter[str] = Counter()
        self._judges: list[tuple[str, Judge]] = [
            (row.predicate, getattr(divergences, row.predicate))
            for row in rows
            if row.seen == PROMPT and row.predicate != WALL_STEP
        ]

    def compare(self, scenario: Scenario, ours: Trace) -> Finding:
        """Our story of a scenario against that of the prompt supervisor, at level L1: equal to the nanosecond."""
        told = play(scenario)
        if by_program(told) == by_program(ours):
            return Finding()
        finding = self._judge(scenario, ours, told)
        if any(op.kind is Kind.WALL for op in scenario.ops):
            unmoved = play(_without_wall_steps(scenario))
            if by_program(unmoved) != by_program(told):
                finding = self._judge(scenario, ours, unmoved)
                finding = finding.replace(met=(WALL_STEP, *finding.met))
        self.hits.update(finding.met)
        return finding

    def _judge(self, scenario: Scenario, ours: Trace, told: Trace) -> Finding:
        mine, theirs = by_program(ours), by_program(told)
        met: list[tuple[str, Parting]] = []
        parted: list[int] = []
        left: list[Parting] = []

        def explain(parting: Parting) -> Explained | None:
            for name, judge in self._judges:
                if (verdict := judge(parting)) is not None:
                    met.append((name, parting))
                    if verdict is Explained.REST:
                        parted.append(parting.time_ns)
                    return verdict
            return None

        for program in sorted(mine.keys() | theirs.keys()):
            parting = unexplained(scenario, program, mine.get(program, []), theirs.get(program, []), told, explain)
            if parting is not None:
                left.append(parting)
        left = [parting for parting in left if not _follows(parting, parted)]
        nobody_meant = min(left, key=lambda each: each.time_ns, default=None)
        return Finding(tuple([name for name, _ in met]), nobody_meant, tuple(met))

    def compare_late(self, scenario: Scenario, ours: Trace) -> Lateness:
        """Our story against that of the supervisor with its own poll, at level L2."""
        found = compare_late(scenario, ours)
        self.hits.update(found.met)
        return found

    def stale(self, seen: str | None = None) -> list[str]:
        """The rows no comparison has met, of one kind or of all: each is wrong by now, or nothing drives it."""
        rows = [row for row in self.rows if seen is None or row.seen == seen]
        return [f"{row.id} {row.predicate}" for row in rows if not self.hits[row.predicate]]


def _follows(parting: Parting, parted: list[int]) -> bool:
    """Whether it may follow from another program's: in a shutdown each group waits for the one before, and the exit for all."""
    shutdown_ns = divergences.shutdown_ns(parting.scenario)
    return shutdown_ns is not None and bool(parted) and parting.time_ns >= max(shutdown_ns, min(parted))


def _without_wall_steps(scenario: Scenario) -> Scenario:
    """The same with every step of the wall clock by nothing, which keeps the numbers of the other ops."""
    return scenario.replace(ops=tuple(op.replace(argument=0) if op.kind is Kind.WALL else op for op in scenario.ops))


def rows(path: Path = REGISTER, seen: Sequence[str] = SCENARIOS) -> list[Divergence]:
    """The register as written, less what is seen otherwise; ValueError if it names a predicate there is none of."""
    found = [Divergence(**row) for row in tomllib.loads(path.read_text())["divergence"]]
    found = [row for row in found if row.seen in seen]
    for row in found:
        if row.seen == BROADCAST:
            known = row.predicate in MENDS or row.predicate == CHECKS_RELOADS
        else:
            known = row.predicate in LATENESS if row.seen == LAGGING else hasattr(divergences, row.predicate)
        if not known and row.predicate != WALL_STEP:
            raise ValueError(f"{path}: {row.id} names {row.predicate}, which is no predicate")
    return found


def describe(parting: Parting) -> str:
    """A difference on one screen: what both tell, then what each tells."""

    def told(entries: Sequence[Entry]) -> list[str]:
        return [f"    {line(entry)}" for entry in entries] or ["    nothing"]

    return "\n".join(
        [
            f"the stories of {parting.program or 'the daemon'} part at {parting.time_ns / 1e9:.9f}",
            *["  both:", *told(parting.before[-6:])],
            *["  initd:", *told(parting.ours[:4])],
            *["  supervisor 4.3.0:", *told(parting.theirs[:4])],
        ]
    )
