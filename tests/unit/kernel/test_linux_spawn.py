from __future__ import annotations

import errno
import os
import resource
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest

from initd.errors import KernelError
from initd.kernel import linux_spawn
from initd.kernel.port import ExitStatus, SetupFailed, SpawnSpec
from tests.unit.kernel.launching import ENVIRONMENT, Launcher, run_python

if TYPE_CHECKING:
    from pathlib import Path

    from initd.kernel.linux import LinuxKernel

VFORK: dict[str, Any] = {}
FORK = {"directory": "."}
both_paths = pytest.mark.parametrize("path", [VFORK, FORK], ids=["vfork", "fork"])

WHAT_A_CHILD_SEES = """
import os, resource
status = dict(line.split(":") for line in open("/proc/self/status") if line.startswith(("Sig", "Umask")))
print("signals", status["SigBlk"], status["SigIgn"], status["SigCgt"])
print("group", os.getpgid(0) == os.getpid(), "session", os.getsid(0))
print("umask", status["Umask"], "cwd", os.getcwd())
print("limits", {name: resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith("RLIMIT")})
print("env", sorted(os.environ.items()))
print("ids", os.getresuid(), os.getresgid(), os.getgroups())
print("blocking", [os.get_blocking(fd) for fd in (0, 1, 2)])
"""
PYTHON = (sys.executable, "-I", "-S", "-c", WHAT_A_CHILD_SEES)


def test_the_interpreter_of_these_tests_has_a_vfork_path_we_know() -> None:
    assert linux_spawn.find_fork_exec() is not None


def test_an_interpreter_we_do_not_know_has_no_vfork_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linux_spawn, "FORK_EXEC_KNOWN", ((3, 7), (3, 8)))
    assert linux_spawn.find_fork_exec() is None


@pytest.mark.parametrize("wanted", [{}, {"umask": 0}, {"umask": 0o027, "nofile": 300}])
def test_children_of_both_paths_see_the_same_world(launch: Launcher, wanted: dict[str, Any]) -> None:
    by_vfork = launch.output(*PYTHON, **wanted)
    by_fork = launch.output(*PYTHON, **wanted, **FORK)
    assert launch.launched[0].child.note_fd == -1 and launch.launched[1].child.note_fd >= 0
    assert by_vfork == by_fork


@both_paths
def test_a_child_has_no_signal_blocked_or_caught_and_ignores_only_sigpipe_and_sigxfsz(
    launch: Launcher, path: dict[str, Any]
) -> None:
    launch.kernel.catch_signals([signal.SIGTERM, signal.SIGHUP, signal.SIGUSR2])
    status = launch.output("/bin/cat", "/proc/self/status", **path).splitlines()
    masks = dict(line.split(":\t") for line in status if line.startswith(("SigBlk", "SigIgn", "SigCgt")))
    assert masks == {"SigBlk": "0" * 16, "SigIgn": "0000000001001000", "SigCgt": "0" * 16}


@both_paths
def test_a_child_keeps_our_signal_mask(launch: Launcher, path: dict[str, Any]) -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    try:
        status = launch.output("/bin/cat", "/proc/self/status", **path)
        ours = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    assert "SigBlk:\t0000000000000200" in status
    assert ours == before | {signal.SIGUSR1}


@both_paths
def test_a_child_has_only_its_three_streams_open(launch: Launcher, path: dict[str, Any], tmp_path: Path) -> None:
    strays = [os.open(tmp_path, os.O_RDONLY) for _ in range(20)]
    strays.append(os.dup2(strays[0], 300))
    for fd in strays:
        os.set_inheritable(fd, True)
    try:
        child = launch("/bin/cat", **path)
        assert child.failure() is None
        assert sorted(os.listdir(f"/proc/{child.pid}/fd")) == ["0", "1", "2"]
    finally:
        for fd in strays:
            os.close(fd)


@both_paths
def test_a_child_leads_its_own_group_when_spawn_returns(launch: Launcher, path: dict[str, Any]) -> None:
    child = launch("/bin/sleep", "100", **path)
    assert os.getpgid(child.pid) == child.pid
    assert os.getsid(child.pid) == os.getsid(0)
    launch.kernel.killpg(child.pid, signal.SIGTERM)
    assert child.wait() == ExitStatus(None, signal.SIGTERM)


