"""Every behaviour of the catalogue as a whole scenario: the daemon tells of it on Linux what it tells on the simulated kernel.

All of them are given at once, by whoever asks first, for they mostly sleep (`sim.twins`); the tests only look at what came of it.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from pathlib import Path

import pytest

from sim.children.behaviours import CATALOGUE
from sim.scenario import SECOND_NS, Group, Kind, Op, Program, Scenario
from sim.twins import twins

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="a pid namespace of its own takes root"),
    pytest.mark.timeout(600),
]

AT_A_TIME = 30
UNTIL_S = 11.5
PIDFILE = "/var/run/x.pid"
INIT, CHILD = "as PID 1", "below an init"
HOW_DAEMONS_END = [
    "sleep 0.4s, daemonize",
    "sleep 0.4s, daemonize keep pipe for 3s",
    "python-daemon by default after 0.4s",
    f"python-daemon by default after 0.4s with pidfile {PIDFILE}",
    "python-daemon detached after 0.4s",
    "python-daemon in front after 0.4s",
    "sleep 0.4s, fork orphans 5 for 2s",
    "sleep 0.4s, orphan new session for 5s",
]
"""What depends on whose orphans become whose children is given in both places."""
BEHAVIOURS = [
    "run forever",
    "exit 0 after 2.6s",
    "exit 0 200ms before 1s",
    "exit 0 200ms after 1s",
    "crash after 0.3s exit 1",
    "crash after 1.4s by KILL",
    "segv after 1.4s",
    "ignore TERM",
    "slow start 1.6s",
    "slow term 1.3s",
    "exit on second term",
    "exit 3 on TERM",
    "stop self after 1.4s",
    "dstate 3.5s after 1.5s",
    f"sleep 0.4s, daemonize with pidfile {PIDFILE}",
    f"sleep 0.4s, daemonize with late pidfile {PIDFILE}",
    f"sleep 0.4s, daemonize with stale pidfile {PIDFILE}",
    f"sleep 0.4s, daemonize with empty pidfile {PIDFILE}",
    f"sleep 0.4s, daemonize with foreign pidfile {PIDFILE}",
    f"python-daemon detached after 0.4s with pidfile {PIDFILE} for 3s",
    "sleep 0.4s, orphan swarm 30",
    "sleep 0.4s, orphan holds pipe for 5s",
    "sleep 0.4s, fork bomb 40",
    "sleep 0.4s, fork bomb limited to 20",
    "flood 100000",
    "print hello every 0.5s",
    "partial lines",
    "close stdio",
    "read stdin",
    "copy stdin",
    "sleep 0.4s, answer hello",
    "exec fails ENOENT",
    "exec fails EACCES",
    "exec fails ENOEXEC",
    "listen OK",
    "sleep 2.6s, exit 2",
    "flap 1 times after 0.3s then run",
    *HOW_DAEMONS_END,
]
OPTIONS: dict[str, dict[str, int]] = {"dstate 3.5s after 1.5s": {"stopwaitsecs": 1}}
"""Others than usual, so that SIGKILL meets it in its disk sleep."""
CASES = [*[(each, INIT) for each in BEHAVIOURS], *[(each, CHILD) for each in HOW_DAEMONS_END]]


def scenario(behaviour: str) -> Scenario:
    """One program that behaves so: left alone, stopped, started again, and stopped by the end of the daemon."""
    options: dict[str, int] = {"startretries": 1, "stopwaitsecs": 2, **OPTIONS.get(behaviour, {})}
    program = Program("p", behaviour=behaviour, **options)
    ops = (
        Op(int(3.4 * SECOND_NS), Kind.STOP, "p:p"),
        Op(int(5.8 * SECOND_NS), Kind.START, "p:p"),
        Op(int(8.0 * SECOND_NS), Kind.SHUTDOWN),
    )
    return Scenario((Group("p", (program,)),), ops, int(UNTIL_S * SECOND_NS))


@pytest.fixture(scope="session")
def given(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What came of every case, [outcome, reason] by its name; given by one worker, read by the others."""
    folder = tmp_path_factory.getbasetemp()
    told = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "scenarios.json"
    with Path(f"{told}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            asked = [(f"{behaviour}, {where}", scenario(behaviour), where == INIT) for behaviour, where in CASES]
            came = {twin.name: [twin.outcome.value, twin.reason] for twin in twins(asked, AT_A_TIME)}
            told.write_text(json.dumps(came))
    results: dict[str, list[str]] = json.loads(told.read_text())
    return results


@pytest.mark.parametrize(("behaviour", "where"), CASES)
def test_linux_and_the_simulated_kernel_have_the_daemon_tell_the_same_of(
    given: dict[str, list[str]], behaviour: str, where: str
) -> None:
    outcome, reason = given[f"{behaviour}, {where}"]
    assert outcome == "pass", reason


def test_every_behaviour_of_the_catalogue_has_a_scenario() -> None:
    phrases = [" ".join(phrase.split()) for behaviour in BEHAVIOURS for phrase in behaviour.split(",")]
    missing = [
        example for pattern, _, example in CATALOGUE if not any(re.fullmatch(pattern, phrase) for phrase in phrases)
    ]
    assert missing == []
    assert any(behaviour.startswith("flap ") for behaviour in BEHAVIOURS)
    assert len(CATALOGUE) + 1 >= 24
