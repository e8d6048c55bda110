"""One daemon under test, run as its user runs it: a command, a configuration file, and the stock supervisorctl.

Nothing here knows initd: with INITD_COMMAND naming a stock supervisord the same tests drive that, which shows that it is
the tests that are right. Everything an instance started is found again by the folder it lives in, and ended.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from collections.abc import Callable
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0
CTL = (sys.executable, "-m", "supervisor.supervisorctl")
CONFIG = """
[supervisord]
logfile = %(here)s/main.log
pidfile = %(here)s/main.pid
childlogdir = %(here)s
[unix_http_server]
file = %(here)s/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl = unix://%(here)s/s.sock
"""
"""A daemon with everything in its own folder, to which programs are added."""


def daemon_command() -> list[str]:
    """INITD_COMMAND, else the `initd` installed beside this interpreter, else this tree."""
    if given := os.environ.get("INITD_COMMAND"):
        return shlex.split(given)
    installed = Path(sys.executable).parent / "initd"
    return [str(installed)] if installed.exists() else [sys.executable, "-m", "initd"]


def is_stock() -> bool:
    """Whether the reference runs in our place; what deliberately differs is not asked of it."""
    return "supervisord" in daemon_command()[-1]


def environment() -> dict[str, str]:
    """Ours, without what an outer supervisor or a developer's shell would change."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("SUPERVISOR", "PYTHON", "LC_"))}
    kept["PATH"] = kept.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"
    if "-m" in daemon_command():
        kept["PYTHONPATH"] = str(ROOT)
    return kept | {"LANG": "C.UTF-8", "TERM": "dumb"}


def until(what: str, condition: Callable[[], Any]) -> Any:
    """The first true value of `condition`; AssertionError naming `what` when it takes too long."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError(f"never came true: {what}")


def stat_fields(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; [] if there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return []


def alive(pid: int) -> bool:
    """Whether the process runs: it exists and is no zombie."""
    return stat_fields(pid)[:1] not in ([], ["Z"])


def age_s(pid: int) -> float:
    """How long a process has existed."""
    started = int(stat_fields(pid)[19]) / os.sysconf("SC_CLK_TCK")
    return float(Path("/proc/uptime").read_text().split()[0]) - started


def at_rest(pid: int) -> bool:
    """Whether every thread waits; a second after its start the daemon reads its code, after that nothing by itself."""
    tasks = [path.read_text().rpartition(") ")[2][:1] for path in Path(f"/proc/{pid}/task").glob("*/stat")]
    return age_s(pid) > 3 and set(tasks) == {"S"}


def group_members(pgid: int) -> list[int]:
    """The running processes of a process group; zombies that nobody has reaped yet do not count."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if alive(pid) and stat_fields(pid)[2:3] == [str(pgid)]]


def left_by_a_run(folder: str, names: list[str]) -> list[str]:
    """What somebody's own run of an example, maybe still under way, has put beside its files: sockets, pidfiles, logs."""
    return [name for name in names if Path(folder).name in ("log", "run") and name != ".gitignore"]


