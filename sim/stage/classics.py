"""The six bugs that real supervisord has, as many small runs each: a daemon with one of them fails here, by its name.

(deliberate-differences.md D1 to D3, D6, D8, D9; simulation.md §2). A case is a function of its name and seed alone. What must
hold at every step of it is `sim.stage.site`'s; whatever is broken is told with the name of the bug first.
"""

from __future__ import annotations

import json

from initd.record import Record
from sim.invariants.catalogue import named
from sim.stage.traps import BUGS, history

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.stage.traps import History


class Case(Record):
    """One run: which bug it is about, and its seed."""

    bug: str
    seed: int


class Played(Record):
    """What came of a case: what was broken, and the states of all programs over time."""

    broken: tuple[str, ...]
    history: History


def case_of(seed: int) -> Case:
    """The case of that number; the bugs take turns."""
    return Case(list(BUGS)[seed % len(BUGS)], seed // len(BUGS))


def play(case: Case) -> Played:
    """Play a case."""
    bug = BUGS[case.bug]
    site = bug(case.seed).play()
    site.finish()
    told = (f"{case.bug}: {line}" if line.split()[0] in bug.laws else named(line) for line in site.broken)
    return Played(tuple(told), history(site))


def check(seed: int, twice: bool = False) -> tuple[Played, str]:
    """What came of a seed, and its case as a file. With `twice`, a second play must be the same."""
    case = case_of(seed)
    played = play(case)
    if twice and play(case).history != played.history:
        played = played.replace(broken=(*played.broken, "M1 fail: a second play is another one"))
    return played, to_json(case)


def replay(case: Case) -> int:
    """Play a case again and print what happened; 1 where something was broken."""
    played = play(case)
    for time_ns, name, state in played.history:
        print(f"{time_ns / 1e9:>14.9f}  {name:<8} {state}")
    for line in played.broken:
        print(f"FAILED {line}")
    return 1 if played.broken else 0


def to_json(case: Case) -> str:
    """A case as a file."""
    return json.dumps({"bug": case.bug, "seed": case.seed}, indent=1) + "\n"


def from_json(text: str) -> Case:
    """The case of a file; ValueError or KeyError for one that is none."""
    said = json.loads(text)
    if said["bug"] not in BUGS or type(said["seed"]) is not int:
        raise ValueError(f"expected one of {', '.join(BUGS)} and a number, found {said['bug']!r} and {said['seed']!r}")
    return Case(said["bug"], said["seed"])
