"""What event listeners are told by initd, header by header and payload by payload: the streams of stock supervisord 4.3.0."""

from __future__ import annotations

import re

import pytest

from initd.eventtypes import PARENTS
from tests.conformance import lifecycle_suite, lifecycle_tables
from tests.conformance.lifecycle_steps import Scenario
from tests.conformance.lifecycle_suite import ASPECTS, Outcomes, compare
from tests.conformance.suites import SUITES

SCENARIOS = lifecycle_tables.SUITES["events"]
# The first test waits for all scenarios.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="session")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    return lifecycle_suite.outcomes(SUITES["events"], tmp_path_factory.getbasetemp())


@pytest.mark.parametrize(
    ("scenario", "aspect"),
    [pytest.param(s, aspect, id=f"{s.name}-{aspect}") for s in SCENARIOS for aspect in ASPECTS if aspect not in s.skip],
)
def test_listeners_are_told_what_stock_tells_them(outcomes: Outcomes, scenario: Scenario, aspect: str) -> None:
    compare(outcomes, scenario, aspect)


def test_every_type_of_event_was_heard(outcomes: Outcomes) -> None:
    heard = set(re.findall(r"eventname:(\w+)", str([each["answers"] for each in outcomes["initd"].values()])))
    assert {*PARENTS, "REMOTE_COMMUNICATION"} <= heard


def test_the_scenarios_are_many_enough_to_mean_something() -> None:
    assert len({s.name for s in SCENARIOS}) == len(SCENARIOS) >= 40
