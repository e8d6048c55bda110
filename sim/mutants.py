"""Deliberate mistakes, and whether the one check that is said to notice each does: how much the checks are worth.

`mutants.toml` holds them (simulation.md §4.7): a text of a file of `initd`, what it becomes, and the killer. A mutant lives in a
forked child only, where the changed source is compiled as its module is imported; no file is touched. A killer is

    core NAME     an invariant broken in a story of the core stage, `model` for another story than the reference model's
    daemon NAME   the same for the whole daemon on the simulated kernel, `story` for another story than the core's there
    FILE::TEST    that test

What must fail: a mutant that survives, whose text is not there (once), or that only something else than its killer notices; and a
killer that fails without any mutant.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

from initd.record import Record
from sim.trials import in_children, plant, warm_up

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

REGISTER = Path(__file__).with_name("mutants.toml")
SEEDS = {"core": 240, "daemon": 24}
"""So many of each profile a stage may play for one mutant."""
TEST_PATIENCE_S = 20
"""A test that takes longer fails."""
MACHINE = re.compile(r"\b([RT][0-9]+) fail at ")
"""What the kernel has seen is told in the words of a breakdown."""


class Mutant(Record):
    """One mistake: `old` is in `file` exactly once and becomes `new`; `killer` is what must notice."""

    number: int
    name: str
    file: str
    old: str
    new: str
    killer: str

    @property
    def module(self) -> str:
        """The module to be changed."""
        return self.file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def source(self, root: Path) -> str:
        """The changed text of the file; ValueError where the old one is not what it was."""
        text = (root / self.file).read_text()
        if (count := text.count(self.old)) != 1:
            raise ValueError(f"the text to change is in {self.file} {count} times: {self.old!r}")
        return text.replace(self.old, self.new)


class Verdict(Record):
    """What became of a mutant; `reason` is empty when its killer noticed."""

    mutant: Mutant
    reason: str
    seconds: float


def load(path: Path = REGISTER) -> list[Mutant]:
    """The mutants as written."""
    return [Mutant(**entry) for entry in tomllib.loads(path.read_text())["mutant"]]


def run(
    mutants: Sequence[Mutant], root: Path, jobs: int = 1, told: Callable[[Verdict], None] = lambda verdict: None
) -> list[Verdict]:
    """Try all of them, that many at a time; `told` hears of each as it is over."""
    warm_up()
    killers = list(dict.fromkeys(mutant.killer for mutant in mutants))
    # Without a mutant nothing may fail; where the model errs by itself it cannot tell anything of a mutant.
    broken, dull = _sound(killers, root, jobs)
    verdicts: list[Verdict] = []
    sources: dict[int, str] = {}
    tries = []
    for at, mutant in enumerate(mutants):
        try:
            sources[at] = mutant.source(root)
        except ValueError as error:
            verdicts.append(Verdict(mutant, str(error), 0.0))
            continue
        tries.append((at, lambda at=at: _trial(mutants[at], sources[at], root, dull)))
    for at, said, seconds in in_children(tries, jobs):
        reason = judge(mutants[at].killer, said)
        if not reason and mutants[at].killer in broken:
            reason = f"{mutants[at].killer} fails without the mutant too: {broken[mutants[at].killer]}"
        verdicts.append(Verdict(mutants[at], reason, seconds))
        told(verdicts[-1])
    return sorted(verdicts, key=lambda verdict: verdict.mutant.number)


def conclude(verdicts: Sequence[Verdict], seconds: float) -> int:
    """Print those that nobody noticed, and pytest's kind of last line; the exit status."""
    missed = [verdict for verdict in verdicts if verdict.reason]
    for verdict in missed:
        print(f"FAILED {verdict.mutant.number} {verdict.mutant.name}: {verdict.reason}")
    passed = len(verdicts) - len(missed)
    print(
        f"{passed} passed, {len(missed)} failed in {seconds:.2f}s ({len(verdicts) / max(seconds, 1e-9):.1f} mutants/s)"
    )
    return 1 if missed or not verdicts else 0


def judge(killer: str, said: str) -> str:
    """Why that is no kill by that killer; empty if it is one."""
    name = killer if "::" in killer else killer.partition(" ")[2]
    heard = said.split("\n")
    if name in heard:
        return ""
    others = ", ".join(other for other in heard if other)
    return f"noticed by {others}, not by {killer}" if others else f"survived {killer}"


