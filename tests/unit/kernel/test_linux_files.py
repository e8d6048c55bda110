from __future__ import annotations

import errno
import glob
import grp
import os
import pwd
import stat
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initd.kernel import linux_files
from initd.kernel.linux_files import LinuxFiles
from tests.unit.kernel.launching import needs_root, run_python


@pytest.fixture
def files() -> LinuxFiles:
    return LinuxFiles()


def test_a_log_is_created_under_our_umask_and_appended_to(files: LinuxFiles, tmp_path: Path) -> None:
    path = tmp_path / "log"
    before = os.umask(0o027)
    try:
        fd = files.open_append(str(path))
    finally:
        os.umask(before)
    assert files.append(fd, b"one ") == 4
    assert files.append(fd, b"two") == 7
    assert not os.get_inheritable(fd)
    files.close(fd)
    assert path.read_bytes() == b"one two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    fd = files.open_append(str(path))
    assert files.append(fd, b"!") == 8
    files.close(fd)


def test_a_truncated_log_goes_on_from_nothing(files: LinuxFiles, tmp_path: Path) -> None:
    fd = files.open_append(str(tmp_path / "log"))
    files.append(fd, b"old")
    files.truncate(fd)
    assert files.append(fd, b"new") == 3
    files.close(fd)
    assert (tmp_path / "log").read_bytes() == b"new"


def test_a_target_without_a_size_answers_minus_1(files: LinuxFiles, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    reader = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    fd = files.open_append(str(tmp_path / "fifo"))
    assert files.append(fd, b"x") == -1
    assert not files.seekable(fd)
    assert os.read(reader, 9) == b"x"
    os.close(reader)
    files.close(fd)
    device = files.open_append("/dev/null")
    assert files.append(device, b"x") == -1
    assert not files.seekable(device)
    files.close(device)


def test_all_is_written_though_somebody_made_the_target_non_blocking(files: LinuxFiles) -> None:
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    received = bytearray()

    def drain() -> None:
        while piece := os.read(read_end, 65536):
            received.extend(piece)

    reader = threading.Thread(target=drain)
    reader.start()
    assert files.append(write_end, bytes(1_000_000)) == -1
    os.close(write_end)
    reader.join()
    os.close(read_end)
    assert len(received) == 1_000_000


def test_our_own_output_is_used_as_it_is_though_it_could_not_be_opened_again() -> None:
    # A socket as standard output is what some container engines give; opening /dev/stdout is then ENXIO.
    program = """
import os, _socket
from initd.kernel.linux_files import LinuxFiles
answer = os.dup(1)
ours, theirs = _socket.socketpair()
os.dup2(theirs.fileno(), 1)
files = LinuxFiles()
fd = files.open_append("/dev/stdout")
files.append(fd, b"through the socket")
os.write(answer, ours.recv(100))
"""
    assert run_python(program) == "through the socket"


def test_somebody_elses_socket_is_no_log(files: LinuxFiles, tmp_path: Path) -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "socket"))
        with pytest.raises(OSError, match="No such device or address"):
            files.open_append(str(tmp_path / "socket"))


def test_a_file_is_the_same_until_something_else_has_its_name(files: LinuxFiles, tmp_path: Path) -> None:
    path = str(tmp_path / "log")
    fd = files.open_append(path)
    assert files.seekable(fd)
    assert files.same_file(fd, path)
    files.rename(path, path + ".1")
    assert not files.same_file(fd, path)
    files.write_file(path, b"")
    assert not files.same_file(fd, path)
    assert files.same_file(fd, path + ".1")
    files.unlink(path + ".1")
    assert files.listdir(str(tmp_path)) == ["log"]
    files.close(fd)


def test_reading_at_an_offset_gives_what_there_is(files: LinuxFiles, tmp_path: Path) -> None:
    path = str(tmp_path / "log")
    files.write_file(path, b"0123456789")
    assert files.size(path) == 10
    assert files.read_at(path, 2, 3) == b"234"
    assert files.read_at(path, 8, 100) == b"89"
    assert files.read_at(path, 100, 1) == b""
    assert files.read_at(path, 0, 0) == b""


