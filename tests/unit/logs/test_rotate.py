"""initd.logs.rotate on real files."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from initd.kernel.linux_files import LinuxFiles
from initd.logs.rotate import LogTarget, RotatingFile


class Failing(LinuxFiles):
    """Real files, with calls that fail on request: `fails` maps a method to the errno it raises."""

    def __init__(self) -> None:
        self.fails: dict[str, int] = {}
        self.room = 1 << 30
        self.calls: list[str] = []

    def _maybe(self, name: str) -> None:
        self.calls.append(name)
        if name in self.fails:
            raise OSError(self.fails[name], os.strerror(self.fails[name]))

    def append(self, fd: int, data: bytes) -> int:
        self._maybe("append" if data else "measure")
        fitting, self.room = data[: self.room], max(self.room - len(data), 0)
        size = super().append(fd, fitting)
        if len(fitting) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return size

    def rename(self, old: str, new: str) -> None:
        self._maybe("rename")
        super().rename(old, new)

    def unlink(self, path: str) -> None:
        self._maybe("unlink")
        super().unlink(path)

    def open_append(self, path: str, mode: int = 0o666) -> int:
        self._maybe("open")
        return super().open_append(path, mode)

    def close(self, fd: int) -> None:
        super().close(fd)
        self._maybe("close")


@pytest.fixture
def files() -> Failing:
    return Failing()


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir())}


def open_log(files: LinuxFiles, tmp_path: Path, maxbytes: int = 0, backups: int = 0) -> RotatingFile:
    return RotatingFile.open(files, LogTarget(str(tmp_path / "log"), maxbytes, backups))


def test_opening_creates_the_file_and_keeps_what_is_in_it(files: Failing, tmp_path: Path) -> None:
    open_log(files, tmp_path)
    assert contents(tmp_path) == {"log": b""}
    (tmp_path / "log").write_bytes(b"old ")
    assert open_log(files, tmp_path).append(files, [b"new"]) == []
    assert contents(tmp_path) == {"log": b"old new"}


def test_a_target_that_cannot_be_opened_raises(files: Failing, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_log(files, tmp_path / "missing")


def test_the_file_rotates_behind_the_chunk_that_reaches_the_limit(files: Failing, tmp_path: Path) -> None:
    log = open_log(files, tmp_path, maxbytes=4, backups=2)
    log.append(files, [b"abc", b"defgh", b"i", b"jkl", b"mnop", b"q"])
    assert contents(tmp_path) == {"log": b"q", "log.1": b"mnop", "log.2": b"ijkl"}


def test_without_backups_the_file_is_emptied(files: Failing, tmp_path: Path) -> None:
    log = open_log(files, tmp_path, maxbytes=4)
    log.append(files, [b"abcd", b"e"])
    assert contents(tmp_path) == {"log": b"e"}


def test_a_file_that_is_too_long_already_rotates_behind_its_first_chunk(files: Failing, tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"0123456789")
    open_log(files, tmp_path, maxbytes=4, backups=1).append(files, [b"a", b"b"])
    assert contents(tmp_path) == {"log": b"b", "log.1": b"0123456789a"}


def test_chunks_that_fit_are_written_with_one_call(files: Failing, tmp_path: Path) -> None:
    log = open_log(files, tmp_path, maxbytes=100, backups=1)
    files.calls.clear()
    log.append(files, [b"x"] * 99)
    assert files.calls == ["append"]


def test_a_missing_backup_leaves_its_gap_and_a_missing_log_is_made_anew(files: Failing, tmp_path: Path) -> None:
    for name in ("log.1", "log.3"):
        (tmp_path / name).write_bytes(name.encode())
    log = open_log(files, tmp_path, maxbytes=2, backups=4)
    (tmp_path / "log").unlink()
    assert log.append(files, [b"ab", b"c"]) == []
    assert contents(tmp_path) == {"log": b"c", "log.2": b"log.1", "log.4": b"log.3"}


def test_a_single_backup_survives_the_rotation_of_a_log_that_is_gone(files: Failing, tmp_path: Path) -> None:
    (tmp_path / "log.1").write_bytes(b"kept")
    log = open_log(files, tmp_path, maxbytes=2, backups=1)
    (tmp_path / "log").unlink()
    log.append(files, [b"ab"])
    assert contents(tmp_path) == {"log": b"", "log.1": b"kept"}


def test_a_refused_rename_keeps_everything_in_the_file_and_is_reported_once(files: Failing, tmp_path: Path) -> None:
    log = open_log(files, tmp_path, maxbytes=2, backups=3)
    files.fails["rename"] = errno.EBUSY
    notes = log.append(files, [b"ab", b"cd", b"ef", b"gh"])
    assert contents(tmp_path) == {"log": b"abcdefgh"}
    assert notes == [f"could not rotate log file '{tmp_path}/log': Device or resource busy; it goes on growing"]
    files.fails.clear()
    assert log.append(files, [b"ij", b"k"]) == []
    assert contents(tmp_path) == {"log": b"k", "log.1": b"abcdefghij"}


def test_after_a_refused_rename_the_next_attempt_waits_for_another_maxbytes(files: Failing, tmp_path: Path) -> None:
    log = open_log(files, tmp_path, maxbytes=10, backups=1)
    files.fails["rename"] = errno.EPERM
    files.calls.clear()
    for _ in range(20):
        log.append(files, [b"x"])
    assert files.calls.count("rename") == 2


def test_backups_stay_in_place_when_the_log_itself_cannot_be_moved(tmp_path: Path) -> None:
    class Pinned(LinuxFiles):
        def rename(self, old: str, new: str) -> None:
            if old.endswith("log"):
                raise OSError(errno.EBUSY, "busy")
            super().rename(old, new)

    files = Pinned()
    log = open_log(files, tmp_path, maxbytes=2, backups=4)
    for number in (1, 2, 3):
        (tmp_path / f"log.{number}").write_bytes(b"%d" % number)
    for _ in range(5):
        log.append(files, [b"ab"])
    assert contents(tmp_path) == {"log": b"ab" * 5, "log.1": b"1", "log.2": b"2", "log.3": b"3"}


def test_lost_bytes_are_counted_and_told_when_the_disk_has_room_again(files: Failing, tmp_path: Path) -> None:
    log = open_log(files, tmp_path)
    files.room = 5
    assert log.append(files, [b"abc"]) == []
    path = str(tmp_path / "log")
    first = f"could not write to log target {path!r}: No space left on device; output is lost"
    assert log.append(files, [b"defgh"]) == [first]
    assert log.append(files, [b"ijkl"]) == []
    files.room = 100
    assert log.append(files, [b"mn"]) == [f"log target {path!r} takes output again, 7 bytes were lost"]
    assert contents(tmp_path) == {"log": b"abcdemn"}
    assert log.append(files, [b"op"]) == []


def test_bytes_dropped_before_they_came_here_are_told_too(files: Failing, tmp_path: Path) -> None:
    log = open_log(files, tmp_path)
    notes = log.append(files, [b"a"], dropped=12)
    assert notes == [f"log target '{tmp_path}/log' takes output again, 12 bytes were lost"]
    assert log.append(files, [b"b"]) == []


def test_a_disk_that_did_not_tell_a_size_gets_no_credit_for_what_it_refused(files: Failing, tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"0123456789")
    files.fails["measure"] = errno.EIO
    log = open_log(files, tmp_path)
    files.fails.clear()
    files.room = 0
    log.append(files, [b"abc"])
    files.room = 100
    assert log.append(files, [b"d"]) == [f"log target '{tmp_path}/log' takes output again, 3 bytes were lost"]


def test_a_log_of_unknown_size_is_emptied_where_there_are_no_backups(files: Failing, tmp_path: Path) -> None:
    log = open_log(files, tmp_path, maxbytes=4)
    files.fails["measure"] = errno.EIO
    log.append(files, [b"abcd", b"e"])
    assert contents(tmp_path) == {"log": b"e"}


def test_an_io_error_loses_the_chunk_and_nothing_else(files: Failing, tmp_path: Path) -> None:
    log = open_log(files, tmp_path)
    files.fails["append"] = errno.EIO
    assert len(log.append(files, [b"abc"])) == 1
    files.fails.clear()
    assert "3 bytes were lost" in log.append(files, [b"d"])[0]
    assert contents(tmp_path) == {"log": b"d"}


def test_a_directory_that_vanished_loses_output_until_it_is_back(files: Failing, tmp_path: Path) -> None:
    directory = tmp_path / "logs"
    directory.mkdir()
    log = open_log(files, directory, maxbytes=2, backups=1)
    (directory / "log").unlink()
    directory.rmdir()
    notes = log.append(files, [b"ab", b"cd"])
    assert len(notes) == 1 and "No such file or directory" in notes[0]
    directory.mkdir()
    assert log.append(files, [b"e"]) == [f"log target '{directory}/log' takes output again, 2 bytes were lost"]
    assert contents(directory) == {"log": b"e"}


def test_a_failing_close_is_no_reason_to_lose_output(files: Failing, tmp_path: Path) -> None:
    log = open_log(files, tmp_path, maxbytes=2, backups=1)
    files.fails["close"] = errno.EIO
    assert log.append(files, [b"ab", b"c"]) == []
    assert contents(tmp_path) == {"log": b"c", "log.1": b"ab"}


def test_reopen_follows_a_path_that_was_moved_from_outside(files: Failing, tmp_path: Path) -> None:
    log = open_log(files, tmp_path)
    log.append(files, [b"a"])
    (tmp_path / "log").rename(tmp_path / "moved")
    log.append(files, [b"b"])
    assert log.reopen(files) == []
    log.append(files, [b"c"])
    assert contents(tmp_path) == {"log": b"c", "moved": b"ab"}


def test_a_failed_reopen_keeps_the_old_file(files: Failing, tmp_path: Path) -> None:
    log = open_log(files, tmp_path)
    files.fails["open"] = errno.EACCES
    assert log.reopen(files) == [f"could not reopen log file '{tmp_path}/log': Permission denied"]
    log.append(files, [b"a"])
    assert contents(tmp_path) == {"log": b"a"}


def test_clear_starts_a_new_file(files: Failing, tmp_path: Path) -> None:
    log = open_log(files, tmp_path)
    log.append(files, [b"a"])
    os.link(tmp_path / "log", tmp_path / "kept")
    assert log.clear(files) == []
    log.append(files, [b"b"])
    assert contents(tmp_path) == {"kept": b"a", "log": b"b"}
    (tmp_path / "log").unlink()
    assert log.clear(files) == []
    assert contents(tmp_path) == {"kept": b"a", "log": b""}


def test_a_refused_clear_raises_and_goes_on_with_the_old_file(files: Failing, tmp_path: Path) -> None:
    log = open_log(files, tmp_path)
    files.fails["unlink"] = errno.EPERM
    with pytest.raises(PermissionError):
        log.clear(files)
    log.append(files, [b"a"])
    assert contents(tmp_path) == {"log": b"a"}


def test_a_pipe_is_never_rotated_truncated_or_unlinked(files: Failing, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "log")
    reader = os.open(tmp_path / "log", os.O_RDONLY | os.O_NONBLOCK)
    log = open_log(files, tmp_path, maxbytes=2, backups=1)
    assert log.append(files, [b"abc", b"def"]) == []
    assert log.clear(files) == [f"log target '{tmp_path}/log' is a stream, it cannot be cleared"]
    assert log.reopen(files) == []
    log.append(files, [b"ghi"])
    assert os.read(reader, 100) == b"abcdefghi"
    assert [path.name for path in tmp_path.iterdir()] == ["log"]
    os.close(reader)
    notes = log.append(files, [b"j"])
    assert len(notes) == 1 and "Broken pipe" in notes[0]
    log.close(files)


def test_a_link_to_our_own_descriptor_is_left_alone_even_if_a_file_is_behind_it(files: Failing, tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as out:
        log = RotatingFile.open(files, LogTarget(f"/dev/fd/{out.fileno()}", 2, 1))
        log.append(files, [b"abc", b"def"])
        assert "is a stream" in log.clear(files)[0]
        log.close(files)
    assert contents(tmp_path) == {"out": b"abcdef"}


def test_a_borrowed_descriptor_is_not_closed(files: Failing, tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as out:
        log = RotatingFile.borrow(out.fileno(), "/dev/stdout")
        assert log.append(files, [b"abc"]) == []
        assert log.reopen(files) == []
        log.close(files)
        log.append(files, [b"def"])
        assert os.fstat(out.fileno()).st_size == 6


def test_renewing_opens_the_path_again_with_other_limits(files: Failing, tmp_path: Path) -> None:
    log = open_log(files, tmp_path)
    (tmp_path / "log").unlink()
    before = len(os.listdir("/proc/self/fd"))
    assert log.renew(files, LogTarget(str(tmp_path / "log"), 3, 1)) == []
    assert len(os.listdir("/proc/self/fd")) == before
    log.append(files, [b"abc", b"d"])
    assert contents(tmp_path) == {"log": b"d", "log.1": b"abc"}