@both_paths
def test_the_streams_are_the_pipes_given(launch: Launcher, path: dict[str, Any]) -> None:
    child = launch("/bin/sh", "-c", "read line; echo out $line; echo err $line >&2", **path)
    launch.kernel.write(child.stdin, b"word\n")
    assert (child.read(child.stdout), child.read(child.stderr)) == (b"out word\n", b"err word\n")


@both_paths
def test_argv_0_and_the_executed_path_may_differ(launch: Launcher, path: dict[str, Any]) -> None:
    assert launch.output("as-i-like", "-c", "echo $0", path="/bin/sh", **path) == "as-i-like\n"


@both_paths
def test_the_umask_is_the_childs_alone(launch: Launcher, path: dict[str, Any]) -> None:
    before = os.umask(0o022)
    try:
        assert launch.output("/bin/sh", "-c", "umask", umask=0o137, **path) == "0137\n"
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)


@both_paths
def test_the_soft_descriptor_limit_is_the_childs_alone(launch: Launcher, path: dict[str, Any]) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    limits = launch.output("/bin/sh", "-c", "ulimit -Sn; ulimit -Hn", nofile=123, **path)
    assert limits.split() == ["123", str(before[1])]
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before


def test_the_umask_and_the_descriptor_limit_survive_a_spawn_that_fails(kernel: LinuxKernel) -> None:
    def no_fork(*_arguments: Any) -> int:
        raise BlockingIOError(errno.EAGAIN, "no more processes")

    before = resource.getrlimit(resource.RLIMIT_NOFILE), kernel.open_count()
    spec = SpawnSpec("/bin/true", ("true",), {}, 0, 1, 2, umask=0o077, nofile=99)
    with pytest.raises(KernelError) as caught:
        linux_spawn.vfork_exec(no_fork, spec)
    assert (caught.value.errno, caught.value.stage) == (errno.EAGAIN, "fork")
    assert (resource.getrlimit(resource.RLIMIT_NOFILE), kernel.open_count()) == before


@both_paths
@pytest.mark.parametrize(
    ("program", "name"),
    [("missing", "ENOENT"), ("not-executable", "EACCES"), ("no-interpreter", "ENOEXEC"), ("a\0b", "EINVAL")],
)
def test_a_failed_exec_is_127_two_lines_and_a_note(
    launch: Launcher, path: dict[str, Any], program: str, name: str, tmp_path: Path
) -> None:
    (tmp_path / "not-executable").write_text("#!/bin/sh\n")
    (tmp_path / "no-interpreter").write_text("echo hello\n")
    (tmp_path / "no-interpreter").chmod(0o755)
    child = launch("shown as", path=f"{tmp_path}/{program}", **path)
    assert child.failure() == SetupFailed("exec", getattr(errno, name))
    lines = f"supervisor: couldn't exec shown as: {name}\nsupervisor: child process was not spawned\n"
    assert child.read(child.stderr) == lines.encode()
    assert child.read(child.stdout) == b""
    assert child.wait() == ExitStatus(127)


@both_paths
def test_an_argument_list_too_long_is_a_failed_exec(launch: Launcher, path: dict[str, Any]) -> None:
    child = launch("/bin/true", "x" * 200_000, **path)
    assert child.failure() == SetupFailed("exec", errno.E2BIG)
    assert child.wait() == ExitStatus(127)


@both_paths
def test_bytes_that_are_no_utf8_reach_the_child_unchanged(launch: Launcher, path: dict[str, Any]) -> None:
    odd = os.fsdecode(b"\xff\xfe")
    child = launch("/bin/sh", "-c", 'printf "%s %s" "$1" "$ODD"', "sh", odd, env={"ODD": odd}, **path)
    assert child.read(child.stdout) == b"\xff\xfe \xff\xfe"


