"""A child the daemon may not kill, in a container without CAP_KILL: it outlives a reload, and costs the next session nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from tests.e2e.instance import Instance, alive, is_stock, stat_fields, until

pytestmark = pytest.mark.usefixtures("as_root")

WITHOUT_KILL = ("setpriv", "--bounding-set=-kill", "--inh-caps=-kill", "--")
CONFIG = """
[supervisord]
logfile = %(here)s/main.log
pidfile = %(here)s/main.pid
user = root
[unix_http_server]
file = %(here)s/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl = unix://%(here)s/s.sock
[program:foreign]
command = sh -c "{command}"
user = nobody
stopwaitsecs = 1
startsecs = 0
autorestart = false
"""
CALLS = 3
ENOUGH_BYTES = 1 << 20
"""A loop that spins has recorded as much within a second; one that sleeps takes a hundredth of it for these calls."""


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


@pytest.mark.parametrize(
    "command", ["exec sleep 1000", "while echo words; do sleep 0.1; done"], ids=["silent", "talkative"]
)
def test_a_child_that_may_not_be_killed_outlives_a_reload_without_keeping_the_daemon_awake_or_short(
    instance: Callable[[str], Instance], command: str
) -> None:
    if is_stock():
        pytest.xfail("there a kill that is refused ends the daemon when the child does")
    made = instance(CONFIG.format(command=command))
    made.start("-n", "-s", "--record", "rec", prefix=WITHOUT_KILL)
    daemon = made.pid
    made.until_running("foreign")
    first, before = made.pid_of("foreign"), descriptors(daemon)

    os.kill(daemon, signal.SIGHUP)
    log = made.folder / "main.log"
    until("the reload", lambda: log.read_text().count("supervisord started with pid") == 2)
    assert "unknown problem killing foreign" in log.read_text()
    second = made.until_replaced("foreign", first)
    until("the second to be another's", lambda: os.stat(f"/proc/{second}").st_uid != 0)

    record = made.folder / "rec"
    recorded = record.stat().st_size
    for _ in range(CALLS):
        assert made.states() == {"foreign": "RUNNING"}
    if "echo" in command:
        until("the first to find that nobody reads it", lambda: not alive(first))
    else:
        assert alive(first) and stat_fields(first)[1:2] == [str(daemon)]
        os.kill(first, signal.SIGKILL)  # its pipes end, which nobody watches any more
        until("the first to be reaped", lambda: not stat_fields(first))
        assert made.states() == {"foreign": "RUNNING"}
    for _ in range(CALLS):
        assert made.states() == {"foreign": "RUNNING"}
    assert record.stat().st_size - recorded < ENOUGH_BYTES
    until("as many descriptors as before", lambda: descriptors(daemon) == before)
