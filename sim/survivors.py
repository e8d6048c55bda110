"""The campaign of mistakes by rule: results that are kept, how many must be noticed, and the list of those that need not be.

`survivors.toml` names each mutant that may survive by its file, its place in it and what it changes, with the reason why
nobody can or need notice. An entry whose mutant is not there any more, or is noticed after all, is stale and fails.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import time
import tomllib
from pathlib import Path

from initd.record import Record
from sim import operators
from sim.mutants import Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from sim.mutants import Mutant

REGISTER = Path(__file__).with_name("survivors.toml")
LEAST_SHARE = 0.95
"""So many of all mutants of a campaign must be noticed, the explained ones not excepted."""


class Survivor(Record):
    """One that may survive, and why; `change` is `sim.operators.Change.key`."""

    file: str
    change: str
    reason: str


def command(arguments: argparse.Namespace) -> int:
    """`initd-sim mutants --operators`."""
    try:
        return _campaign(arguments)
    except operators.Unsound as error:
        print(error)
        return 1


def _campaign(arguments: argparse.Namespace) -> int:
    root, began = Path.cwd(), time.perf_counter()
    packages = arguments.package or list(operators.PACKAGES)
    drawn = operators.sample(root, packages, arguments.operators, arguments.seed)
    kept = Results(Path(arguments.results)) if arguments.results else None
    keep, register = kept.keep if kept else lambda verdict: None, load()
    told = [verdict for mutant in drawn if (verdict := kept and kept.noticed(mutant))]
    over = {verdict.mutant.number for verdict in told}
    told += operators.run([mutant for mutant in drawn if mutant.number not in over], root, arguments.jobs, keep)
    # A check that ran out of time has noticed nothing: who is listed has to be noticed twice.
    listed = {(entry.file, entry.change) for entry in register}
    doubtful = [verdict.mutant for verdict in told if not verdict.reason and _key(verdict.mutant) in listed]
    again = {verdict.mutant.number: verdict for verdict in operators.run(doubtful, root, 1, keep)} if doubtful else {}
    told = [again.get(verdict.mutant.number, verdict) for verdict in told]
    lines, fine = judge(told, register, arguments.operators is None)
    print("\n".join(lines))
    print(f"{len(told)} mutants in {time.perf_counter() - began:.2f}s, {len(over)} of them tried before")
    return 0 if fine else 1


def load(path: Path = REGISTER) -> list[Survivor]:
    """The list as written."""
    return [Survivor(**entry) for entry in tomllib.loads(path.read_text()).get("survivor", [])]


class Results:
    """A file with a line for each mutant that was tried, so that a campaign goes on where it was."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._noticed: dict[str, float] = {}
        if path.exists():
            for line in path.read_text().splitlines():
                entry = json.loads(line)
                if not entry["reason"]:
                    self._noticed[entry["digest"]] = entry["seconds"]

    def noticed(self, mutant: Mutant) -> Verdict | None:
        """What was written of it, if the same change of the same text was noticed; who survived is to be tried again."""
        seconds = self._noticed.get(_digest(mutant))
        return None if seconds is None else Verdict(mutant, "", seconds)

    def keep(self, verdict: Verdict) -> None:
        """Write one down."""
        entry = {"mutant": verdict.mutant.name, "digest": _digest(verdict.mutant), "reason": verdict.reason}
        with self._path.open("a") as file:
            file.write(json.dumps(entry | {"seconds": round(verdict.seconds, 2)}) + "\n")


def judge(verdicts: Sequence[Verdict], register: Sequence[Survivor], complete: bool) -> tuple[list[str], bool]:
    """What is to be printed, and whether that will do; only a complete campaign tells which entries are stale."""
    explained = {(entry.file, entry.change): entry.reason for entry in register}
    lines, missed, known = [], 0, set()
    for verdict in verdicts:
        if not verdict.reason:
            continue
        if _key(verdict.mutant) in explained:
            known.add(_key(verdict.mutant))
            continue
        missed += 1
        lines += [f"SURVIVED {verdict.mutant.name}", *_difference(verdict.mutant)]
    files = {verdict.mutant.file for verdict in verdicts}
    stale = [each for each in explained if complete and each[0] in files and each not in known]
    lines += [f"STALE {file} {change}: it is noticed, or not there" for file, change in stale]
    survived = missed + len(known)
    share = 1 - survived / max(len(verdicts), 1)
    lines.append(
        f"{len(verdicts) - survived} passed, {missed} failed, {len(known)} explained: {100 * share:.2f} % were noticed"
    )
    return lines, bool(verdicts) and not missed and not stale and share >= LEAST_SHARE


def _key(mutant: Mutant) -> tuple[str, str]:
    return mutant.file, mutant.name.partition(" ")[2]


def _difference(mutant: Mutant) -> list[str]:
    lines = difflib.unified_diff(mutant.old.splitlines(), mutant.new.splitlines(), lineterm="", n=0)
    return [f"    {line}" for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def _digest(mutant: Mutant) -> str:
    return hashlib.sha256(f"{mutant.file}\n{mutant.new}".encode()).hexdigest()[:24]
