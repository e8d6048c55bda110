"""The system log on the real kernel: a socket at /dev/log whose receiver is there, is restarted, does not read, or is missing."""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.instance import ROOT, Instance, is_stock, type_line, until

pytestmark = pytest.mark.usefixtures("as_root")

CONFIG = """
[supervisord]
logfile = {logfile}
pidfile = %(here)s/main.pid
user = root
{more}
[unix_http_server]
file = %(here)s/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl = unix://%(here)s/s.sock
[program:told]
command = sh -c "echo ready; read line; while echo $line; do sleep 0.01; done"
stdout_logfile = %(here)s/told.log
stdout_syslog = true
startsecs = 0
[program:other]
command = sleep 1000
startsecs = 0
"""
RECORD = re.compile(rb"<14>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d supervisord: (.*)", re.S)
LONG = "x" * 1000


class Receiver:
    """A syslogd that reads when asked to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)
        self.texts: list[bytes] = []

    def read(self) -> list[bytes]:
        """What all records say that have come until now."""
        with contextlib.suppress(BlockingIOError):
            while True:
                found = RECORD.fullmatch(self._socket.recv(1 << 20))
                assert found is not None
                self.texts.append(found[1])
        return self.texts

    def close(self) -> None:
        self._socket.close()
        self._path.unlink(missing_ok=True)


@pytest.fixture
def receive() -> Iterator[Callable[[Instance], Receiver]]:
    made: list[Receiver] = []

    def make(where: Instance) -> Receiver:
        made.append(Receiver(where.folder / "log"))
        return made[-1]

    yield make
    for receiver in made:
        receiver.close()


def start(made: Instance, *options: str) -> None:
    prefix = ("unshare", "--mount", "--propagation", "private", "sh", str(ROOT / "tests/own_dev.sh"), str(made.folder))
    made.start(*options, prefix=prefix)


def told(made: Instance, pattern: str) -> list[str]:
    return re.findall(pattern, (made.folder / "main.log").read_text())


def test_each_line_is_a_record_and_a_restarted_receiver_gets_the_next(
    instance: Callable[[str], Instance], receive: Callable[[Instance], Receiver]
) -> None:
    made = instance(CONFIG.format(logfile="%(here)s/main.log", more=""))
    receiver = receive(made)
    start(made, "-n", "-s")
    until("the first line", lambda: receiver.read() == [b"told ready"])
    receiver.close()
    receiver = receive(made)
    made.ctl("restart", "told")
    until("another line", lambda: receiver.read() == [b"told ready"])
    assert told(made, "/dev/log.*") == []
    assert (made.folder / "told.log").read_text() == "ready\nready\n"


def test_a_receiver_that_does_not_read_delays_nobody_and_what_it_misses_is_counted(
    instance: Callable[[str], Instance], receive: Callable[[Instance], Receiver]
) -> None:
    if is_stock():
        pytest.xfail("there the whole daemon hangs in the sending")
    made = instance(CONFIG.format(logfile="%(here)s/main.log", more=""))
    receiver = receive(made)
    start(made, "-n", "-s")
    until("the first line", lambda: receiver.read() == [b"told ready"])
    log = made.folder / "told.log"
    type_line(made, "told", LONG + "\n")
    until("a full socket", lambda: told(made, "could not write to log target '/dev/log'"))
    size = log.stat().st_size
    until("output that goes on", lambda: log.stat().st_size > size)
    old = made.pid_of("other")
    assert made.ctl("restart", "other").returncode == 0
    made.until_replaced("other", old)
    until("the end of the trouble", lambda: receiver.read() and told(made, r"takes output again, \d+ bytes were lost"))
    made.ctl("stop", "told")
    until("every line to be received or counted", lambda: accounted(made, receiver, log))


def accounted(made: Instance, receiver: Receiver, log: Path) -> bool:
    """Whether the lines that came and the bytes that were lost are all there were."""
    record_bytes = len(b"<14>Jan  1 00:00:00 supervisord: told \n") - 1 + len(LONG)
    lost = sum(int(count) for count in told(made, r"(\d+) bytes were lost"))
    written = log.read_text().count(LONG)
    assert lost % record_bytes == 0 < lost
    return receiver.read().count(b"told " + LONG.encode()) + lost // record_bytes == written


@pytest.mark.parametrize("daemon", [False, True])
def test_the_main_log_may_go_there_in_front_and_in_the_background(
    instance: Callable[[str], Instance], receive: Callable[[Instance], Receiver], daemon: bool
) -> None:
    made = instance(CONFIG.format(logfile="syslog", more=f"nodaemon = {not daemon}"))
    receiver = receive(made)
    start(made)
    made.until_running("told", "other")
    until("the first lines", lambda: b"told ready" in receiver.read())
    assert made.ctl("shutdown").returncode == 0
    made.until_gone()
    heading = rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (?:CRIT|WARN|INFO) [^\n]*\n"
    lines = [text for text in receiver.read() if text != b"told ready"]
    assert all(re.fullmatch(heading, line) for line in lines), lines
    wanted = ("INFO spawned: 'told' with pid", "INFO success: other entered", "stopped: told")
    assert all(any(word.encode() in line for line in lines) for word in wanted), lines
    shown = b"spawned: 'told'" in made.output().encode()
    assert shown is not daemon, "a copy on standard output is for the foreground"
    assert not (made.folder / "syslog").exists()


def test_without_a_receiver_one_line_says_so_and_one_at_the_end_how_much_was_lost(instance: Callable[[str], Instance]) -> None:
    if is_stock():
        pytest.xfail("nothing is said there")
    made = instance(CONFIG.format(logfile="%(here)s/main.log", more=""))
    start(made, "-n", "-s")
    for _ in range(3):
        made.ctl("restart", "told")
    until("all lines in the file", lambda: (made.folder / "told.log").read_text().count("ready") >= 4)
    assert made.ctl("shutdown").returncode == 0
    assert made.wait() == 0
    assert len(told(made, "could not write to log target '/dev/log'")) == 1
    lost = (made.folder / "told.log").read_text().count("ready") * len("<14>Jan  1 00:00:00 supervisord: told ready")
    assert told(made, "log target '/dev/log' is closed, (\\d+) bytes were lost") == [str(lost)]