def test_only_regular_files_are_read_back(files: LinuxFiles, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", "/dev/null"):
        with pytest.raises(OSError, match="Illegal seek") as caught:
            files.read_at(str(path), 0, 10)
        assert caught.value.errno == errno.ESPIPE
    with pytest.raises(IsADirectoryError):
        files.read_at(str(tmp_path), 0, 10)
    with pytest.raises(FileNotFoundError):
        files.read_at(str(tmp_path / "missing"), 0, 10)


def test_a_temporary_file_is_new_private_and_well_named(files: LinuxFiles, tmp_path: Path) -> None:
    made = {files.make_temp(str(tmp_path), "web-stdout---supervisor-", ".log") for _ in range(20)}
    assert len(made) == 20
    for path in made:
        middle = Path(path).name.removeprefix("web-stdout---supervisor-").removesuffix(".log")
        assert len(middle) == 8 and middle.isalnum()
        assert (Path(path).stat().st_size, stat.S_IMODE(Path(path).stat().st_mode)) == (0, 0o600)


def test_a_temporary_file_never_takes_an_existing_name(
    files: LinuxFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = [bytes(8), bytes(8), b"\1" * 8]
    monkeypatch.setattr(os, "urandom", lambda _count: drawn.pop(0))
    assert files.make_temp(str(tmp_path), "", "") == str(tmp_path / "aaaaaaaa")
    assert files.make_temp(str(tmp_path), "", "") == str(tmp_path / "bbbbbbbb")


def test_a_written_file_is_replaced_and_read_whole(files: LinuxFiles, tmp_path: Path) -> None:
    path = str(tmp_path / "file")
    files.write_file(path, bytes(200_000))
    assert files.read_file(path) == bytes(200_000)
    files.write_file(path, b"short")
    assert files.read_file(path) == b"short"
    assert files.read_file("/proc/self/status").startswith(b"Name:")


def test_stat_and_executable_follow_links(files: LinuxFiles, tmp_path: Path) -> None:
    (tmp_path / "program").touch(0o755)
    (tmp_path / "data").touch(0o644)
    (tmp_path / "link").symlink_to("program")
    mode, owner = files.stat(str(tmp_path / "link"))
    assert (stat.S_ISREG(mode), stat.S_IMODE(mode), owner) == (True, 0o755, os.getuid())
    assert files.executable(str(tmp_path / "link"))
    assert not files.executable(str(tmp_path / "data"))
    assert not files.executable(str(tmp_path / "missing"))
    with pytest.raises(FileNotFoundError):
        files.stat(str(tmp_path / "missing"))


def test_glob_is_sorted_and_maybe_empty(files: LinuxFiles, tmp_path: Path) -> None:
    for name in ("b.conf", "a.conf", "c.txt"):
        (tmp_path / name).touch()
    assert files.glob(f"{tmp_path}/*.conf") == [f"{tmp_path}/a.conf", f"{tmp_path}/b.conf"]
    assert files.glob(f"{tmp_path}/none*") == []


def test_users_and_groups_are_found_by_name_and_number(files: LinuxFiles) -> None:
    assert files.user("root") == files.user("0") == ("root", 0, 0, pwd.getpwuid(0).pw_dir)
    assert files.group("root") == files.group("0") == ("root", 0)
    for nobody in ("no such user", "123456789", "9" * 40, "", "a\0b"):
        assert files.user(nobody) is None
        assert files.group(nobody) is None


def test_the_groups_of_a_user_are_those_that_list_it_with_the_given_first(files: LinuxFiles) -> None:
    for entry in pwd.getpwall():
        listing = {group.gr_gid for group in grp.getgrall() if entry.pw_name in group.gr_mem}
        found = files.groups_of(entry.pw_name, entry.pw_gid)
        assert found[0] == entry.pw_gid
        assert sorted(found) == sorted(listing | {entry.pw_gid})


def test_an_instant_without_descriptors_is_waited_out(
    files: LinuxFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = os.open, [errno.EMFILE, errno.EMFILE]

    def sometimes(*arguments: Any) -> int:
        if failures:
            raise OSError(failures.pop(), "none left")
        return real(*arguments)

    monkeypatch.setattr(os, "open", sometimes)
    files.close(files.open_append(str(tmp_path / "log")))
    failures.extend([errno.EMFILE] * linux_files.OPEN_TRIES)
    with pytest.raises(OSError, match="none left"):
        files.open_append(str(tmp_path / "log"))
    assert failures == []


@needs_root
def test_a_log_we_may_not_write_is_an_error_unless_it_is_our_own_output(tmp_path: Path) -> None:
    # What /dev/stdout is to a daemon that has dropped its privileges: a pipe of root's.
    program = """
import os, sys
from initd.kernel.linux_files import LinuxFiles
files = LinuxFiles()
os.mkfifo(sys.argv[1], 0o600)
held = os.open(sys.argv[1], os.O_RDWR)
answer = os.dup(1)
os.dup2(held, 1)
os.setgid(4322); os.setuid(4321)
fd = files.open_append("/dev/stdout")
files.append(fd, b"written")
os.write(answer, os.read(held, 100))
try:
    files.open_append(sys.argv[1])
except PermissionError:
    os.write(answer, b" EACCES")
"""
    assert run_python(program, str(tmp_path / "fifo")) == "written EACCES"


OWN = """
import os, sys
from initd.kernel.linux_files import LinuxFiles
files, answer, folder = LinuxFiles(), os.dup(1), sys.argv[1]
def say(*words):
    os.write(answer, (" ".join(map(str, words)) + "\\n").encode())
"""


def test_our_own_streams_have_one_name_each_whatever_they_are_called(tmp_path: Path) -> None:
    program = f"""{OWN}
read, write = os.pipe()
os.dup2(write, 1)
os.dup2(os.open("/dev/null", os.O_WRONLY), 2)
os.dup2(os.pipe()[1], 9)
os.symlink("/dev/stdout", folder + "/link")
os.symlink("link", folder + "/link to a link")
os.symlink("loop", folder + "/loop")
names = ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "/proc/%d/fd/1" % os.getpid(), folder + "/link to a link"]
say(*{{files.own_stream(name) for name in names}})
say(files.own_stream("/dev/stderr"), files.own_stream("/dev/fd/9"))
for name in ("/dev/null", "/dev/fd/0", "/dev/fd/77", "/dev/fd/x", "/proc/1/fd/1", folder, folder + "/loop", "log", ""):
    if files.own_stream(name):
        say("not ours:", name)
say([files.own_stream("/dev/fd/%d" % read)])
os.dup2(1, 2)
os.dup2(1, 9)
say(*{{files.own_stream(name) for name in ("/dev/stdout", "/dev/stderr", "/dev/fd/2", "/dev/fd/9")}})
os.close(1)
say(files.own_stream("/dev/stderr"), files.own_stream("/dev/stdout"))
try:
    files.open_append("/dev/stdout")
except OSError as error:
    say(error.strerror)
"""
    assert run_python(program, str(tmp_path)).splitlines() == [
        "/dev/stdout",
        "/dev/stderr /dev/fd/9",
        "['']",
        "/dev/stdout",
        "/dev/stderr /dev/stdout",
        "Bad file descriptor",
    ]


def test_a_file_that_we_were_given_is_written_where_we_are_in_it_by_all(tmp_path: Path) -> None:
    program = f"""{OWN}
os.dup2(os.open(folder + "/out", os.O_WRONLY | os.O_CREAT), 1)
first, second = files.open_append("/dev/stdout"), files.open_append("/dev/fd/1")
for fd in (1, first, second, 1, first):
    files.append(fd, b"%d\\n" % [1, first, second].index(fd))
os.unlink(folder + "/out")
third = files.open_append("/proc/self/fd/1")
say(os.fstat(third).st_size, os.path.exists(folder + "/out"))
"""
    (tmp_path / "kept").touch()
    os.link(tmp_path / "kept", tmp_path / "out")
    assert run_python(program, str(tmp_path)) == "10 False\n"
    assert (tmp_path / "kept").read_text() == "0\n1\n2\n0\n1\n"


@given(st.text("ab.*", min_size=1, max_size=8), st.sets(st.text("ab.", min_size=1, max_size=5), max_size=8))
def test_stars_match_as_they_do_in_the_standard_library(pattern: str, names: set[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in names - {".", ".."}:
            Path(folder, name).touch()
        for place in (f"{folder}/{pattern}", f"{folder}//{pattern}", f"{folder}/{pattern}/", f"{folder}/none/{pattern}"):
            assert LinuxFiles().glob(place) == sorted(glob.glob(place))


def test_relative_patterns_and_those_with_other_marks_are_as_there_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.conf", "b.conf", ".c.conf", "d"):
        (tmp_path / name).touch()
    for pattern in ("*.conf", "?.conf", "[ab].conf", ".*", "*", "a.conf", "x", "*/*", "./*.conf", "../*/a.conf", ""):
        assert LinuxFiles().glob(pattern) == sorted(glob.glob(pattern)), pattern
