from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from initd.kernel import linux_children
from initd.kernel.port import ExitStatus
from tests.unit.kernel.launching import ROOT, Launcher, needs_root, run_python, wait_until

if TYPE_CHECKING:
    from initd.kernel.linux import LinuxKernel


@pytest.mark.parametrize("code", [0, 1, 127, 255])
def test_reap_tells_the_exit_code(launch: Launcher, code: int) -> None:
    assert launch("/bin/sh", "-c", f"exit {code}").wait() == ExitStatus(code)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGRTMIN + 3])
def test_reap_tells_the_signal_of_a_death(launch: Launcher, number: int) -> None:
    child = launch("/bin/sleep", "100")
    launch.kernel.kill(child.pid, number)
    assert child.wait() == ExitStatus(None, number)


def test_peek_leaves_the_child_for_reap(launch: Launcher) -> None:
    child, kernel = launch("/bin/true"), launch.kernel
    wait_until(kernel, lambda _: kernel.peek_exited() is not None)
    assert kernel.peek_exited() == child.pid
    kernel.kill(child.pid, 0)
    assert kernel.reap(child.pid) == ExitStatus(0)
    assert kernel.peek_exited() is None


def test_reap_of_a_living_child_would_block(launch: Launcher) -> None:
    child = launch("/bin/sleep", "100")
    with pytest.raises(BlockingIOError):
        launch.kernel.reap(child.pid)
    assert launch.kernel.peek_exited() is None


def test_reap_of_a_stranger_is_echild(kernel: LinuxKernel) -> None:
    with pytest.raises(ChildProcessError):
        kernel.reap(1)


@pytest.mark.parametrize("pid", [0, -1])
def test_reap_of_nobody_in_particular_reaps_nobody(launch: Launcher, pid: int) -> None:
    child = launch("/bin/true")
    wait_until(launch.kernel, lambda _: launch.kernel.peek_exited() == child.pid)
    with pytest.raises(ChildProcessError):
        launch.kernel.reap(pid)
    assert launch.kernel.peek_exited() == child.pid


def test_children_are_listed_though_threads_come_and_go(launch: Launcher, monkeypatch: pytest.MonkeyPatch) -> None:
    child = launch("/bin/sleep", "100")
    real = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: ["999999", *real(path)])
    assert launch.kernel.children() == [child.pid]


def test_children_are_none_without_proc(launch: Launcher, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_path: str) -> list[str]:
        raise FileNotFoundError

    launch("/bin/sleep", "100")
    monkeypatch.setattr(os, "listdir", missing)
    assert launch.kernel.children() == []


def test_children_are_listed_ascending_with_the_dead_ones(launch: Launcher) -> None:
    living, dead = launch("/bin/sleep", "100"), launch("/bin/true")
    wait_until(launch.kernel, lambda _: launch.kernel.peek_exited() == dead.pid)
    assert launch.kernel.children() == sorted([living.pid, dead.pid])
    assert linux_children._children_by_parent() == sorted([living.pid, dead.pid])


def test_no_signal_goes_to_more_than_was_named(kernel: LinuxKernel) -> None:
    for pid in (0, -1, -os.getpid()):
        with pytest.raises(OSError, match="Invalid argument") as caught:
            kernel.kill(pid, 0)
        assert caught.value.errno == errno.EINVAL
    for group in (0, 1, -1):
        with pytest.raises(OSError, match="Invalid argument"):
            kernel.killpg(group, 0)


def test_a_signal_to_nobody_is_esrch(launch: Launcher) -> None:
    child = launch("/bin/true")
    child.wait()
    with pytest.raises(ProcessLookupError):
        launch.kernel.kill(child.pid, signal.SIGTERM)
    with pytest.raises(ProcessLookupError):
        launch.kernel.killpg(child.pid, signal.SIGTERM)


def test_kill_all_is_refused_unless_we_are_pid_1(kernel: LinuxKernel) -> None:
    with pytest.raises(PermissionError):
        kernel.kill_all(signal.SIGCONT)


KILL_ALL = """
import os
from initd.kernel.linux_children import kill_all, reap
pids = [os.spawnv(os.P_NOWAIT, "/bin/sleep", ["sleep", "100"]) for _ in range(3)]
print(os.getpid(), kill_all(9), [os.waitpid(pid, 0)[1] for pid in pids], kill_all(9))
"""


@needs_root
def test_pid_1_reaches_all_but_itself() -> None:
    command = ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c", KILL_ALL]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "1 True [9, 9, 9] False\n"


SUBREAPER = """
import os
from initd.kernel.linux import LinuxKernel
kernel = LinuxKernel()
kernel.become_subreaper()
out, into = os.pipe()
os.set_inheritable(into, True)
os.spawnv(os.P_WAIT, "/bin/sh", ["sh", "-c", "sleep 100 & echo $! >&%d" % into])
orphan = int(os.read(out, 100))
assert kernel.children() == [orphan], (kernel.children(), orphan)
kernel.kill(orphan, 9)
print(os.waitpid(orphan, 0)[1])
"""


def test_a_subreaper_becomes_the_parent_of_orphans() -> None:
    assert run_python(SUBREAPER) == "9\n"


INHERITED = """
import os
from initd.kernel.linux import LinuxKernel
kernel = LinuxKernel()
pid = os.spawnv(os.P_NOWAIT, "/bin/sh", ["sh", "-c", "exit 3"])
while kernel.peek_exited() is None:
    kernel.poll(kernel.mono() + 10_000_000)
print(kernel.reap(pid))
"""


def test_a_sigchld_that_was_inherited_as_ignored_loses_no_status() -> None:
    ignored = (
        "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.executable, sys.argv[1:])"
    )
    assert run_python(ignored, sys.executable, "-c", INHERITED) == f"{ExitStatus(3)}\n"


def test_an_orphan_below_a_subreaper_becomes_its_child() -> None:
    pid = os.fork()
    if not pid:
        status = 1
        try:
            linux_children.become_subreaper()
            out, into = os.pipe()
            parent = os.fork()
            if not parent:
                if not (orphan := os.fork()):
                    signal.pause()
                os.write(into, b"%d" % orphan)
                os._exit(0)
            os.waitpid(parent, 0)
            orphan = int(os.read(out, 100))
            os.kill(orphan, signal.SIGKILL)
            status = 0 if os.waitpid(orphan, 0) == (orphan, signal.SIGKILL) else 2
        finally:
            os._exit(status)
    assert os.waitpid(pid, 0)[1] == 0


@pytest.mark.parametrize("dumped", [False, True])
def test_reap_tells_whether_there_is_a_core(kernel: LinuxKernel, monkeypatch: pytest.MonkeyPatch, dumped: bool) -> None:
    monkeypatch.setattr(os, "waitpid", lambda pid, options: (pid, signal.SIGSEGV | (0x80 if dumped else 0)))
    assert kernel.reap(77) == ExitStatus(None, signal.SIGSEGV, dumped)
