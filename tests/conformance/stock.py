"""Daemons to compare: the stock supervisord 4.3.0 and ours, each in a folder of its own with a UNIX socket.

    with start(STOCK, folder, "[program:cat]\ncommand=/bin/cat\n") as daemon:
        daemon.rpc.getAllProcessInfo()

Every process of a daemon is gone when its context ends, however the test went.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

STOCK = (sys.executable, "-m", "supervisor.supervisord")
OURS = (sys.executable, "-m", "initd")
ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 90.0  # for twenty daemons that start at once on a machine that is busy

RPCINTERFACE = """
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""
FRAME = """
[unix_http_server]
file = %(here)s/s.sock
{server}
[supervisord]
logfile = %(here)s/main.log
pidfile = %(here)s/s.pid
childlogdir = %(here)s
[supervisorctl]
serverurl = unix://%(here)s/s.sock
{client}
"""


def environment() -> dict[str, str]:
    """The same wherever the tests run, with this tree importable: some answers list the names of all variables."""
    given = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/root", "LANG": "C.UTF-8", "TERM": "dumb"}
    return given | {"PYTHONPATH": str(ROOT)}


def until(what: str, condition: Callable[[], Any]) -> Any:
    """The first true value of `condition`; AssertionError naming `what` when it takes too long."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError(f"never came true: {what}")


class Daemon:
    """A running daemon; `config` is its file, `folder` where everything of it lives, `port` one it may listen on."""

    def __init__(self, command: Sequence[str], config: Path, port: int = 0) -> None:
        self.config, self.folder, self.port = config, config.parent, port
        self.socket = self.folder / "s.sock"
        self._credentials = _credentials(config.read_text())
        self._output = (self.folder / "output").open("ab")
        self.process = subprocess.Popen(
            [*command, "-n", "-c", str(config)],
            cwd=self.folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )

    @property
    def rpc(self) -> Any:
        """A fresh proxy of the supervisor namespace."""
        transport = SupervisorTransport(*self._credentials, f"unix://{self.socket}")
        return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport).supervisor

    def answers(self) -> bool:
        """Whether the socket is served; AssertionError when the daemon has ended instead."""
        if self.process.poll() is not None:
            raise AssertionError(f"the daemon ended early:\n{self.output()}")
        with contextlib.suppress(OSError, xmlrpc.client.Error):
            self.rpc.getState()
            return True
        return self.socket.exists() and not self._uses_rpc()

    def _uses_rpc(self) -> bool:
        return "[rpcinterface:supervisor]" in self.config.read_text()

    def state(self, name: str) -> str:
        """The state name of a process, `` while the daemon cannot say."""
        with contextlib.suppress(OSError, xmlrpc.client.Error):
            return str(self.rpc.getProcessInfo(name)["statename"])
        return ""

    def wait_for_state(self, name: str, *states: str) -> None:
        until(f"{name} is {' or '.join(states)}", lambda: self.state(name) in states)

    def output(self) -> str:
        """What the daemon has printed itself."""
        return (self.folder / "output").read_text(errors="replace")

    def stop(self) -> None:
        """End the daemon and everything it started, at once."""
        children = _descendants(self.process.pid)
        self.process.kill()
        self.process.wait()
        for pid in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._output.close()


def _credentials(config: str) -> list[str]:
    """The last name and password of a configuration, the client's if it has any; harmless ones if there are none."""
    found = [re.findall(rf"^{key} *= *(.+)$", config, re.MULTILINE) for key in ("username", "password")]
    return [values[-1].replace("%%", "%") if values else "none" for values in found]


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _descendants(pid: int) -> list[int]:
    """The pids below a process, however deep."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *_descendants(int(child))]
    return found


@contextlib.contextmanager
def start(
    command: Sequence[str], folder: Path, programs: str, server: str = "", client: str = "", frame: str = FRAME
) -> Iterator[Daemon]:
    """A daemon that answers, with `programs` added to a plain configuration and a few lines to its two ends.

    `{port}` in `server` is a free TCP port of the loopback interface.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "supervisord.conf"
    port = _free_port() if "{port}" in server else 0
    server = server.replace("{port}", str(port))
    config.write_text(frame.format(server=server, client=client) + (RPCINTERFACE if frame is FRAME else "") + programs)
    daemon = Daemon(command, config, port)
    try:
        until("the daemon answers", daemon.answers)
        yield daemon
    finally:
        daemon.stop()
