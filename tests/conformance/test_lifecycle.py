"""The same scenarios on stock supervisord 4.3.0 and on initd: whatever can be observed must be the same.

A scenario is one row of a `lifecycle_*` table. They all run when the first test asks, most of them together with others in
one daemon a side; the tests then compare one aspect of one scenario each. Where the two are meant to differ, the row says
what initd shows and names the deliberate difference.
"""

from __future__ import annotations

import difflib
import fcntl
import os
import pickle
import pprint
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.lifecycle_lines import SEARCHED
from tests.conformance.lifecycle_run import Outcomes
from tests.conformance.lifecycle_side import ROOT
from tests.conformance.lifecycle_steps import Scenario
from tests.conformance.lifecycle_tables import SCENARIOS

# The first test waits for all scenarios.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="session")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """What all scenarios have shown; of several test processes one runs them for all."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    result = folder / "lifecycle.outcomes"
    with Path(f"{result}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not result.exists():
            run = [sys.executable, "-m", "tests.conformance.lifecycle_run", str(result)]
            subprocess.run(run, cwd=ROOT, stdin=subprocess.DEVNULL, check=True, start_new_session=True)
    outcomes: Outcomes = pickle.loads(result.read_bytes())
    return outcomes


def rows(aspect: str) -> list[Any]:
    return [pytest.param(s, id=s.name) for s in SCENARIOS if aspect not in s.skip]


def differences(ours: Any, stock: Any) -> str:
    """The lines that differ, initd's with +, stock's with -."""
    texts = [pprint.pformat(value, width=200).splitlines() for value in (stock, ours)]
    return "\n".join(line for line in difflib.unified_diff(*texts, "stock", "initd", n=0, lineterm=""))


def compare(outcomes: Outcomes, scenario: Scenario, aspect: str) -> None:
    stock, ours = outcomes["stock"][scenario.name], outcomes["initd"][scenario.name]
    assert not ours["trouble"]
    if aspect in scenario.differs:
        number, expected = scenario.differs[aspect]
        assert expected is None or ours[aspect] == expected, number
        assert stock["trouble"] or ours[aspect] != stock[aspect], f"{number} is not seen here: the two do the same"
        return
    assert not stock["trouble"]
    assert ours[aspect] == stock[aspect], differences(ours[aspect], stock[aspect])


@pytest.mark.parametrize("scenario", rows("answers"))
def test_every_request_gets_the_answer_of_stock(outcomes: Outcomes, scenario: Scenario) -> None:
    compare(outcomes, scenario, "answers")


@pytest.mark.parametrize("scenario", rows("log"))
def test_the_main_log_tells_the_story_of_stock(outcomes: Outcomes, scenario: Scenario) -> None:
    compare(outcomes, scenario, "log")


@pytest.mark.parametrize("scenario", rows("files"))
def test_files_of_programs_are_those_of_stock_byte_for_byte(outcomes: Outcomes, scenario: Scenario) -> None:
    compare(outcomes, scenario, "files")


@pytest.mark.parametrize("scenario", rows("states"))
def test_programs_end_up_in_the_states_of_stock(outcomes: Outcomes, scenario: Scenario) -> None:
    compare(outcomes, scenario, "states")


@pytest.mark.parametrize("line", SEARCHED)
def test_a_line_people_search_the_main_log_for_is_told_on_both_sides(outcomes: Outcomes, line: str) -> None:
    told = {kind: [name for name, seen in of.items() if line in seen["searched"]] for kind, of in outcomes.items()}
    assert told["stock"], "no scenario makes stock say it"
    assert told["initd"]


def test_each_tolerated_difference_names_its_row() -> None:
    documented = set(re.findall(r"^\| (D\d+) \|", (ROOT / "docs/deliberate-differences.md").read_text(), re.M))
    tolerated = {row for scenario in SCENARIOS for row, _ in scenario.differs.values()}
    assert tolerated - documented == set()


def test_names_of_scenarios_and_programs_are_unique() -> None:
    names = [s.name for s in SCENARIOS]
    programs = [name for s in SCENARIOS if s.daemon is None for name in s.names]
    assert len(set(names)) == len(names)
    assert len(set(programs)) == len(programs)
