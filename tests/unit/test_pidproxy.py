"""pidproxy as a supervisor uses it: real processes, real signals."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from initd import pidproxy
from initd.pidproxy import FORWARDED

# Writes its pid where a daemon would, then says which signals it gets, until its input ends. By plain writes: a signal that
# arrives inside print would find its stream busy.
WORKER = """\
import os, signal, sys
def say(number, frame):
    os.write(1, signal.Signals(number).name.encode() + b"\\n")
for name in ("TERM", "HUP", "INT", "USR1", "USR2", "QUIT"):
    signal.signal(getattr(signal, "SIG" + name), say)
with open(sys.argv[1], "w") as file:
    file.write(f"{os.getpid()}\\n")
os.write(1, b"ready %d\\n" % os.getpid())
sys.stdin.read()
"""
QUICKLY = "import sys; from initd.pidproxy import PidProxy; sys.exit(PidProxy(sys.argv[1], sys.argv[2:], 0.01).run())"


class Proxy:
    """A running pidproxy with a worker; `pid` is the worker's."""

    def __init__(self, folder: Path, pidfile: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", QUICKLY, pidfile, sys.executable, "-c", WORKER, str(folder / "worker.pid")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        word, pid = self.line().split()
        assert word == "ready"
        self.pid = int(pid)

    def line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().rstrip("\n")

    def release(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()


@contextlib.contextmanager
def proxy(folder: Path, pidfile: str = "worker.pid") -> Iterator[Proxy]:
    running = Proxy(folder, str(folder / pidfile))
    try:
        yield running
    finally:
        running.process.kill()
        running.process.wait(10)
        running.release()
        assert running.process.stdout
        running.process.stdout.read()  # ends when the worker has
        running.process.stdout.close()


def run_pidproxy(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "initd.pidproxy", *words], capture_output=True, text=True, timeout=30, check=False
    )


def test_each_signal_it_forwards_reaches_the_pid_in_the_file(tmp_path: Path) -> None:
    with proxy(tmp_path) as running:
        for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
            running.process.send_signal(number)
            assert running.line() == number.name
        assert running.process.poll() is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_it_ends_with_0_after_forwarding_a_signal_that_ends(tmp_path: Path, number: signal.Signals) -> None:
    assert number in FORWARDED
    with proxy(tmp_path) as running:
        running.process.send_signal(number)
        assert running.line() == number.name
        assert running.process.wait(10) == 0


def test_the_file_counts_when_the_signal_comes_not_at_the_start(tmp_path: Path) -> None:
    with proxy(tmp_path, "late.pid") as running:
        running.process.send_signal(signal.SIGTERM)
        assert running.line() == f"Can't read child pidfile {tmp_path}/late.pid!"
        (tmp_path / "late.pid").write_text(f"  {running.pid}\n")
        running.process.send_signal(signal.SIGHUP)
        assert running.line() == "SIGHUP"
        assert running.process.poll() is None


def test_what_is_no_number_is_an_unreadable_pidfile(tmp_path: Path) -> None:
    (tmp_path / "other.pid").write_text("none\n")
    with proxy(tmp_path, "other.pid") as running:
        running.process.send_signal(signal.SIGINT)
        assert running.line() == f"Can't read child pidfile {tmp_path}/other.pid!"
        assert running.process.poll() is None


def test_a_dead_pid_is_named_and_fails(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / "gone.pid").write_text(str(gone.pid))
    with proxy(tmp_path, "gone.pid") as running:
        running.process.send_signal(signal.SIGHUP)
        assert running.line().startswith(f"Can't send signal 1 to pid {gone.pid}")
        assert running.process.wait(10) == 1


def test_it_ends_with_0_when_its_command_ends_however_that_failed(tmp_path: Path) -> None:
    with proxy(tmp_path) as running:
        os.kill(running.pid, signal.SIGKILL)
        assert running.process.wait(10) == 0


def test_the_end_of_a_command_is_looked_for_every_five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    attended: list[float] = []
    clock = iter([100.0, 107.0])
    monkeypatch.setattr(pidproxy, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    monkeypatch.setattr(pidproxy.PidProxy, "_attend", lambda _proxy, seconds: attended.append(seconds))
    assert pidproxy.PidProxy("none", [sys.executable, "-c", ""]).run() == 0
    assert attended == [3.0]


def test_a_command_has_the_signals_that_its_proxy_holds_back(tmp_path: Path) -> None:
    with proxy(tmp_path) as running:
        status = Path(f"/proc/{running.pid}/status").read_text()
    assert [line.split()[1].strip("0") for line in status.splitlines() if line.startswith("SigBlk")] == [""]


# The signal comes when the command is there and nothing waits yet: a handler would run then, and the wait would never end.
EARLY = """
import os, signal, sys
from initd.pidproxy import PidProxy
spawn, started = os.posix_spawn, []
def spawned(*args, **options):
    started.append(spawn(*args, **options))
    os.kill(os.getpid(), signal.SIGUSR1)
    return started[0]
class Proxy(PidProxy):
    def _forward(self, number):
        print("forwarded", number, flush=True)
        os.kill(started[0], number)
os.posix_spawn = spawned
sys.exit(Proxy("none", [sys.executable, "-c", "import time; time.sleep(1000)"], 0.01).run())
"""


def test_a_signal_that_has_come_before_anything_waits_is_forwarded() -> None:
    ended = subprocess.run([sys.executable, "-c", EARLY], capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout) == (0, f"forwarded {int(signal.SIGUSR1)}\n")


def test_a_command_that_cannot_be_run_is_127_at_once() -> None:
    ended = run_pidproxy("none", "/nonexistent/command")
    assert (ended.returncode, ended.stdout) == (127, "Can't run /nonexistent/command: No such file or directory\n")


def test_the_path_is_not_searched_for_the_command() -> None:
    assert run_pidproxy("none", "true").returncode == 127


@pytest.mark.parametrize("words", [(), ("pidfile",)])
def test_without_a_command_it_says_how_it_is_used_and_fails(words: tuple[str, ...]) -> None:
    ended = run_pidproxy(*words)
    assert ended.returncode == 1
    assert ended.stdout.startswith("usage: ")
