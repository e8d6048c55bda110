"""As the first process of a pid namespace, as in a container: every zombie, every orphan and every signal is ours."""

from __future__ import annotations

import os
import resource
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.instance import Instance, is_stock, stat_fields, until

pytestmark = pytest.mark.usefixtures("as_root")

UNSHARE = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child=KILL")
FRAME = """
[supervisord]
logfile = %(here)s/main.log
pidfile = %(here)s/main.pid
childlogdir = %(here)s
directory = %(here)s
user = root
[unix_http_server]
file = %(here)s/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl = unix://%(here)s/s.sock
"""


def start(instance: Callable[[str], Instance], text: str, *options: str) -> tuple[Instance, int]:
    """Start as PID 1 of a new namespace; the instance, and the process id of that PID 1 seen from here."""
    made = instance(FRAME + text)
    made.start(*options, prefix=UNSHARE)
    assert made.pid == 1
    assert made.process is not None
    return made, int(Path(f"/proc/{made.process.pid}/task/{made.process.pid}/children").read_text())


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_orphans_that_end_are_reaped_whoever_left_them(instance: Callable[[str], Instance]) -> None:
    text = """
[program:careless]
command = sh -c "for n in 1 2 3 4 5 6 7 8; do (sleep 0.1; echo $n >>orphans) & done; exec sleep 1000"
directory = %(here)s
[program:vanishing]
command = sh -c "(sleep 0.2; echo late >>orphans) & exit 0"
directory = %(here)s
autorestart = false
startsecs = 0
"""
    made, init = start(instance, text, "-n")
    orphans = made.folder / "orphans"
    until("the last word of every orphan", lambda: orphans.exists() and len(orphans.read_text().split()) == 9)
    # The one child left is careless's sleep, whose own children careless has to reap or, once it is gone, we.
    os.kill(children(init)[0], signal.SIGKILL)
    until("another careless", lambda: "exited: careless" in (made.folder / "main.log").read_text())
    until("no zombie below PID 1", lambda: not [pid for pid in children(init) if stat_fields(pid)[:1] == ["Z"]])
    made.until_running("careless")


def test_term_stops_programs_in_reverse_order_of_priority_and_exits_0(instance: Callable[[str], Instance]) -> None:
    text = "".join(
        f"[program:{name}]\ncommand = sleep 1000\npriority = {priority}\nstartsecs = 0\n"
        for priority, name in enumerate(("first", "second", "third"), 1)
    )
    made, init = start(instance, text, "-n")
    made.until_running("first", "second", "third")
    os.kill(init, signal.SIGTERM)
    assert made.wait() == 0
    log = (made.folder / "main.log").read_text()
    assert "received SIGTERM indicating exit request" in log
    stopped = [line.split("stopped: ")[1].split()[0] for line in log.splitlines() if "stopped: " in line]
    assert stopped == ["third", "second", "first"]
    made.until_gone()


def test_what_escaped_its_supervisor_gets_term_and_then_kill_before_exit(instance: Callable[[str], Instance]) -> None:
    text = """
[program:escaping]
command = sh -c "setsid ./polite & setsid ./deaf & exec sleep 1000"
directory = %(here)s
startsecs = 0
"""
    if is_stock():
        pytest.xfail("D6: there the kernel kills leftovers without a warning")
    made = instance(FRAME + text)
    for name, body in (("polite", "trap 'echo polite >>said; exit' TERM"), ("deaf", "trap '' TERM")):
        script = made.folder / name
        script.write_text(f"#!/bin/sh\n{body}\necho {name} >>started\nwhile :; do sleep 0.1 & wait; done\n")
        script.chmod(0o755)
    made.start("-n", prefix=UNSHARE)
    assert made.process is not None
    init = children(made.process.pid)[0]
    started = made.folder / "started"
    until("both escaped", lambda: started.exists() and sorted(started.read_text().split()) == ["deaf", "polite"])
    os.kill(init, signal.SIGTERM)
    assert made.wait() == 0
    assert (made.folder / "said").read_text() == "polite\n"
    made.until_gone()


def test_pid_1_stays_in_front_even_if_the_file_says_to_daemonize(instance: Callable[[str], Instance]) -> None:
    if is_stock():
        pytest.xfail("D25: there PID 1 daemonizes and the container ends")
    made, init = start(instance, "[program:x]\ncommand = sleep 1000\n")
    made.until_running("x")
    os.kill(init, signal.SIGTERM)
    assert made.wait() == 0


def test_pid_1_without_a_descriptor_left_lives_and_answers_again_when_it_has_some(
    instance: Callable[[str], Instance],
) -> None:
    made, init = start(instance, "[program:x]\ncommand = sleep 1000\nstartsecs = 0\n", "-n")
    made.until_running("x")
    before = resource.prlimit(init, resource.RLIMIT_NOFILE)
    resource.prlimit(init, resource.RLIMIT_NOFILE, (len(os.listdir(f"/proc/{init}/fd")) - 3, before[1]))
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.connect(str(made.folder / "s.sock"))
    client.sendall(b"GET /nothing HTTP/1.0\r\n\r\n")
    os.kill(children(init)[0], signal.SIGKILL)
    log = made.folder / "main.log"
    until("an attempt that failed", lambda: "too many open files to spawn 'x'" in log.read_text())
    resource.prlimit(init, resource.RLIMIT_NOFILE, before)
    made.until_running("x")
    client.settimeout(60)
    assert client.recv(12) == b"HTTP/1.1 404"
    client.close()
    assert "uncaptured" not in log.read_text()
