"""One daemon under observation, stock supervisord or initd, in a directory of its own."""

from __future__ import annotations

import contextlib
import io
import os
import re
import signal
import subprocess
import sys
import threading
import time
import xmlrpc.client
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

from supervisor.options import ClientOptions
from supervisor.supervisorctl import Controller
from supervisor.xmlrpc import SupervisorTransport

from tests.conformance.lifecycle_log import Line, MainLog

ROOT = Path(__file__).resolve().parents[2]
# Stock imports some of itself only once it is another user, who may not be able to read where it lies.
STOCK = """
import runpy
import supervisor.dispatchers, supervisor.http, supervisor.process, supervisor.rpcinterface, supervisor.web
runpy.run_module("supervisor.supervisord", run_name="__main__", alter_sys=True)
"""
COMMANDS = {"stock": ("-c", STOCK), "initd": ("-m", "initd")}
# What is waited for ends the wait when it comes: patience costs nothing but the time to report what never comes.
PATIENCE_S = 90.0
TICK_S, TICK_MOST_S = 0.02, 0.2

# What says the same on both sides although the text cannot be the same.
FORGET = (
    (re.compile(r"\b(pid|PID) \d+"), r"\1 N"),
    (re.compile(r"\((pid )?\d+\)"), "(N)"),
    (re.compile(r"uptime \d+:\d\d:\d\d"), "uptime T"),
    (re.compile(r"[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M"), "WHEN"),
    (re.compile(r"file: \S+ line: \d+"), "file: F line: L"),
    (re.compile(r"(uncaptured python exception), closing channel .* with name (\S+) .*"), r"\1 of \2"),
    (re.compile(r"---(\w+)-\w{8}\.log"), r"---\1-RANDOM.log"),
)


class Late(Exception):
    """What a step waited for did not come."""


