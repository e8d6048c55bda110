"""The same scenarios on stock supervisord 4.3.0 and on initd: whatever can be observed must be the same.

A scenario is one row of a `lifecycle_*` table. All run at once when the module starts, most of them in one daemon a side;
the tests then compare one aspect of one scenario each. Where the two are meant to differ, the row says what initd shows and
names the deliberate difference.
"""

from __future__ import annotations

import difflib
import pprint
from typing import Any

import pytest

from tests.conformance import lifecycle_children, lifecycle_ends, lifecycle_outputs, lifecycle_states
from tests.conformance.lifecycle_run import Outcome, run_all
from tests.conformance.lifecycle_steps import Scenario

TABLES = (lifecycle_states, lifecycle_ends, lifecycle_children, lifecycle_outputs)
SCENARIOS: list[Scenario] = [scenario for table in TABLES for scenario in table.SCENARIOS]
pytestmark = pytest.mark.xdist_group("lifecycle")
Outcomes = dict[str, dict[str, Outcome]]


@pytest.fixture(scope="module")
def outcomes() -> Outcomes:
    return run_all(SCENARIOS)


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


def test_names_of_scenarios_and_programs_are_unique() -> None:
    names = [s.name for s in SCENARIOS]
    programs = [name for s in SCENARIOS if s.daemon is None for name in s.names]
    assert len(set(names)) == len(names)
    assert len(set(programs)) == len(programs)
