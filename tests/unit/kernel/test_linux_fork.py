from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from initd.errors import KernelError
from initd.kernel import linux_fork, linux_spawn
from initd.kernel.port import ExitStatus, SetupFailed, SpawnSpec, UserIdentity
from tests.unit.kernel.launching import Launcher, needs_root, run_python

if TYPE_CHECKING:
    from pathlib import Path

    from initd.kernel.linux import LinuxKernel


def test_a_sigterm_to_a_young_child_ends_the_child_and_never_reaches_us(launch: Launcher) -> None:
    kernel = launch.kernel
    kernel.catch_signals([signal.SIGTERM])
    seen: set[int] = set()
    for _ in range(200):
        child = launch("/bin/sleep", "100", directory=".")
        kernel.kill(child.pid, signal.SIGTERM)
        assert child.wait() == ExitStatus(None, signal.SIGTERM)
        seen.update(kernel.take_signals())
        child.close()
        launch.launched.clear()
    assert seen <= {signal.SIGCHLD}


def test_a_signal_to_us_while_we_fork_is_taken_by_us_alone(launch: Launcher) -> None:
    kernel = launch.kernel
    kernel.catch_signals([signal.SIGTERM])
    for _ in range(20):
        os.kill(os.getpid(), signal.SIGTERM)
        child = launch("/bin/cat", directory=".")
        assert signal.SIGTERM in kernel.take_signals()
        assert child.failure() is None
        kernel.close(child.stdin)
        child.stdin = -1
        assert child.wait() == ExitStatus(0)


def test_our_signal_mask_is_as_before_after_a_fork(launch: Launcher) -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    launch("/bin/true", directory=".")
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before


def test_a_child_starts_in_its_directory(launch: Launcher, tmp_path: Path) -> None:
    assert launch.output("/bin/pwd", directory=str(tmp_path)) == f"{tmp_path.resolve()}\n"


def test_a_relative_program_is_looked_for_in_the_new_directory(launch: Launcher, tmp_path: Path) -> None:
    (tmp_path / "here").symlink_to("/bin/true")
    assert launch("./here", directory=str(tmp_path)).failure() is None


