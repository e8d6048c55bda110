"""Scenarios and sieges that once showed a fault, as files that are played first: what is in a folder, and what may come into it.

A file holds one of them, as small as it could be made, under a name that says what went wrong. None is there twice.
"""

from __future__ import annotations

import re
from pathlib import Path

from initd.record import Record
from sim.judges import check, reference_model, stage_of, the_register
from sim.scenario import Scenario, to_json
from sim.shrink import shrink
from sim.trace import first_difference, line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from sim.stage.siege import Siege


class Kept(Record):
    """A file of the corpus."""

    path: Path
    case: Scenario | Siege

    def size(self) -> str:
        """How much there is in it."""
        if isinstance(self.case, Scenario):
            return f"{len(self.case.programs())} programs, {len(self.case.ops)} ops, {self.case.until_ns / 1e9:g} s"
        return f"{len(self.case.programs)} programs, {', '.join(self.case.nemeses)}"


class Judge:
    """Everybody who can judge: invariants, model, a second play, both stages, and supervisor where it is installed."""

    def __init__(self, oracle: bool) -> None:
        self._register: Any = the_register() if oracle else None
        self._tell = reference_model()

    def reasons(self, case: Scenario | Siege) -> list[str]:
        """Why it does not pass; nothing if it does."""
        if not isinstance(case, Scenario):
            from sim.stage import sieges

            return list(sieges.verdict(case, True).broken)
        core, reasons, _ = check(case, stage_of("core"), self._tell, True, self._register)
        daemon, others, _ = check(case, stage_of("daemon"), None, True)
        reasons += [reason for reason in others if reason not in reasons]
        if (found := first_difference(core, daemon)) is not None:
            program, ours, theirs = found
            told = [line(entry).strip() if entry else "nothing" for entry in (ours, theirs)]
            reasons.append(f"stages fail for {program or 'the daemon'}: the core tells {told[0]!r}, the daemon {told[1]!r}")
        return reasons

    def smaller(self, case: Scenario | Siege, more: Callable[[], bool]) -> Scenario | Siege:
        """One that fails as this one does, which has to fail."""
        if not isinstance(case, Scenario):
            from sim.stage import sieges

            return sieges.shrink(case)
        kind = _kind(self.reasons(case))
        return shrink(case, lambda candidate: _kind(self.reasons(candidate)) == kind, more)


def _kind(reasons: list[str]) -> str:
    return reasons[0].partition(" ")[0] if reasons else ""


def text_of(case: Scenario | Siege) -> str:
    """It as a file."""
    if isinstance(case, Scenario):
        return to_json(case)
    from sim.stage import sieges

    return sieges.to_json(case)


def name_of(case: Scenario | Siege, reasons: list[str]) -> str:
    """What to call it: who noticed it, and what is done in it."""
    if isinstance(case, Scenario):
        kinds = [op.kind.value for op in case.ops]
        done = [kind for at, kind in enumerate(kinds) if kinds[at - 1 : at] != [kind]]
    else:
        done = list(case.nemeses)
    words = [_kind(reasons) or "passes", *(["when", *done[:6]] if done else ["alone"])]
    return re.sub("[^a-z0-9]+", "-", " ".join(words).lower()).strip("-")


def same(case: Scenario | Siege, kept: Iterable[Kept]) -> Path | None:
    """The file that holds the very same already, whatever its programs are called."""
    return next((each.path for each in kept if _nameless(each.case) == _nameless(case)), None)


def _nameless(case: Scenario | Siege) -> Scenario | Siege:
    """The same with programs and groups called by their places, as far as names have the same order."""
    if not isinstance(case, Scenario):
        return case
    groups, names = [], {}
    for at, group in enumerate(case.groups):
        programs = []
        for inner, program in enumerate(group.programs):
            names[f"{group.name}:{program.name}"] = f"{at}:{inner}"
            programs.append(program.replace(name=str(inner)))
        groups.append(group.replace(name=str(at), programs=tuple(programs)))
    ops = tuple(op.replace(target=names.get(op.target, op.target)) for op in case.ops)
    return case.replace(groups=tuple(groups), ops=ops)


def free_path(folder: Path, name: str) -> Path:
    """A file of that name, numbered where there is another one."""
    path, number = folder / f"{name}.json", 1
    while path.exists():
        number += 1
        path = folder / f"{name}-{number}.json"
    return path
