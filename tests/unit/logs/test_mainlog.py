"""initd.logs.mainlog: the line, the levels, the targets."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from initd.logs.mainlog import THRESHOLDS, Level, MainLog, format_line, output_text
from initd.logs.rotate import LogTarget
from initd.logs.sinks import DROP_BYTES


def open_log(bench, path: str, stdout_fd: int | None = None, level: Level = Level.INFO, **limits: int) -> MainLog:
    log = MainLog(bench.loop, level)
    log.open(LogTarget(path, **limits), stdout_fd, bench.answers.append)
    bench.settle()
    return log


def test_a_line_has_date_milliseconds_level_and_text(bench) -> None:
    bench.kernel.wall_ns = 5_042_999_999
    assert format_line(bench.kernel, Level.CRIT, "grüße") == "2024-01-02 03:04:05,042 CRIT grüße\n".encode()
    assert format_line(bench.kernel, Level.INFO, "\udcff").endswith(b"INFO \\udcff\n")


def test_levels_have_the_names_and_numbers_of_supervisord() -> None:
    from supervisor.loggers import LevelsByDescription, LevelsByName

    assert {name: int(level) for name, level in THRESHOLDS.items()} == {
        name: number for name, number in vars(LevelsByDescription).items() if not name.startswith("_")
    }
    for level in Level:
        assert getattr(LevelsByName, level.name) == level


def test_lines_below_the_threshold_are_not_written(bench, tmp_path: Path) -> None:
    log = open_log(bench, str(tmp_path / "log"), level=Level.WARN)
    for level in Level:
        log.log(level, "x")
    bench.settle()
    assert [line.split()[2] for line in (tmp_path / "log").read_text().splitlines()] == ["CRIT", "ERRO", "WARN"]


def test_lines_from_before_the_opening_are_kept(bench, tmp_path: Path) -> None:
    log = MainLog(bench.loop)
    log.log(Level.INFO, "early")
    log.open(LogTarget(str(tmp_path / "log")), None, bench.answers.append)
    log.log(Level.INFO, "earlier than open")
    bench.settle()
    log.log(Level.INFO, "late")
    bench.settle()
    assert bench.answers == [None]
    assert [line.split("INFO ")[1] for line in (tmp_path / "log").read_text().splitlines()] == [
        "early",
        "earlier than open",
        "late",
    ]


def test_a_log_that_cannot_be_opened_is_answered_with_the_error(bench, tmp_path: Path) -> None:
    log = open_log(bench, str(tmp_path))
    assert isinstance(bench.answers[0], IsADirectoryError)
    log.log(Level.INFO, "still alive")


def test_every_line_goes_to_stdout_too_if_asked(bench, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    log = open_log(bench, str(tmp_path / "log"), writer)
    log.log(Level.INFO, "hello")
    bench.settle()
    assert os.read(reader, 1000) == (tmp_path / "log").read_bytes() != b""
    log.close(bench.answers.append)
    bench.settle()
    assert bench.answers == [None, None]
    os.close(reader)
    os.close(writer)


def test_a_stream_that_is_stdout_already_gets_a_line_once(bench) -> None:
    reader, writer = os.pipe()
    log = open_log(bench, f"/dev/fd/{writer}", writer, maxbytes=1, backups=1)
    log.log(Level.INFO, "hello")
    bench.settle()
    assert os.read(reader, 1000).count(b"hello") == 1
    assert bench.warnings == []
    os.close(reader)
    os.close(writer)


def test_stdout_may_be_a_socket_which_cannot_be_opened_again(bench) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        log = open_log(bench, f"/dev/fd/{theirs.fileno()}", theirs.fileno())
        assert bench.answers == [None]
        log.log(Level.INFO, "hello")
        bench.settle()
        assert ours.recv(1000).count(b"hello") == 1


def test_a_file_that_stdout_is_redirected_to_gets_a_line_once_and_rotates(bench, tmp_path: Path) -> None:
    with (tmp_path / "log").open("ab") as stdout:
        log = open_log(bench, str(tmp_path / "log"), stdout.fileno(), maxbytes=10, backups=1)
        log.log(Level.INFO, "hello")
        bench.settle()
    assert (tmp_path / "log.1").read_bytes().count(b"hello") == 1
    assert (tmp_path / "log").read_bytes() == b""


def test_a_reader_of_stdout_that_stalls_holds_up_neither_the_daemon_nor_the_file(bench, tmp_path: Path) -> None:
    log = open_log(bench, str(tmp_path / "log"), 1)
    log._copy._start = lambda: None
    line = "x" * 100_000
    for _ in range(2 * DROP_BYTES // len(line)):
        log.log(Level.INFO, line)
        bench.settle()
    assert (tmp_path / "log").stat().st_size > 2 * DROP_BYTES - len(line)
    assert log._copy._held_bytes < DROP_BYTES + 2 * len(line)
    assert (tmp_path / "log").read_text().count("WARN log target '/dev/stdout' does not keep up") == 1


def test_a_closed_stdout_is_reported_in_the_file_once(bench, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    log = open_log(bench, str(tmp_path / "log"), writer)
    for _ in range(5):
        log.log(Level.INFO, "x")
        bench.settle()
    assert (tmp_path / "log").read_text().count("Broken pipe") == 1
    os.close(writer)


def test_reopen_and_clear_are_those_of_the_file(bench, tmp_path: Path) -> None:
    log = open_log(bench, str(tmp_path / "log"))
    log.log(Level.INFO, "one")
    bench.settle()
    (tmp_path / "log").rename(tmp_path / "moved")
    log.reopen(bench.answers.append)
    log.log(Level.INFO, "two")
    bench.settle()
    assert b"two" in (tmp_path / "log").read_bytes()
    log.clear(bench.answers.append)
    bench.settle()
    assert (tmp_path / "log").read_bytes() == b""
    assert bench.answers == [None, None, None]


@pytest.mark.parametrize("copied", [False, True])
def test_a_clearing_is_told_to_the_copy_once_for_each_place_and_to_no_file_that_stays(
    bench, tmp_path: Path, copied: bool
) -> None:
    with (tmp_path / "out").open("wb") as out:
        log = open_log(bench, str(tmp_path / "log"), out.fileno() if copied else None)
        log.log(Level.INFO, "old")
        log.clear(bench.answers.append)
        log.log(Level.INFO, "new")
        bench.settle()
    told = [line.split("INFO ")[1] for line in (tmp_path / "out").read_text().splitlines()]
    assert told == (["old", "reopening log file", "reopening log file", "new"] if copied else [])
    assert [line.split("INFO ")[1] for line in (tmp_path / "log").read_text().splitlines()] == ["new"]



def test_a_log_that_was_never_opened_can_be_closed(bench) -> None:
    MainLog(bench.loop).close(bench.answers.append)
    assert bench.answers == [None]


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"hi \xc3\xa9\n", "'web' stdout output:\nhi é\n"), (b"\xff", "'web' stdout output:\nUndecodable: b'\\xff'")],
)
def test_output_of_a_program_at_level_debug(data: bytes, text: str) -> None:
    assert output_text("web", "stdout", data) == text
