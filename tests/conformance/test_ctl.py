"""initctl against supervisorctl 4.3.0, and later our daemon under both: every printed byte and exit code.

The reference is the stock client on the stock daemon. All transcripts of a run are made side by side, since most of the
time is spent waiting for programs to start and stop.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import pty
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path

import pytest

from tests.conformance import stock
from tests.conformance.ctl_client import command
from tests.conformance.ctl_scenarios import CAT, SCENARIOS
from tests.conformance.ctl_steps import Run, Scenario, Step, Wait, play

REFERENCE = ("supervisorctl", "supervisord")
PAIRS = [("initctl", "supervisord")]
if stock.ours_exists():
    PAIRS += [("supervisorctl", "initd"), ("initctl", "initd")]

Pair = tuple[str, str]
Transcripts = Callable[[str, Pair], tuple[str, str]]


@pytest.fixture(scope="session")
def transcripts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Transcripts]:
    """Looks up a scenario's transcript of a pair, and the reference.

    Those of all selected tests are begun at once, unless the tests themselves run side by side.
    """
    made: dict[tuple[str, Pair], Future[str]] = {}
    with concurrent.futures.ThreadPoolExecutor(6) as pool:

        def begin(name: str, pair: Pair) -> tuple[Future[str], ...]:
            for one in (pair, REFERENCE):
                if (name, one) not in made:
                    made[name, one] = pool.submit(play, SCENARIOS[name], *one, tmp_path_factory.mktemp("ctl"))
            return made[name, pair], made[name, REFERENCE]

        def look_up(name: str, pair: Pair) -> tuple[str, str]:
            actual, reference = begin(name, pair)
            return actual.result(), reference.result()

        for item in request.session.items if "PYTEST_XDIST_WORKER" not in os.environ else ():
            params = getattr(getattr(item, "callspec", None), "params", {})
            if {"scenario", "pair"} <= params.keys():
                begin(params["scenario"], params["pair"])
        yield look_up
        for future in made.values():
            future.cancel()


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_client_and_a_daemon_behave_as_the_stock_pair(scenario: str, pair: Pair, transcripts: Transcripts) -> None:
    actual, reference = transcripts(scenario, pair)
    assert actual == reference


# not held against supervisorctl: there, leaving takes up to 30 seconds, until its stream thread wakes up
@pytest.mark.parametrize("daemon", sorted({pair[1] for pair in PAIRS}))
def test_fg_shows_what_a_process_answers_to_what_is_typed(daemon: str, tmp_path: Path) -> None:
    steps: list[Step] = [
        Wait("cat", ["RUNNING"]),
        Run(["fg", "cat"], stdin="hello\n", until="hello\n"),
        Run(["tail", "cat"]),
    ]
    shown = play(Scenario(CAT, steps), "initctl", daemon, tmp_path)
    assert shown == "$ fg cat\n==> Press Ctrl-C to exit <==\nhello\n\n= 0\n\n$ tail cat\nhello\n\n= 0\n"


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, command: Sequence[str]) -> None:
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.execve(command[0], list(command), stock.environment() | {"TERM": "xterm-256color"})
        self.seen = ""

    def expect(self, text: str) -> str:
        """What comes up to and including `text`."""
        while text not in self.seen:
            self.seen += os.read(self._fd, 65536).decode()
        before, found, self.seen = self.seen.partition(text)
        return before + found

    def type(self, keys: str) -> None:
        os.write(self._fd, keys.encode())

    def wait(self) -> int:
        """The exit code."""
        with contextlib.suppress(OSError):  # EIO: the other end is closed
            while os.read(self._fd, 65536):
                pass
        os.close(self._fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_on_a_terminal_the_shell_completes_colours_and_asks(tmp_path: Path) -> None:
    with stock.start(stock.STOCK, tmp_path, CAT, server="username = user\npassword = secret") as daemon:
        daemon.wait_for_state("cat", "RUNNING")
        terminal = Terminal([*command("initctl"), "-c", str(daemon.config)])
        terminal.expect("Server requires authentication\r\nUsername:")
        terminal.type("user\n")
        terminal.expect("Password:")
        terminal.type("secret\n")
        assert "secret" not in terminal.expect("\x1b[32mRUNNING")
        terminal.expect("supervisor> ")
        terminal.type("sto\tc\t\n")
        terminal.expect("stop cat \r\ncat: stopped\r\nsupervisor> ")
        terminal.type("shutdown\n")
        terminal.expect("down y/N? ")
        terminal.type("y\n")
        terminal.expect("Shut down\r\nsupervisor> ")
        terminal.type("\x04")
        assert terminal.wait() == 0
        stock.until("the daemon ends", lambda: daemon.process.poll() is not None)


def test_the_scenarios_are_many_enough_to_mean_something() -> None:
    assert sum(isinstance(step, Run) for scenario in SCENARIOS.values() for step in scenario.steps) >= 150