def test_a_full_stderr_loses_the_lines_and_stops_nobody(kernel: LinuxKernel) -> None:
    read_end, write_end = kernel.pipe()
    os.set_blocking(write_end, False)
    try:
        while True:
            os.write(write_end, bytes(4096))
    except BlockingIOError:
        os.set_blocking(write_end, True)
    child = kernel.spawn(SpawnSpec("/nowhere", ("x",), ENVIRONMENT, read_end, write_end, write_end))
    assert child.failed == SetupFailed("exec", errno.ENOENT)
    assert os.waitpid(child.pid, 0)[0] == child.pid
    for fd in (read_end, write_end):
        kernel.close(fd)


@both_paths
def test_nothing_stays_open_after_a_spawn(launch: Launcher, path: dict[str, Any]) -> None:
    before = launch.kernel.open_count()
    for program in ("/bin/true", "/nowhere"):
        child = launch(program, **path)
        child.wait()
        child.close()
        launch.launched.clear()
    assert launch.kernel.open_count() == before


PERMUTED = """
import os, sys
out = os.dup(1)
os.set_inheritable(out, False)
import fcntl
from initd.kernel.linux import LinuxKernel
from initd.kernel.port import SpawnSpec
order, directory = [int(fd) for fd in sys.argv[1].split()], sys.argv[2] or None
kernel = LinuxKernel()
stdin, feed = kernel.pipe()
results, stdout = kernel.pipe()
errors, stderr = kernel.pipe()
kept = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 20) for fd in (stdin, stdout, stderr)]
for fd, target in zip(kept, order):
    os.dup2(fd, target, inheritable=False)
for fd in {stdin, stdout, stderr, *kept}:
    if fd not in order:
        os.close(fd)
child = kernel.spawn(SpawnSpec("/bin/sh", ("sh", "-c", "read x; echo out $x; echo err $x >&2"), {}, *order, directory=directory))
for fd in order:
    os.close(fd)
kernel.write(feed, b"word" + bytes([10]))
kernel.close(feed)
os.waitpid(child.pid, 0)
os.write(out, kernel.read(results, 100) + kernel.read(errors, 100))
"""


ORDERS = ["0 1 2", "0 2 1", "1 0 2", "1 2 0", "2 0 1", "2 1 0", "0 30 31", "1 30 31", "30 0 31", "30 31 1"]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("directory", ["", "."], ids=["vfork", "fork"])
def test_streams_that_are_themselves_0_to_2_in_any_order_end_where_they_belong(order: str, directory: str) -> None:
    assert run_python(PERMUTED, order, directory) == "out word\nerr word\n"


CLOSED = """
import os, sys
out = os.dup(1)
from initd.kernel.linux import LinuxKernel
from initd.kernel.port import SpawnSpec
kernel = LinuxKernel()
ends = [kernel.pipe() for _ in range(3)]
for fd in range(3):
    os.close(fd)
spec = SpawnSpec("/nowhere", ("x",), {}, ends[0][0], ends[1][1], ends[2][1], directory=sys.argv[1] or None)
child = kernel.spawn(spec)
os.waitpid(child.pid, 0)
os.write(out, kernel.read(ends[2][0], 1000))
"""


@pytest.mark.parametrize("directory", ["", "."], ids=["vfork", "fork"])
def test_a_daemon_whose_own_streams_are_closed_still_learns_of_a_failed_exec(directory: str) -> None:
    assert run_python(CLOSED, directory).startswith("supervisor: couldn't exec x: ENOENT\n")


LIMITED = """
import resource, sys
from initd.errors import KernelError
from initd.kernel.linux import LinuxKernel
from initd.kernel.port import SpawnSpec
kernel = LinuxKernel()
resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
try:
    kernel.spawn(SpawnSpec("/bin/true", ("true",), {}, 0, 1, 2, directory=sys.argv[1] or None))
except KernelError as error:
    print(error.stage, error.errno)
"""


@pytest.mark.parametrize("directory", ["", "."], ids=["vfork", "fork"])
def test_running_out_of_descriptors_is_a_failed_fork(directory: str) -> None:
    assert run_python(LIMITED, directory) == f"fork {errno.EMFILE}\n"


def test_a_pid_that_comes_round_again_exits_with_its_own_code(launch: Launcher) -> None:
    failed = launch("/nonexistent")
    assert failed.wait() == ExitStatus(127)
    assert launch.kernel._never_executed == set()
