"""initctl as `supervisorctl_path` of Ansible's module: how it calls, which words it looks for, and what it makes of them.

The habits are those of community.general's `supervisorctl` (12.3), told again here; that module itself gave the same results with
both clients on both daemons when this was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conformance import stock
from tests.conformance.ctl_client import Client
from tests.conformance.ctl_steps import DAEMONS

pytestmark = pytest.mark.xdist_group("ansible")

LOCALE = {"LANG": "C", "LC_ALL": "C", "LC_MESSAGES": "C", "LC_CTYPE": "C"}
PROGRAMS = """
[program:web]
command = /bin/cat
startsecs = 0
[program:down]
command = /bin/cat
startsecs = 0
autostart = false
[program:a]
command = /bin/cat
startsecs = 0
[program:b]
command = /bin/cat
startsecs = 0
[group:pair]
programs = a, b
"""
# the name (a group's ends in a colon), the state it is to have, and the signal, or `stop` before it is removed
TASKS = [
    ("web", "present", ""),
    ("web", "started", ""),
    ("down", "started", ""),
    ("down", "started", ""),
    ("down", "stopped", ""),
    ("down", "stopped", ""),
    ("web", "restarted", ""),
    ("pair:", "restarted", ""),
    ("pair:", "stopped", ""),
    ("pair:", "started", ""),
    ("nope", "started", ""),
    ("nope", "restarted", ""),
    ("nope:", "stopped", ""),
    ("web", "signalled", "CONT"),
    ("web", "signalled", "NOPE"),
    ("pair:", "signalled", "SIGCONT"),
    ("down", "signalled", "CONT"),
    ("web", "absent", ""),
    ("web", "absent", "stop"),
    ("web", "absent", ""),
    ("web", "started", ""),
    ("web", "present", ""),
    ("nope", "present", ""),
    ("pair", "absent", ""),
    ("pair:", "absent", "stop"),
    ("pair", "present", ""),
    ("all", "restarted", ""),
    ("all", "stopped", ""),
    ("all", "started", ""),
]
CHANGED, OK = "changed", "ok"


class Failed(Exception):
    """The task fails; the text is what it shows."""


class Play:
    """Tasks on one daemon through one client."""

    def __init__(self, client: Client, config: Path) -> None:
        self._client, self._config = client, config

    def task(self, name: str, state: str, extra: str) -> str:
        """`changed`, `ok`, or why it failed."""
        try:
            return self._task(name.rstrip(":"), name.endswith(":"), state, extra)
        except Failed as failure:
            return f"failed: {failure}"

    def _run(self, *words: str, must: bool = False) -> str:
        ended = self._client.call(["-c", str(self._config), *words], "")
        if must and ended.code:
            raise Failed(f"{words} is {ended.code}: {ended.out.decode()}{ended.err.decode()}")
        return ended.out.decode()

    def _matching(self, name: str, is_group: bool) -> list[tuple[str, str]]:
        """Name and state of processes: the first two words of a line, whatever is between and behind them."""
        found = [line.split()[:2] for line in self._run("status").splitlines()]
        if is_group:
            return [(full, state) for full, state in found if ":" in full and full.split(":")[0] == name]
        return [(full, state) for full, state in found if name in (full, "all")]

    def _each(self, names: list[str], verb: str, word: str) -> str:
        for name in names:
            out = self._run(verb, name, must=True)  # `signal CONT` is one argument
            if f"{name}: {word}" not in out:
                raise Failed(out)
        return CHANGED if names else OK

    def _task(self, name: str, is_group: bool, state: str, extra: str) -> str:
        if state == "restarted":
            self._run("update", must=True)
        found = self._matching(name, is_group)
        if state == "present":
            return OK if found else self._grouped("add", name, "added process group")
        if state == "absent":
            if not found:
                return OK
            if extra == "stop":
                self._each([full for full, now in found if now in ("RUNNING", "STARTING")], "stop", "stopped")
            return self._grouped("remove", name, "removed process group")
        if not found:
            raise Failed("no such process")
        up = [full for full, now in found if now in ("RUNNING", "STARTING")]
        return {
            "restarted": lambda: self._each([full for full, _ in found], "restart", "started"),
            "started": lambda: self._each([full for full, _ in found if full not in up], "start", "started"),
            "stopped": lambda: self._each(up, "stop", "stopped"),
            "signalled": lambda: self._each(
                [full for full, now in found if now == "RUNNING"], f"signal {extra}", "signalled"
            ),
        }[state]()

    def _grouped(self, verb: str, name: str, word: str) -> str:
        self._run("reread", must=True)
        out = self._run(verb, name)
        if f"{name}: {word}" not in out:
            raise Failed(out)
        return CHANGED


def play(client: str, daemon: str, folder: Path) -> list[str]:
    with stock.start(DAEMONS[daemon], folder, PROGRAMS) as running, Client(client, folder, LOCALE) as calling:
        for name in ("web", "pair:a", "pair:b"):
            running.wait_for_state(name, "RUNNING")
        one = Play(calling, running.config)
        return [one.task(*task) for task in TASKS]


PAIRS = [(client, daemon) for client in ("supervisorctl", "initctl") for daemon in ("supervisord", "initd")]
Results = Mapping[tuple[str, str], list[str]]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    with ThreadPoolExecutor(len(PAIRS)) as pool:
        playing = [pool.submit(play, *pair, tmp_path_factory.mktemp("ansible")) for pair in PAIRS]
        return dict(zip(PAIRS, [future.result() for future in playing], strict=True))


@pytest.mark.parametrize("pair", PAIRS[1:], ids="-".join)
@pytest.mark.parametrize("task", range(len(TASKS)), ids=[" ".join(task).strip() for task in TASKS])
def test_a_task_ends_as_with_the_stock_pair(task: int, pair: tuple[str, str], results: Results) -> None:
    assert results[pair][task] == results[PAIRS[0]][task]


def test_each_state_has_been_reached_and_found(results: Results) -> None:
    outcomes = {
        (state, result.partition(":")[0]) for (_, state, _), result in zip(TASKS, results[PAIRS[0]], strict=True)
    }
    states = {state for _, state, _ in TASKS}
    assert {(state, CHANGED) for state in states} | {(state, OK) for state in states - {"restarted"}} <= outcomes
    assert {(state, "failed") for state in states} <= outcomes
