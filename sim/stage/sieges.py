"""Sieges one after the other: the verdict on a seed, what is left of a siege that fails when it is shrunk, and as a file."""

from __future__ import annotations

import json

from sim.nemesis import EVERY
from sim.nemesis.clocks import CLOCKS
from sim.stage.siege import Result, Siege, play

HARMLESS = frozenset(name for name, kind in EVERY.items() if kind.harmless)
BY_THE_CLOCK = frozenset(kind.name for kind in CLOCKS)
"""Those that listeners may well notice: their ticks are the wall clock's."""
LOGS_FAIL = {"enospc", "log_rename_fail"}
"""Those that make logs fail, and nothing else."""
ALONE = 4
"""Of one seed in so many, what must not matter is tried alone, too."""


def check(siege: Siege, alone: bool, twice: bool = False) -> tuple[Result, str]:
    """What came of a siege, and its file, shrunk where it fails. With `twice`, a second play must be the same."""
    result = verdict(siege, alone)
    if twice and play(siege).history != result.history:
        result = result.replace(broken=(*result.broken, "M1 fail: a second play is another one"))
    return result, to_json(shrink(siege) if result.broken else siege)


def verdict(siege: Siege, alone: bool) -> Result:
    """Play a siege; and with `alone`, what must not matter, which may change nothing (P1, P2, P11, L3)."""
    result = play(siege)
    harmless = [name for name in siege.nemeses if name in HARMLESS and not (siege.listeners and name in BY_THE_CLOCK)]
    if alone and harmless:
        with_them, without = (play(siege.replace(nemeses=tuple(names))).history for names in (harmless, ()))
        if with_them != without:
            at = next((pair for pair in zip(with_them, without) if pair[0] != pair[1]), (with_them[-1:], without[-1:]))
            law = "L3" if set(harmless) <= LOGS_FAIL else "O4"
            result = result.replace(broken=(*result.broken, f"{law} fail: {harmless} change what happens: {at}"))
    return result


def shrink(siege: Siege) -> Siege:
    """The same siege without the nemeses and programs it goes on failing without."""
    laws = _laws(siege)

    def fails(candidate: Siege) -> bool:
        return bool(_laws(candidate) & laws)

    for name in siege.nemeses:
        less = siege.replace(nemeses=tuple(each for each in siege.nemeses if each != name))
        siege = less if laws and fails(less) else siege
    for program in siege.programs:
        less = siege.replace(programs=tuple(each for each in siege.programs if each != program))
        siege = less if less.programs and laws and fails(less) else siege
    for listener in siege.listeners:
        less = siege.replace(listeners=tuple(each for each in siege.listeners if each != listener))
        siege = less if less.listeners and laws and fails(less) else siege
    return siege


def _laws(siege: Siege) -> set[str]:
    return {line.split()[0] for line in verdict(siege, True).broken}


def to_json(siege: Siege) -> str:
    """A siege as a file."""
    said = {"siege": siege.seed, "pid": siege.pid, "programs": siege.programs, "nemeses": siege.nemeses}
    return json.dumps({**said, "listeners": siege.listeners} if siege.listeners else said, indent=1)


def from_json(text: str) -> Siege:
    """The siege of a file; KeyError for one that is none."""
    said = json.loads(text)
    listeners = tuple(map(tuple, said.get("listeners", ())))
    return Siege(said["siege"], said["pid"], tuple(map(tuple, said["programs"])), tuple(said["nemeses"]), listeners)