# -- in a child -------------------------------------------------------------------------------------------------------


def _trial(mutant: Mutant, source: str, root: Path, dull: frozenset[tuple[str, int]]) -> str:
    plant(mutant.module, source, root / mutant.file)
    return notice(mutant.killer, root, dull)


def notice(killer: str, root: Path, dull: frozenset[tuple[str, int]] = frozenset()) -> str:
    """The names of what the killer's check finds wrong here and now, a line each; it ends with the killer's own."""
    if "::" in killer:
        return "\n".join(fails([killer], root))
    stage, _, wanted = killer.partition(" ")
    heard: dict[str, None] = {}
    for _, _, names in stories(stage, dull, wanted == "model"):
        heard.update(dict.fromkeys(names))
        if wanted in heard:
            break
    return "\n".join(heard)


def stories(
    stage: str, dull: frozenset[tuple[str, int]] = frozenset(), model: bool = False
) -> Iterator[tuple[str, int, list[str]]]:
    """Seed after seed of all profiles, with the names of what is wrong with its story."""
    from sim.generate import PROFILES, scenario
    from sim.judges import check, reference_model, stage_of
    from sim.trace import first_difference

    play, core, tell = stage_of(stage), stage_of("core"), reference_model() if model else None
    for seed in range(SEEDS[stage]):
        for profile in PROFILES:
            played = scenario(seed, profile)
            trace, reasons, _ = check(played, play, None if (profile, seed) in dull else tell)
            names = [name for reason in reasons for name in (reason.partition(" ")[0], *MACHINE.findall(reason))]
            if stage == "daemon" and not names and first_difference(core(played), trace) is not None:
                names.append("story")
            yield profile, seed, names


def fails(tests: Sequence[str], root: Path, first: bool = False, patience_s: int = TEST_PATIENCE_S) -> list[str]:
    """The names of the tests that fail here and now, `first` for one at most; RuntimeError when they could not be run."""
    if not tests:
        return []  # pytest would take that for all there are
    import pytest

    os.chdir(root)

    class Failed:
        def __init__(self) -> None:
            self.names: dict[str, None] = {}

        def pytest_runtest_logreport(self, report: Any) -> None:
            if report.failed:
                self.names[report.nodeid.partition("[")[0]] = None

        def pytest_collectreport(self, report: Any) -> None:
            if report.failed:  # it could not even be imported
                self.names[report.nodeid] = None

    failed = Failed()
    quiet = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", f"--timeout={patience_s}", f"--rootdir={root}"]
    plain = "--assert=plain"  # or pytest reads what a package with a plugin consists of itself, past the mutant
    status = pytest.main([*quiet, plain, *(["-x"] if first else []), *tests], plugins=[failed])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and not failed.names:
        raise RuntimeError(f"pytest ended with {status!r}")
    return list(failed.names)


def _sound(killers: Sequence[str], root: Path, jobs: int) -> tuple[dict[str, str], frozenset[tuple[str, int]]]:
    """The killers that fail without a mutant, with what they say; and the seeds whose story the model tells otherwise."""
    tests = [killer for killer in killers if "::" in killer]

    def core() -> str:
        told = stories("core", model=True)
        return "\n".join(f"{profile} {seed} {','.join(names)}" for profile, seed, names in told if names)

    def daemon() -> str:
        return "\n".join(name for _, _, names in stories("daemon") for name in names)

    def pytest() -> str:
        return "\n".join(fails(tests, root))

    checks = [("core", core), ("daemon", daemon), ("tests", pytest)]
    said = {name: text for name, text, _ in in_children(checks, jobs)}
    broken = {killer: said["tests"] for killer in tests if killer in said["tests"].split("\n")}
    dull = []
    for line in filter(None, said["core"].split("\n")):
        profile, seed, names = line.split(" ")
        dull.append((profile, int(seed)))
        broken |= {f"core {name}": line for name in names.split(",") if name != "model"}
    broken |= {f"daemon {name}": "a seed of the campaign" for name in said["daemon"].split("\n")}
    return broken, frozenset(dull)
