from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from initd.kernel import linux_record_file
from initd.kernel.linux_record_file import RecordFile


def test_the_file_is_for_our_eyes_only_and_no_child_has_it(tmp_path: Path) -> None:
    path = tmp_path / "rec"
    before = os.umask(0)
    try:
        file = RecordFile(str(path))
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not os.get_inheritable(file._fd)
    file.write(b"one\n")
    file.write(b"two\n")
    assert path.read_bytes() == b"one\ntwo\n"
    file.close()


def test_an_earlier_recording_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "rec"
    for text in (b"first", b"second"):
        file = RecordFile(str(path))
        file.write(text)
        file.close()
    assert (path.read_bytes(), (tmp_path / "rec.old").read_bytes()) == (b"second", b"first")


def test_what_is_no_regular_file_is_left_alone(tmp_path: Path) -> None:
    pipe, link, target = tmp_path / "pipe", tmp_path / "link", tmp_path / "target"
    os.mkfifo(pipe)
    target.write_bytes(b"kept")
    link.symlink_to(target)
    for path in (pipe, link, tmp_path):
        with pytest.raises(FileExistsError, match="no regular file"):
            RecordFile(str(path))
    assert stat.S_ISFIFO(pipe.stat().st_mode) and target.read_bytes() == b"kept" and link.is_symlink()


def test_a_write_that_fails_closes_it(tmp_path: Path) -> None:
    file = RecordFile(str(tmp_path / "rec"))
    full, mine = os.open("/dev/full", os.O_WRONLY | os.O_CLOEXEC), file._fd
    os.dup2(full, mine, inheritable=False)
    os.close(full)
    with pytest.raises(OSError) as failed:
        file.write(b"x")
    assert failed.value.errno == errno.ENOSPC
    assert file._fd == -1


def test_what_appears_in_the_last_moment_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "recording"
    path.write_bytes(b"somebody's")
    monkeypatch.setattr(linux_record_file, "_set_aside", lambda path: None)
    with pytest.raises(FileExistsError):
        RecordFile(str(path))
    assert path.read_bytes() == b"somebody's"
