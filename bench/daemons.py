"""Who is measured: initd, stock supervisord and runit's runsv, each in the foreground in a folder of its own.

INITD_COMMAND names the initd to measure; else it is the `initd` installed beside this interpreter, unless that is an
editable installation; else this tree, run by an isolated interpreter as the installed script would.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import proc
import rpc

PATIENCE_S = 300.0
POLL_S = 0.0001
"""Between two looks at /proc: the resolution of every time that is taken by looking there."""
ONE_PROGRAM = "[program:p]\ncommand = {command}\nautorestart = true\nstartsecs = 0\n"
CONFIG = """
[supervisord]
logfile = %(here)s/main.log
logfile_maxbytes = 0
pidfile = %(here)s/main.pid
childlogdir = %(here)s
minfds = 10000
nodaemon = true
silent = true
{user}
[unix_http_server]
file = %(here)s/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""


class TooSlow(Exception):
    """A daemon did not do in time what was asked of it."""


def until(what: str, condition: Callable[[], Any], patience_s: float = PATIENCE_S, poll_s: float = 0.01) -> Any:
    """The first true value of `condition`; TooSlow naming `what` if there is none in time."""
    deadline = time.monotonic() + patience_s
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TooSlow(what)
        time.sleep(poll_s)
    return value


class Daemon:
    """A daemon and what it runs; use it in a `with`, whose end leaves no process and no file behind."""

    name = ""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="bench."))  # short: UNIX socket paths are
        self.process: subprocess.Popen[bytes] | None = None
        self.waited_s = 0.0

    @classmethod
    def available(cls) -> bool:
        """Whether it is installed here."""
        return True

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGSTOP)  # nothing is born any more while we look
            for pid in [*proc.descendants(self.pid), self.pid]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait(PATIENCE_S)
        shutil.rmtree(self.folder, ignore_errors=True)

    def command(self) -> Sequence[str]:
        """What to execute."""
        raise NotImplementedError

    def one_program(self, command: str) -> None:
        """Configure a single program that is always restarted and up as soon as it is there."""
        raise NotImplementedError

    def start(self) -> None:
        """Execute it."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "SUPERVISOR"))}
        nothing = subprocess.DEVNULL
        self.process = subprocess.Popen(
            self.command(), cwd=self.folder, env=kept, stdin=nothing, stdout=nothing, stderr=nothing
        )

    @property
    def pid(self) -> int:
        """The process id of the daemon."""
        assert self.process is not None, "it has been started"
        return self.process.pid

    def until_children(self, count: int) -> list[int]:
        """Wait until it has that many; their process ids."""
        until(f"{self.name}: {count} children", lambda: len(proc.children(self.pid)) >= count)
        return proc.children(self.pid)

    def time_restart(self, victim: int, patience_s: float = PATIENCE_S) -> tuple[float, int]:
        """Kill a child of its; seconds until a successor is there, and its process id.

        `waited_s` is what the scheduler has certainly added to that: for how long the daemon's main thread, or else the
        one that looks, was ready and had no processor; of the two the longer, since they may have waited together.
        """
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        known = set(children.read_text().split())
        waiting = (self.pid, os.getpid())
        before = [proc.waited_s(pid) for pid in waiting]
        began = time.monotonic()
        os.kill(victim, signal.SIGKILL)
        new = until(f"{self.name}: a successor", lambda: set(children.read_text().split()) - known, patience_s, POLL_S)
        seconds = time.monotonic() - began
        self.waited_s = max(proc.waited_s(pid) - earlier for pid, earlier in zip(waiting, before))
        return seconds, int(new.pop())

    def time_shutdown(self) -> float:
        """Ask it to end in good order; seconds until it has."""
        assert self.process is not None
        began = time.monotonic()
        self.process.terminate()
        if self.process.wait(PATIENCE_S) != 0:
            raise TooSlow(f"{self.name}: exit status {self.process.returncode}")
        return time.monotonic() - began


class Supervisord(Daemon):
    """The stock one, of the environment this runs in."""

    name = "supervisord"

    def command(self) -> Sequence[str]:
        return [sys.executable, "-m", "supervisor.supervisord", "-c", str(self.folder / "c.conf")]

    def configure(self, sections: str) -> None:
        """Write a configuration: a plain daemon with one socket, and these sections."""
        user = "user = root" if os.geteuid() == 0 else ""
        (self.folder / "c.conf").write_text(CONFIG.format(user=user) + sections)

    def one_program(self, command: str) -> None:
        self.configure(ONE_PROGRAM.format(command=command))

    @property
    def socket(self) -> Path:
        """Where it answers."""
        return self.folder / "s.sock"

    @property
    def rpc(self) -> Any:
        """Its XML-RPC interface."""
        return rpc.proxy(self.socket)

    def states(self) -> list[str]:
        """The state of every program."""
        return [info["statename"] for info in self.rpc.supervisor.getAllProcessInfo()]

    def until_all(self, state: str) -> None:
        """Wait until every program is in that state."""
        until(f"{self.name}: all {state}", self.socket.exists)
        until(f"{self.name}: all {state}", lambda: set(self.states()) == {state}, poll_s=0.1)


class Initd(Supervisord):
    """Ours."""

    name = "initd"

    def command(self) -> Sequence[str]:
        return [*initd_command(), "-c", str(self.folder / "c.conf")]


class Runsv(Daemon):
    """runit's supervisor of one program."""

    name = "runsv"

    @classmethod
    def available(cls) -> bool:
        return shutil.which("runsv") is not None

    def command(self) -> Sequence[str]:
        return ["runsv", str(self.folder)]

    def one_program(self, command: str) -> None:
        run = self.folder / "run"
        run.write_text(f"#!/bin/sh\nexec {command}\n")
        run.chmod(0o755)


DAEMONS: tuple[type[Daemon], ...] = (Initd, Supervisord, Runsv)
SUPERVISORS: tuple[type[Supervisord], ...] = (Initd, Supervisord)


def available() -> list[type[Daemon]]:
    """Those of the three that are installed."""
    return [kind for kind in DAEMONS if kind.available()]


def initd_command() -> list[str]:
    """The initd that is measured."""
    if given := os.environ.get("INITD_COMMAND"):
        return shlex.split(given)
    script = Path(sys.executable).parent / "initd"
    if script.exists() and (Path(sysconfig.get_path("purelib")) / "initd").is_dir():
        return [str(script)]
    return [sys.executable, "-IS", str(Path(__file__).resolve().parent / "from_tree.py")]
