"""The same scenarios on stock supervisord 4.3.0 and on initd: whatever can be observed must be the same.

A scenario is one row of a `lifecycle_*` table. They all run when the first test asks, most of them together with others in
one daemon a side; the tests then compare one aspect of one scenario each. Where the two are meant to differ, the row says
what initd shows and names the deliberate difference.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance import lifecycle_suite, lifecycle_tables
from tests.conformance.lifecycle_lines import SEARCHED
from tests.conformance.lifecycle_steps import Scenario
from tests.conformance.lifecycle_suite import Outcomes, compare
from tests.conformance.suites import SUITES

SCENARIOS = lifecycle_tables.SUITES["lifecycle"]
# The first test waits for all scenarios.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="session")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    return lifecycle_suite.outcomes(SUITES["lifecycle"], tmp_path_factory.getbasetemp())


def rows(aspect: str) -> list[Any]:
    return [pytest.param(s, id=s.name) for s in SCENARIOS if aspect not in s.skip]


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


def test_names_of_scenarios_and_programs_are_unique() -> None:
    names = [s.name for s in SCENARIOS]
    programs = [name for s in SCENARIOS if s.daemon is None for name in s.names]
    assert len(set(names)) == len(names)
    assert len(set(programs)) == len(programs)
