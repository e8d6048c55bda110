"""Programs that log to the daemon's own standard output, on the real kernel: whatever that is, whoever we are, whoever reads."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import re
import signal
import socket
import subprocess
import threading
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.instance import Instance, daemon_command, environment, stat_fields, until

pytestmark = pytest.mark.usefixtures("as_root")

UID, NOBODY = 54321, 65534
PID_1 = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child=KILL")
# Somebody who can read this tree wherever it lies, and nothing more: standard output is not theirs.
ANYBODY = ("setpriv", "--reuid", str(UID), "--regid", str(UID), "--clear-groups")
ANYBODY += ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search", "--")
FRAME = """
[supervisord]
logfile = {logfile}
logfile_maxbytes = 0
pidfile = %(here)s/main.pid
{daemon}
[unix_http_server]
file = %(here)s/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl = unix://%(here)s/s.sock
"""
PROGRAM = """
[program:{name}]
command = sh %(here)s/say.sh {name} {count}
stdout_logfile = {path}
stdout_logfile_maxbytes = 0
stdout_format = {kind}
stderr_logfile = NONE
autorestart = false
startsecs = 0
{more}
"""
SAY = """n=0
while [ $n -lt $2 ]; do printf '%s%d:' $1 $n; printf '%0200d' 0; printf '\\n'; n=$((n+1)); done
"""
COUNT = 150
WRITERS = (("a", "raw", "/dev/stdout"), ("b", "prefix", "/dev/fd/1"), ("c", "json", "/proc/self/fd/1"), ("d", "raw", "link"))
MAIN = re.compile(r'\{"time":"[^"]+","level":"')


class Read:
    """Reads a descriptor to its end on a thread, a little at a time."""

    def __init__(self, fd: int) -> None:
        self.fd, self.data = fd, b""
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        with contextlib.suppress(OSError):  # EIO is the end of a terminal
            while piece := os.read(self.fd, 777):
                self.data += piece

    def all(self) -> bytes:
        self._thread.join()
        return self.data


def launch(made: Instance, stdout: int, *prefix: str, user: int = UID) -> None:
    """Start the daemon in front with that standard output, which is then its alone."""
    (made.folder / "say.sh").write_text(SAY)
    (made.folder / "link").symlink_to("/dev/stdout")
    os.chown(made.folder, user, user)
    with (made.folder / "errors").open("wb") as errors:
        made.process = subprocess.Popen(
            [*prefix, *daemon_command(), "-n", "-c", str(made.config)],
            cwd=made.folder, env=environment(), stdin=subprocess.DEVNULL, stdout=stdout, stderr=errors,
        )  # fmt: skip
    os.close(stdout)


def init_of(made: Instance) -> int:
    """The daemon that runs as PID 1 below `unshare`, as seen from here."""
    assert made.process is not None
    path = Path(f"/proc/{made.process.pid}/task/{made.process.pid}/children")
    return int(until("an init", lambda: path.read_text().split())[0])


@contextlib.contextmanager
def output(kind: str, folder: Path) -> Iterator[tuple[int, Callable[[], bytes]]]:
    """A standard output of that kind, and what gives all that was written to it once the daemon has ended."""
    if kind in ("file", "append"):
        flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if kind == "append" else 0)
        yield os.open(folder / "out", flags, 0o600), (folder / "out").read_bytes
        return
    if kind == "socket":
        ours, theirs = (each.detach() for each in socket.socketpair())
    elif kind == "tty":
        ours, theirs = pty.openpty()
        tty.setraw(theirs)
    else:
        ours, theirs = os.pipe()
        fcntl.fcntl(ours, fcntl.F_SETPIPE_SZ, 4096)  # so that longer writes are done in parts
    if kind == "non-blocking":
        os.set_blocking(theirs, False)
    reader = Read(ours)
    yield theirs, reader.all
    os.close(ours)


def heard(data: bytes) -> dict[str, list[str]]:
    """The lines of each writer in the output; every line is somebody's, or the main log's."""
    found: dict[str, list[str]] = {name: [] for name, _, _ in WRITERS}
    for line in data.decode().removesuffix("\n").split("\n"):
        if not MAIN.match(line):
            said = json.loads(line)["message"] if line.startswith("{") else line.removeprefix("b | ")
            found[said[:1]].append(said)
    return found


def expected(name: str) -> list[str]:
    return [f"{name}{number}:{'0' * 200}" for number in range(COUNT)]


def writers(made: Instance, more: str = "") -> str:
    def path(word: str) -> str:
        return str(made.folder / word)  # as it is, if it is absolute

    return "".join(
        PROGRAM.format(name=name, kind=kind, path=path(word), count=COUNT, more=more) for name, kind, word in WRITERS
    )


def all_exited(made: Instance) -> bool:
    states = made.states()
    return len(states) == len(WRITERS) and set(states.values()) == {"EXITED"}


@pytest.mark.parametrize("kind", ["pipe", "non-blocking", "socket", "tty", "file", "append"])
def test_as_pid_1_and_anybody_every_line_arrives_whole_whatever_the_output_is(
    instance: Callable[[str], Instance], kind: str
) -> None:
    made = instance("\n")
    made.config.write_text(FRAME.format(logfile="/dev/stdout", daemon="log_format = json") + writers(made))
    if kind == "pipe":  # it could not be opened again
        shell = subprocess.Popen([*ANYBODY, "sh", "-c", "echo >/dev/stdout"], stdout=-1, stderr=-1, text=True)
        assert "Permission denied" in shell.communicate()[1]
    with output(kind, made.folder) as (theirs, everything):
        launch(made, theirs, *PID_1, *ANYBODY)
        until("the end of every writer", lambda: all_exited(made))
        os.kill(init_of(made), signal.SIGTERM)
        assert made.wait() == 0
        data = everything()
    assert heard(data) == {name: expected(name) for name, _, _ in WRITERS}
    assert len([line for line in data.decode().split("\n") if MAIN.match(line) and "exited: " in line]) == len(WRITERS)
    assert "could not" not in data.decode()


@pytest.mark.parametrize(("daemon", "more"), [("user = nobody", ""), ("user = root", "user = nobody")])
def test_a_user_that_is_set_changes_nothing(instance: Callable[[str], Instance], daemon: str, more: str) -> None:
    made = instance("\n")
    made.config.write_text(FRAME.format(logfile="/dev/stdout", daemon=f"log_format = json\n{daemon}") + writers(made, more))
    with output("pipe", made.folder) as (theirs, everything):
        launch(made, theirs, user=NOBODY)
        until("the end of every writer", lambda: all_exited(made))
        assert made.process is not None
        made.process.terminate()
        assert made.wait() == 0
        assert heard(everything()) == {name: expected(name) for name, _, _ in WRITERS}


def test_without_a_standard_output_the_programs_run_all_the_same(instance: Callable[[str], Instance]) -> None:
    made = instance("\n")
    made.config.write_text(FRAME.format(logfile="/dev/stdout", daemon="log_format = json") + writers(made))
    launch(made, os.open("/dev/null", os.O_RDONLY), *PID_1, *ANYBODY, "sh", "-c", 'exec "$@" >&-', "sh")
    until("the end of every writer", lambda: all_exited(made))
    os.kill(init_of(made), signal.SIGTERM)
    assert made.wait() == 0
    assert (made.folder / "errors").read_text() == ""


FLOOD = """
[program:flood]
command = yes flooding
stdout_logfile = /dev/stdout
stdout_logfile_maxbytes = 0
stdout_format = {kind}
startsecs = 0
[program:other]
command = sh -c "echo here >>%(here)s/other.log; exec sleep 1000"
startsecs = 0
"""


def stuck(pid: int) -> bool:
    """Whether a process waits in the middle of a write."""
    with contextlib.suppress(OSError):
        return "pipe" in Path(f"/proc/{pid}/wchan").read_text() and stat_fields(pid)[:1] == ["S"]
    return False


@pytest.mark.parametrize("kind", ["raw", "json"])
def test_a_reader_that_stops_stalls_the_writer_and_nothing_else(instance: Callable[[str], Instance], kind: str) -> None:
    made = instance("\n")
    made.config.write_text(FRAME.format(logfile="%(here)s/main.log", daemon="silent = true") + FLOOD.format(kind=kind))
    ours, theirs = os.pipe()
    launch(made, theirs, *PID_1, *ANYBODY)
    made.wait_until_it_answers()
    below = [int(word) for word in Path(f"/proc/{init_of(made)}/task/{init_of(made)}/children").read_text().split()]
    until("a writer that is stuck", lambda: any(stuck(pid) for pid in below))
    other = made.pid_of("other")
    assert made.ctl("signal", "KILL", "other").returncode == 0
    until("another process in its place", lambda: made.pid_of("other") not in (0, other))
    assert made.ctl("stop", "flood").stdout == "flood: stopped\n"
    assert made.ctl("start", "flood").stdout == "flood: started\n"
    assert set(made.states().values()) == {"RUNNING"}
    os.kill(init_of(made), signal.SIGTERM)
    assert made.wait() == 0
    log = (made.folder / "main.log").read_text()
    assert "stopped: flood" in log.rpartition("received SIGTERM")[2]
    assert "is lost" not in log
    os.close(ours)


def test_a_reader_that_goes_away_costs_lines_and_is_told_of_once(instance: Callable[[str], Instance]) -> None:
    made = instance("\n")
    made.config.write_text(FRAME.format(logfile="%(here)s/main.log", daemon="silent = true") + FLOOD.format(kind="prefix"))
    ours, theirs = os.pipe()
    launch(made, theirs, *PID_1, *ANYBODY)
    made.wait_until_it_answers()
    assert os.read(ours, 1000).startswith(b"flood | flooding\n")
    os.close(ours)
    log = made.folder / "main.log"
    until("a word about it", lambda: "Broken pipe; output is lost" in log.read_text())
    made.until_running("flood", "other")
    os.kill(init_of(made), signal.SIGTERM)
    assert made.wait() == 0
    assert log.read_text().count("could not write to log target '/dev/stdout'") == 1


def test_a_bad_value_is_one_message_and_status_2(instance: Callable[[str], Instance]) -> None:
    made = instance(FRAME.format(logfile="%(here)s/main.log", daemon="log_format = jsn"))
    ended = made.run("-n")
    assert ended.returncode == 2
    line = made.config.read_text().split("\n").index("log_format = jsn") + 1
    assert f"{made.config}:{line}" in ended.stderr and "the nearest is json" in ended.stderr
    assert "Traceback" not in ended.stderr
