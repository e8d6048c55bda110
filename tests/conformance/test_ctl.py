"""initctl against supervisorctl 4.3.0, and later our daemon under both: every printed byte and exit code.

The reference is the stock client on the stock daemon. All transcripts of a run are made side by side, since most of the
time is spent waiting for programs to start and stop.
"""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Iterator
from concurrent.futures import Future

import pytest

from tests.conformance import stock
from tests.conformance.ctl_scenarios import SCENARIOS
from tests.conformance.ctl_steps import Run, play

pytestmark = pytest.mark.xdist_group("ctl")

REFERENCE = ("supervisorctl", "supervisord")
PAIRS = [("initctl", "supervisord")]
if stock.ours_exists():
    PAIRS += [("supervisorctl", "initd"), ("initctl", "initd")]

Transcript = Callable[[str, tuple[str, str]], str]


@pytest.fixture(scope="session")
def transcript(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Transcript]:
    """Looks up a transcript; those of all selected tests have been started."""
    wanted: dict[tuple[str, tuple[str, str]], None] = {}
    for item in request.session.items:
        params = getattr(getattr(item, "callspec", None), "params", {})
        if {"scenario", "pair"} <= params.keys():
            wanted[params["scenario"], REFERENCE] = None
            wanted[params["scenario"], params["pair"]] = None
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        made: dict[tuple[str, tuple[str, str]], Future[str]] = {
            (name, pair): pool.submit(play, SCENARIOS[name], *pair, tmp_path_factory.mktemp("ctl"))
            for name, pair in wanted
        }
        yield lambda name, pair: made[name, pair].result()
        for future in made.values():
            future.cancel()


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_client_and_a_daemon_behave_as_the_stock_pair(
    scenario: str, pair: tuple[str, str], transcript: Transcript
) -> None:
    assert transcript(scenario, pair) == transcript(scenario, REFERENCE)


def test_the_scenarios_are_many_enough_to_mean_something() -> None:
    assert sum(isinstance(step, Run) for scenario in SCENARIOS.values() for step in scenario.steps) >= 150