class Instance:
    """A folder with a configuration, the daemon started from it, and the stock client to drive it."""

    def __init__(self, source: Path | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="initd-e2e."))  # short: UNIX socket paths are
        self.folder.chmod(0o755)
        if source is not None:
            shutil.copytree(source, self.folder, dirs_exist_ok=True, symlinks=True, ignore=left_by_a_run)
        self.config = self.folder / "supervisord.conf"
        self.process: subprocess.Popen[bytes] | None = None

    # -- the daemon --------------------------------------------------------------------------------------------------

    def run(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Call the daemon's command and wait until it returns: the way into the background."""
        command = [*daemon_command(), "-c", str(self.config), *options]
        return subprocess.run(
            command, cwd=self.folder, env=environment(), capture_output=True, text=True, timeout=PATIENCE_S
        )

    def start(self, *options: str, prefix: tuple[str, ...] = ()) -> None:
        """Start the daemon in the foreground, behind `prefix`, and wait until it answers."""
        self.launch(*options, prefix=prefix)
        self.wait_until_it_answers()

    def launch(self, *options: str, prefix: tuple[str, ...] = (), stderr: int | None = None) -> None:
        """`start`, for a daemon that may be gone before it has answered; `stderr` is a descriptor instead of its output."""
        command = [*prefix, *daemon_command(), "-c", str(self.config), *options]
        with (self.folder / "output").open("ab") as output:
            self.process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output if stderr is None else stderr,
            )

    def wait_until_it_answers(self) -> None:
        until(f"an answer to `pid`; output: {self.output()}", lambda: self.ctl("pid").stdout.strip().isdigit())

    def output(self) -> str:
        """What the daemon has written to its own output."""
        path = self.folder / "output"
        return path.read_text() if path.exists() else ""

    def wait(self) -> int:
        """Wait for the end of the daemon started in the foreground; its exit status."""
        assert self.process is not None
        return self.process.wait(PATIENCE_S)

    @property
    def pid(self) -> int:
        return int(self.ctl("pid").stdout)

    # -- the client --------------------------------------------------------------------------------------------------

    def ctl(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the stock supervisorctl with these words."""
        command = [*CTL, "-c", str(self.config), *words]
        return subprocess.run(
            command, cwd=self.folder, env=environment(), capture_output=True, text=True, timeout=PATIENCE_S
        )

    def states(self) -> dict[str, str]:
        """Name to state, as `supervisorctl status` shows them."""
        lines = [line.split() for line in self.ctl("status").stdout.splitlines()]
        return {words[0]: words[1] for words in lines if len(words) > 1}

    def pid_of(self, name: str) -> int:
        """The process id of a program; 0 while it has none."""
        text = self.ctl("pid", name).stdout.strip()
        return int(text) if text.isdigit() else 0

    def until_running(self, *names: str) -> None:
        """Wait until these programs, or all, are RUNNING."""

        def running() -> bool:
            states = self.states()
            return bool(states) and all(states.get(name) == "RUNNING" for name in names or states)

        until(f"RUNNING: {names or 'all'}", running)

    def until_replaced(self, name: str, old: int) -> int:
        """Wait until another process than `old` is RUNNING under this name; its process id."""
        until(f"another process than {old} for {name}", lambda: self.pid_of(name) not in (0, old))
        self.until_running(name)
        return self.pid_of(name)

    # -- what it started ---------------------------------------------------------------------------------------------

    def processes(self) -> list[int]:
        """Every running process that lives in our folder, whoever its parent is now, and every descendant of one."""
        found: list[int] = []
        parents: dict[int, int] = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                inside = os.readlink(entry / "cwd").startswith(str(self.folder))
                named = str(self.folder).encode() in (entry / "cmdline").read_bytes()
            except OSError:
                continue
            fields = stat_fields(int(entry.name))
            if fields[:1] in ([], ["Z"]):
                continue
            parents[int(entry.name)] = int(fields[1])
            if inside or named:
                found.append(int(entry.name))
        for ours in found:  # it grows on the way
            found += [pid for pid, parent in parents.items() if parent == ours and pid not in found]
        return found

    def until_gone(self) -> None:
        """Wait until nothing of it runs any more."""
        until("the end of every process in its folder", lambda: not self.processes())

    def close(self) -> None:
        """End what is left by force and remove the folder."""
        deadline = time.monotonic() + PATIENCE_S
        while (left := self.processes()) and time.monotonic() < deadline:
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            time.sleep(0.02)
        if self.process is not None:
            self.process.wait(PATIENCE_S)
        shutil.rmtree(self.folder, ignore_errors=True)


def type_line(made: Instance, name: str, text: str) -> None:
    """Send text to a program's standard input, over the UNIX socket `s.sock`."""
    transport = SupervisorTransport("", "", f"unix://{made.folder}/s.sock")
    with xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport) as proxy:
        proxy.supervisor.sendProcessStdin(name, text)


def fetch(path: Path, target: str = "/") -> tuple[int, str]:
    """GET over a UNIX socket: status and body; (0, "") while nobody answers."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(PATIENCE_S)
        try:
            client.connect(str(path))
            client.sendall(f"GET {target} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
            answer = b"".join(iter(lambda: client.recv(65536), b""))
        except OSError:
            return 0, ""
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]) if head else 0, body.decode()
