"""A question to an init with the answer a perfect one gives: pid1.md §2 (what other suites check) and §1.1 (where others fail).

A case is written once and asked of every init that has the feature: of ours under its own name and under theirs, and of
theirs. `tests/e2e/test_init_comparison.py` holds the answers to docs/init-comparison.md.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any

from tests.e2e.container import Container
from tests.e2e.instance import daemon_command

HANG_S = 3.0
"""Of one that is known to get it wrong, what has not come true by then never does."""
CERTAIN_S = 60.0
"""Who is to get it right has this long, since the machine may be busy."""
PID1, ELSE = True, False
Given = dict[str, tuple[str, ...]]


class Init:
    """One column: `family` says whose options it takes."""

    def __init__(self, name: str, family: str, *words: str) -> None:
        self.name, self.family, self.words = name, family, words
        self.ours = words[0] == daemon_command()[0]


def _both(name: str) -> list[Init]:
    return [Init(f"as {name}", name, *daemon_command(), "--as", name), Init(name, name, f"/usr/bin/{name}")]


INITS = {
    init.name: init
    for init in (Init("initd", "initd", *daemon_command()), *_both("tini"), *_both("dumb-init"), *_both("catatonit"))
}


def having(**given: tuple[str, ...]) -> Given:
    """The options that turn the feature on, by family; a family that is left out does not have it."""
    return {family.replace("_", "-"): options for family, options in given.items()}


ALL = having(initd=(), tini=("-s",), dumb_init=(), catatonit=())


class Trial:
    """One init, asked one question, as PID 1 of a namespace (`first`) or as any process."""

    def __init__(self, init: Init, given: tuple[str, ...], first: bool, at_fault: bool) -> None:
        self.init, self.given, self.first = init, given, first
        self.patience_s = HANG_S if at_fault else CERTAIN_S

    def start(self, *command: str, given: tuple[str, ...] = (), around: str = "", **options: Any) -> Container:
        """The init with that command; `around` is shell text that executes the init as `exec "$0" "$@"`."""
        outer = ("bash", "-c", around) if around else ()
        words = (*self.given, *given, "--", *command)
        return Container(*words, init=(*outer, *self.init.words), first=self.first, **options)

    def sees(self, condition: Callable[[], object]) -> bool:
        """Whether that comes true in time."""
        deadline = time.monotonic() + self.patience_s
        while not condition():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def status(self, container: Container) -> str:
        """The exit status, or that there is none."""
        return str(container.process.returncode) if self.sees(lambda: container.process.poll() is not None) else "hangs"

    def ran(self, *command: str, **options: Any) -> str:
        """The status of one that ends by itself."""
        with self.start(*command, **options) as container:
            return self.status(container)

    def said(self, *command: str, **options: Any) -> str:
        """What one that ends by itself says on standard output."""
        with self.start(*command, **options) as container:
            self.status(container)
            return container.out.strip()

    @staticmethod
    def send(container: Container, *numbers: int) -> None:
        """Signals to the init, if it still is there."""
        with contextlib.suppress(ProcessLookupError):
            for number in numbers:
                container.send(number)


class Case:
    """A question and the right answer; `row` is where the spec has it from.

    `kept` is what our init answers under another's name since that is what one who switches expects. `fault_of` are the
    inits of Debian that get it wrong.
    """

    def __init__(
        self, name: str, row: str, answer: str, ask: Callable[[Trial], str], given: Given, places: tuple[bool, ...],
        kept: dict[str, str], fault_of: tuple[str, ...],
    ) -> None:  # fmt: skip
        self.name, self.row, self.answer, self.ask = name, row, answer, ask
        self.given, self.places, self.kept, self.fault_of = given, places, kept, fault_of

    def answered(self, init: Init) -> str:
        """What that init does, in the words of the table; where it differs by place, both."""
        given = self.given[init.family]
        answers = {first: self.ask(Trial(init, given, first, init.name in self.fault_of)) for first in self.places}
        if len(set(answers.values())) == 1:
            return answers[self.places[0]]
        return f"PID 1: {answers[PID1]}; else: {answers[ELSE]}"

    def right(self, init: Init) -> str:
        """What ours has to answer in that column."""
        return self.kept.get(init.family, self.answer)


CASES: dict[str, Case] = {}


def case(
    name: str,
    row: str,
    answer: str,
    given: Given = ALL,
    places: tuple[bool, ...] = (PID1, ELSE),
    kept: dict[str, str] | None = None,
    fault_of: tuple[str, ...] = (),
) -> Callable[[Callable[[Trial], str]], Callable[[Trial], str]]:
    """Registers a question under its name."""

    def register(ask: Callable[[Trial], str]) -> Callable[[Trial], str]:
        assert name not in CASES
        CASES[name] = Case(name, row, answer, ask, given, places, kept or {}, fault_of)
        return ask

    return register
