from __future__ import annotations

import errno
import fcntl
import os
import signal
import stat
import subprocess
from typing import TYPE_CHECKING

import pytest

from initd.kernel import linux_process
from initd.kernel.linux_process import PidfileHeld, enter, lock_pidfile, remove_pidfile, write_pidfile
from tests.unit.kernel.launching import needs_root, run_python

if TYPE_CHECKING:
    from pathlib import Path


def test_a_pidfile_is_created_locked_and_written(tmp_path: Path) -> None:
    path = tmp_path / "pid"
    before = os.umask(0o027)
    try:
        fd = lock_pidfile(str(path))
    finally:
        os.umask(before)
    write_pidfile(fd, 4711)
    assert path.read_text() == "4711\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert not os.get_inheritable(fd)
    os.close(fd)


def test_a_new_pidfile_gets_the_mode_of_a_umask_to_come_and_an_old_one_keeps_its_own(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("1\n")
    old.chmod(0o604)
    for path in (old, new):
        os.close(lock_pidfile(str(path), 0o026))
    assert [stat.S_IMODE(path.stat().st_mode) for path in (old, new)] == [0o604, 0o640]


def test_a_shorter_pid_leaves_nothing_of_a_longer_one(tmp_path: Path) -> None:
    (tmp_path / "pid").write_text("1234567\n")
    fd = lock_pidfile(str(tmp_path / "pid"))
    assert (tmp_path / "pid").read_text() == "1234567\n"
    write_pidfile(fd, 1)
    assert (tmp_path / "pid").read_text() == "1\n"
    os.close(fd)


def test_a_pidfile_in_use_is_untouched_and_tells_its_holder(tmp_path: Path) -> None:
    path = str(tmp_path / "pid")
    held = lock_pidfile(path)
    write_pidfile(held, 4711)
    with pytest.raises(PidfileHeld, match="locked by process 4711") as caught:
        lock_pidfile(path)
    assert (caught.value.path, caught.value.pid) == (path, 4711)
    assert (tmp_path / "pid").read_text() == "4711\n"
    os.close(held)
    os.close(lock_pidfile(path))


def test_a_holder_that_has_written_nothing_yet_is_another_process(tmp_path: Path) -> None:
    held = lock_pidfile(str(tmp_path / "pid"))
    with pytest.raises(PidfileHeld, match="another process") as caught:
        lock_pidfile(str(tmp_path / "pid"))
    assert caught.value.pid is None
    os.close(held)


def test_a_pidfile_removed_before_we_locked_it_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, path = fcntl.flock, tmp_path / "pid"
    removals = [path]

    def remove_first(fd: int, operation: int) -> None:
        if removals:
            removals.pop().unlink()
        real(fd, operation)

    monkeypatch.setattr(fcntl, "flock", remove_first)
    fd = lock_pidfile(str(path))
    assert os.fstat(fd).st_ino == path.stat().st_ino
    os.close(fd)


def test_a_filesystem_that_cannot_lock_is_an_error_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_fd: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(fcntl, "flock", refuse)
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError, match="no locks"):
        lock_pidfile(str(tmp_path / "pid"))
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_pidfile_that_is_no_file_is_shared_and_survives(tmp_path: Path) -> None:
    """Many give /dev/null where they want none."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    held = [lock_pidfile(str(path)) for _ in range(2)]
    for fd in held:
        write_pidfile(fd, 4711)
        remove_pidfile(fd, str(path))
        assert path.is_fifo()
        os.close(fd)


def test_a_pidfile_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        lock_pidfile(str(tmp_path))


def test_directory_and_umask_are_entered_and_none_leaves_them(tmp_path: Path) -> None:
    cwd, umask = os.getcwd(), os.umask(0o022)
    try:
        enter(str(tmp_path), 0o013)
        enter(None, None)
        assert os.getcwd() == str(tmp_path.resolve())
        assert os.umask(0o022) == 0o013
    finally:
        os.chdir(cwd)
        os.umask(umask)


def test_privileges_are_nothing_to_drop_when_we_are_that_user() -> None:
    before = os.getresgid(), os.getgroups()
    linux_process.drop_privileges(os.getuid(), 4322, (4322,))
    assert (os.getresgid(), os.getgroups()) == before


@needs_root
def test_dropped_privileges_are_gone_for_good() -> None:
    program = """
import os
from initd.kernel.linux_process import IdentityError, drop_privileges
drop_privileges(4321, 4322, (4322, 4323))
print(os.getresuid(), os.getresgid(), os.getgroups())
try:
    drop_privileges(0, 0, (0,))
except IdentityError as error:
    print(error.text)
"""
    gone = "(4321, 4321, 4321) (4322, 4322, 4322) [4322, 4323]\nCan't drop privilege as nonroot user\n"
    assert run_python(program) == gone


STREAMS = """
import os, posix
from initd.kernel import linux_process
real_open = posix.open
def open_(path, *flags):
    if path == os.devnull:
        {devnull}
    return real_open(path, *flags)
posix.open = open_
said = os.dup(1)
before = [os.fstat(fd) for fd in range(3)]
for fd in {closed}:
    os.close(fd)
linux_process.fill_standard_streams()
new = [fd for fd in range(3) if not os.path.samestat(os.fstat(fd), before[fd])]
os.write(said, ("%s %s" % (new, [os.get_inheritable(fd) for fd in range(3)])).encode())
"""


@pytest.mark.parametrize("devnull", ["pass", "raise FileNotFoundError", "raise PermissionError"])
@pytest.mark.parametrize("closed", [[], [0], [1, 2], [0, 1, 2]])
def test_closed_standard_streams_are_filled_and_open_ones_left_alone_with_dev_null_or_without(
    devnull: str, closed: list[int]
) -> None:
    said = run_python(STREAMS.format(devnull=devnull, closed=closed), stdin=subprocess.PIPE)
    assert said == f"{closed} [True, True, True]"


def test_signals_are_held_until_they_are_released() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    try:
        linux_process.hold_only([signal.SIGUSR1, signal.SIGUSR2], before)
        assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before | {signal.SIGUSR1, signal.SIGUSR2}
        linux_process.release_signals([signal.SIGUSR1])
        assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before | {signal.SIGUSR2}
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
