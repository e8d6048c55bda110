"""The one register of what is meant to differ: the rows of docs/deliberate-differences.md, and what reaches each.

A row is reached by scenarios whose `differs` names it, by tests with `@differs(row)`, which spell out both sides, by the rows of
sim/divergences.toml, which a campaign has to meet, or by a test named here since neither stock nor a scenario can get there.
All but the last fail when the difference is gone.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from tests.conformance import lifecycle_tables
from tests.conformance.golden import ROOT

ROWS = tuple(
    dict.fromkeys(re.findall(r"^\| ([DN]\d+) \|", (ROOT / "docs/deliberate-differences.md").read_text(), re.M))
)
ELSEWHERE: Mapping[str, str] = {
    "D6": "tests/e2e/test_pid1.py::test_what_escaped_its_supervisor_gets_term_and_then_kill_before_exit",
    "D8": "tests/unit/reaper/test_reaper.py::test_no_more_than_the_limit_are_reaped_at_once",
    "D21": "tests/property/test_rpc_waits.py::test_a_start_is_answered_once_at_the_change_it_waits_for",
    "D25": "tests/e2e/test_pid1.py::test_pid_1_stays_in_front_even_if_the_file_says_to_daemonize",
    "D29": "tests/e2e/test_background.py::test_a_start_that_fails_says_why_exits_2_and_leaves_nothing",
    "D30": "tests/unit/reaper/test_reaper.py::test_the_first_strangers_of_a_second_get_a_line_each_and_the_rest_share_one",
}
"""What needs PID 1, a machine of its own, or the simulator: the test that reaches it."""
Test = TypeVar("Test", bound=Callable[..., object])


def differs(*rows: str) -> Callable[[Test], Test]:
    """Marks a test that shows that difference, on both sides."""
    assert set(rows) <= set(ROWS), rows

    return lambda test: test


def marked() -> Iterator[tuple[str, str]]:
    """(row, test) of every mark beside this module."""
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        for test in ast.parse(path.read_text()).body:
            for mark in test.decorator_list if isinstance(test, ast.FunctionDef) else ():
                if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id == differs.__name__:
                    yield from ((ast.literal_eval(row), f"{path.relative_to(ROOT)}::{test.name}") for row in mark.args)


def named() -> Iterator[tuple[str, str]]:
    """(row, test) of all that is reached elsewhere."""
    yield from ELSEWHERE.items()
    for divergence in tomllib.loads((ROOT / "sim" / "divergences.toml").read_text())["divergence"]:
        yield divergence["id"], divergence["test"]


def reached() -> dict[str, list[str]]:
    """By row: everything that reaches it."""
    found: dict[str, list[str]] = {}
    for suite, scenarios in lifecycle_tables.SUITES.items():
        for scenario in scenarios:
            for row in {row for row, _ in scenario.differs.values()}:
                found.setdefault(row, []).append(f"{suite}: {scenario.name}")
    for row, test in (*marked(), *named()):
        found.setdefault(row, []).append(test)
    return found