def descendants(pid: int) -> list[int]:
    """The pids below a process, however deep."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *descendants(int(child))]
    return found


def cmdline(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


class Side:
    def __init__(self, kind: str, directory: Path) -> None:
        self.kind, self.dir = kind, directory
        self.daemon: subprocess.Popen[bytes] | None = None
        self.pid = 0
        self.marks: dict[str, int] = {}
        self._log = MainLog(directory / "main.log", self.same)
        self._lock = threading.Lock()
        self._seen: tuple[float, float, dict[str, dict[str, Any]]] = (0.0, 0.0, {})
        directory.mkdir(parents=True)
        directory.chmod(0o777)

    # -- the daemon ----------------------------------------------------------------------------------------------
    @property
    def url(self) -> str:
        return f"unix://{self.dir}/s.sock"

    def environment(self) -> dict[str, str]:
        base = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/root", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        modules = self.dir / "modules"  # of a scenario that brings some
        path = f"{ROOT}:{modules}" if modules.exists() else str(ROOT)
        return base | {"PYTHONPATH": path, "FROM_LAUNCHER": "yes"}

    def fill(self, text: str) -> str:
        return text.replace("@DIR@", str(self.dir)).replace("@PY@", sys.executable)

    def write(self, name: str, text: str | bytes, mode: int = 0o644) -> None:
        """A file that is whole as soon as it is there."""
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_name(f".{path.name}.new")
        made.write_bytes(text if isinstance(text, bytes) else self.fill(text).encode())
        made.chmod(mode)
        made.rename(path)

    def launch(self, *args: str, conf: str = "s.conf", prefix: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
        command = [*prefix, sys.executable, *COMMANDS[self.kind], "-c", str(self.dir / conf), *args]
        with (self.dir / "daemon.stdout").open("ab") as out, (self.dir / "daemon.stderr").open("ab") as err:
            return subprocess.Popen(
                command,
                cwd=self.dir,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                umask=0o022,
                start_new_session=True,
            )

    def start(self, *args: str, prefix: tuple[str, ...] = ()) -> None:
        self.daemon = self.launch("-n", *args, prefix=prefix)
        self.pid = self.daemon.pid
        self.wait(self.answers, "the daemon to answer")

    def answers(self) -> bool:
        if self.daemon and self.daemon.poll() is not None:
            raise Late(f"the daemon ended with {self.daemon.returncode}: {self.text('daemon.stderr')}")
        try:
            return bool(self.proxy().supervisor.getPID())
        except (OSError, xmlrpc.client.Error):
            return False

    def born(self) -> None:
        """Every child is what it was started as: stock loses a signal that reaches a child before its exec."""
        for pid in descendants(self.pid):
            self.wait(lambda pid=pid: cmdline(pid) != cmdline(self.pid) or not alive(pid), f"{pid} to exec")

    def close(self) -> None:
        """End the daemon and all below it; what has left its tree ends with the whole run."""
        for pid in (self.pid, *descendants(self.pid)) if self.pid and alive(self.pid) else ():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.daemon:
            self.daemon.wait()

    # -- asking --------------------------------------------------------------------------------------------------
    def proxy(self) -> xmlrpc.client.ServerProxy:
        return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=SupervisorTransport("", "", self.url))

    def rpc(self, method: str, *args: Any) -> Any:
        if "start" not in method and "get" not in method:
            self.born()
        try:
            return self.same(getattr(self.proxy(), method if "." in method else f"supervisor.{method}")(*args))
        except xmlrpc.client.Fault as fault:
            return f"fault {fault.faultCode} {self.same(fault.faultString)}"
        except xmlrpc.client.ProtocolError as error:
            return f"http {error.errcode}"
        except ExpatError:
            return "no XML"

    def ctl(self, *args: str) -> tuple[int, str]:
        """What the stock client says: its own code, without a process for each call."""
        self.born()
        options, printed = ClientOptions(), io.StringIO()
        options.realize(["-c", str(self.dir / "s.conf"), *args], doc="")
        controller = Controller(options, stdout=printed)
        controller.onecmd(" ".join(args))
        return controller.exitstatus, self.same(printed.getvalue())

    def infos(self, since: float) -> dict[str, dict[str, Any]]:
        """All processes by `group:name`; one question serves every step that waits at the same time."""
        with self._lock:
            if self._seen[0] <= since or time.monotonic() - self._seen[1] > TICK_MOST_S / 2:
                asked = time.monotonic()
                rows: Any = self.proxy().supervisor.getAllProcessInfo()
                self._seen = (asked, time.monotonic(), {f"{row['group']}:{row['name']}": row for row in rows})
            return self._seen[2]

    def info(self, name: str) -> dict[str, Any]:
        spec = name if ":" in name else f"{name}:{name}"
        row = self.ask("getProcessInfo", spec)
        known = {key: row[key] for key in row if key not in ("now", "start", "stop", "pid")}
        return self.same(known | {f"has {key}": row[key] > 0 for key in ("start", "stop", "pid")})

    # -- reading -------------------------------------------------------------------------------------------------
    def text(self, name: str) -> str:
        try:
            return (self.dir / name).read_text("utf-8", "replace")
        except FileNotFoundError:
            return ""

    def log(self) -> list[Line]:
        """The main log as (level, message), without what programs wrote."""
        return self._log.lines()

    def settled(self) -> list[Line]:
        """The main log with all that has been told until now: initd answers before it has written."""

        def beats() -> int:
            return sum(text.startswith("sending heart") for _, text in self.log())

        if alive(self.pid):
            count = beats()
            with contextlib.suppress(OSError):
                if self.rpc("signalProcess", "heart", 0) is True:
                    self.wait(lambda: beats() > count or not alive(self.pid), "the log to be written")
        return self.log()

    def ask(self, method: str, *args: Any) -> Any:
        """The bare answer, for steps that need a value of this side."""
        return getattr(self.proxy().supervisor, method)(*args)

    def same(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.same(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(self.same(item) for item in value)
        if isinstance(value, bytes):
            return value.replace(str(self.dir).encode(), b"DIR")
        if isinstance(value, str):
            value = value.replace(str(self.dir), "DIR").replace(sys.executable, "PYTHON")
            for pattern, word in FORGET:
                value = pattern.sub(word, value)
        return value

    def wait(self, condition: Any, what: str) -> Any:
        limit, tick = time.monotonic() + PATIENCE_S, TICK_S
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > limit:
                raise Late(f"{self.kind}: waited {PATIENCE_S:.0f} s for {what}")
            time.sleep(tick)
            tick = min(tick * 1.3, TICK_MOST_S)