@pytest.mark.parametrize(("where", "name"), [("missing", "ENOENT"), ("file", "ENOTDIR"), ("a\0b", "EINVAL")])
def test_a_directory_that_cannot_be_entered_is_127_two_lines_and_a_note(
    launch: Launcher, where: str, name: str, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    child = launch("/bin/true", directory=f"{tmp_path}/{where}")
    assert child.failure() == SetupFailed("chdir", getattr(errno, name))
    lines = f"supervisor: couldn't chdir to {tmp_path}/{where}: {name}\nsupervisor: child process was not spawned\n"
    assert child.read(child.stderr) == lines.encode()
    assert child.wait() == ExitStatus(127)


@needs_root
def test_a_child_becomes_the_user_with_exactly_the_groups_given(launch: Launcher) -> None:
    user = UserIdentity(4321, 4322, (4322, 4323, 4324))
    status = launch.output("/bin/cat", "/proc/self/status", user=user)
    ids = dict(line.split(":", 1) for line in status.splitlines() if line.startswith(("Uid", "Gid", "Groups")))
    assert ids["Uid"].split() == ["4321"] * 4
    assert ids["Gid"].split() == ["4322"] * 4
    assert ids["Groups"].split() == ["4322", "4323", "4324"]


@needs_root
def test_a_user_without_listed_groups_keeps_none_of_ours(launch: Launcher) -> None:
    assert launch.output("/usr/bin/id", "-G", user=UserIdentity(4321, 4322)) == "4322\n"


@needs_root
def test_the_directory_is_entered_as_the_new_user(launch: Launcher, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    child = launch("/bin/true", user=UserIdentity(4321, 4322), directory=str(tmp_path))
    assert child.failure() == SetupFailed("chdir", errno.EACCES)
    assert child.wait() == ExitStatus(127)


def test_becoming_who_we_are_already_needs_no_fork(launch: Launcher) -> None:
    child = launch("/bin/true", user=UserIdentity(os.getuid(), 4322, (4322,)))
    assert child.child.note_fd == -1
    assert child.wait() == ExitStatus(0)


UNPRIVILEGED = """
import json, os
from initd.kernel.linux import LinuxKernel
from initd.kernel.port import SpawnSpec, UserIdentity
if os.getuid() == 0:
    os.setgroups([]); os.setgid(4322); os.setuid(4321)
kernel = LinuxKernel()
errors, stderr = kernel.pipe()
child = kernel.spawn(SpawnSpec("/bin/true", ("true",), {}, 0, 1, stderr, user=UserIdentity(99, 99, (99,))))
status = os.waitpid(child.pid, 0)[1]
print(json.dumps([kernel.read(errors, 1000).decode(), os.WEXITSTATUS(status), kernel.read(child.note_fd, 100).decode()]))
"""


def test_only_root_may_become_somebody_else() -> None:
    lines = (
        "supervisor: couldn't setuid to 99: Can't drop privilege as nonroot user\n"
        "supervisor: child process was not spawned\n"
    )
    assert json.loads(run_python(UNPRIVILEGED)) == [lines, 127, f"setuid {errno.EPERM}"]


def test_a_forked_child_drops_the_wake_up_descriptor_and_every_handler_of_ours(kernel: LinuxKernel) -> None:
    kernel.catch_signals([signal.SIGTERM, signal.SIGUSR1])
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    pid = os.fork()
    if not pid:
        linux_fork._reset_signals([])
        caught = [number for number in signal.valid_signals() if callable(signal.getsignal(number))]
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
        os._exit(0 if signal.set_wakeup_fd(-1) == -1 and not caught and not blocked else 1)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    assert os.waitpid(pid, 0)[1] == 0


@pytest.mark.parametrize("by_child", [True, False])
def test_child_and_parent_each_see_to_the_group_so_that_neither_has_to_be_first(
    launch: Launcher, monkeypatch: pytest.MonkeyPatch, by_child: bool
) -> None:
    real = os.setpgid

    def one_of_them(pid: int, group: int) -> None:
        if (pid == 0) is by_child:
            real(pid, group)
        until = time.monotonic() + 20
        while pid == 0 and os.getpgrp() != os.getpid() and time.monotonic() < until:
            time.sleep(0.001)  # the child: until its parent has done it

    monkeypatch.setattr(os, "setpgid", one_of_them)
    child = launch("/bin/sleep", "100", directory=".")
    assert child.failure() is None
    assert os.getpgid(child.pid) == child.pid
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait() == ExitStatus(None, signal.SIGKILL)


@pytest.mark.parametrize("directory", [None, "."])
def test_a_note_that_cannot_be_made_is_a_failed_fork_with_its_own_error(
    launch: Launcher, monkeypatch: pytest.MonkeyPatch, directory: str | None
) -> None:
    def refuse() -> tuple[int, int]:
        raise OSError(errno.ENFILE, "none left")

    monkeypatch.setattr(linux_fork, "note_pipe", refuse)
    monkeypatch.setattr(linux_spawn, "note_pipe", refuse)
    with pytest.raises(KernelError) as caught:
        launch("/bin/true", directory=directory)
    assert (caught.value.errno, caught.value.stage) == (errno.ENFILE, "fork")


def test_nothing_but_the_streams_and_the_note_stays_open_whatever_its_number_and_flags() -> None:
    pid = os.fork()
    if not pid:
        status = 1
        try:
            reader, writer = os.pipe()
            streams = [fcntl.fcntl(reader, fcntl.F_DUPFD, 30), *(fcntl.fcntl(writer, fcntl.F_DUPFD, 30) for _ in "oe")]
            note = fcntl.fcntl(writer, fcntl.F_DUPFD, 20)
            for number in (3, 4, note - 1, note + 1, 60):
                os.dup2(streams[0], number)
            linux_fork._take_streams(streams[0], streams[1], streams[2], note)
            left = [fd for fd in range(200) if os.path.lexists(f"/proc/self/fd/{fd}")]
            status = 0 if left == [0, 1, 2, note] else 2
        finally:
            os._exit(status)
    assert os.waitpid(pid, 0)[1] == 0


def test_the_note_of_a_forked_child_is_read_without_waiting(launch: Launcher) -> None:
    assert not os.get_blocking(launch("/bin/true", directory=".").child.note_fd)


def test_a_fork_that_fails_leaves_no_descriptor(launch: Launcher, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise BlockingIOError(errno.EAGAIN, "no more processes")

    spec = SpawnSpec("/bin/true", ("true",), {}, 0, 1, 2, directory=".")
    monkeypatch.setattr(os, "fork", refuse)
    before = launch.kernel.open_count()
    with pytest.raises(KernelError) as caught:
        launch.kernel.spawn(spec)
    assert (caught.value.errno, caught.value.stage) == (errno.EAGAIN, "fork")
    assert launch.kernel.open_count() == before
