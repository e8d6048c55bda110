"""initctl against supervisorctl 4.3.0, and later our daemon under both: every printed byte and exit code.

The reference is the stock client on the stock daemon, as recorded. All other transcripts of a run are made side by side, since
most of the time is spent waiting for programs to start and stop. Our client on the stock daemon is left to .ci/long.
"""

from __future__ import annotations

import concurrent.futures
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from pathlib import Path

import pytest

from tests.conformance import stock
from tests.conformance.ctl_client import command
from tests.conformance.ctl_scenarios import CAT
from tests.conformance.ctl_steps import Run, Scenario, Step, Wait, play
from tests.conformance.ctl_suite import SCENARIOS, SUITE
from tests.conformance.golden import HOWTO

PAIRS = [("supervisorctl", "initd"), ("initctl", "initd")]
if os.environ.get("INITD_LONG"):
    PAIRS.append(("initctl", "supervisord"))

Pair = tuple[str, str]
Transcripts = Callable[[str, Pair], str]


@pytest.fixture(scope="session")
def transcripts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Transcripts]:
    """Looks up a scenario's transcript of a pair.

    Those of all selected tests are begun at once, unless the tests themselves run side by side.
    """
    made: dict[tuple[str, Pair], Future[str]] = {}
    with concurrent.futures.ThreadPoolExecutor(6) as pool:

        def begin(name: str, pair: Pair) -> Future[str]:
            if (name, pair) not in made:
                made[name, pair] = pool.submit(play, SCENARIOS[name], *pair, tmp_path_factory.mktemp("ctl"))
            return made[name, pair]

        for item in request.session.items if "PYTEST_XDIST_WORKER" not in os.environ else ():
            params = getattr(getattr(item, "callspec", None), "params", {})
            if {"scenario", "pair"} <= params.keys():
                begin(params["scenario"], params["pair"])
        yield lambda name, pair: begin(name, pair).result()
        for future in made.values():
            future.cancel()


@pytest.fixture(scope="session")
def reference() -> Mapping[str, str]:
    return SUITE.answers(list(SCENARIOS))


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_client_and_a_daemon_behave_as_the_stock_pair(
    scenario: str, pair: Pair, transcripts: Transcripts, reference: Mapping[str, str]
) -> None:
    assert scenario in reference, HOWTO
    assert transcripts(scenario, pair) == reference[scenario]


# not held against supervisorctl: there, leaving takes up to 30 seconds, until its stream thread wakes up
@pytest.mark.parametrize("daemon", ["initd", "supervisord"])
def test_fg_shows_what_a_process_answers_to_what_is_typed(daemon: str, tmp_path: Path) -> None:
    steps: list[Step] = [
        Wait("cat", ["RUNNING"]),
        Run(["fg", "cat"], stdin="hello\n", until="hello\n"),
        Run(["tail", "cat"]),
    ]
    shown = play(Scenario(CAT, steps), "initctl", daemon, tmp_path)
    assert shown == "$ fg cat\n==> Press Ctrl-C to exit <==\nhello\n\n= 0\n\n$ tail cat\nhello\n\n= 0\n"


BABBLER = """
[program:babbler]
command = /bin/sh -c "while sleep 0.05; do echo and again; done"
startsecs = 0
"""


# not held against supervisorctl: there, it goes on for ever
@pytest.mark.parametrize("words", ["tail -f babbler", "maintail -1000000", "help", "fg babbler"])
def test_a_reader_that_has_enough_ends_it_without_a_word(words: str, tmp_path: Path) -> None:
    with stock.start(stock.OURS, tmp_path, BABBLER) as daemon:
        daemon.wait_for_state("babbler", "RUNNING")
        call = [*command("initctl"), "-c", str(daemon.config), *words.split()]
        reader, writer = os.pipe()
        with subprocess.Popen(call, stdin=subprocess.PIPE, stdout=writer, stderr=subprocess.PIPE) as client:
            os.close(writer)
            if "f" in words.split(" ")[0] or "-f" in words:
                assert os.read(reader, 5) == b"==> P"
            os.close(reader)
            assert client.stdin is not None
            if words.startswith("fg"):
                client.stdin.write(b"a line\n")
            assert client.communicate(timeout=stock.PATIENCE_S)[1] == b""
        assert client.returncode == 1


def test_the_scenarios_are_many_enough_to_mean_something() -> None:
    assert sum(isinstance(step, Run) for scenario in SCENARIOS.values() for step in scenario.steps) >= 150
