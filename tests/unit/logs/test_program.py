"""initd.logs.program: the streams of one run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from initd.kernel.linux_files import LinuxFiles
from initd.logs.program import LogTarget, ProgramLogs, Tap, prepare_logs
from initd.logs.sinks import SinkTable

FILES = LinuxFiles()


@pytest.fixture
def table(bench) -> SinkTable:
    return SinkTable(bench.loop, bench.warnings.append)


def targets(tmp_path: Path) -> tuple[LogTarget, LogTarget]:
    return LogTarget(str(tmp_path / "out")), LogTarget(str(tmp_path / "err"))


def open_fds() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_the_files_exist_before_anything_is_written(tmp_path: Path) -> None:
    prepare_logs(FILES, *targets(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["err", "out"]


def test_a_failed_opening_leaves_nothing_open(tmp_path: Path) -> None:
    before = open_fds()
    with pytest.raises(FileNotFoundError):
        prepare_logs(FILES, LogTarget(str(tmp_path / "out")), LogTarget(str(tmp_path / "gone" / "err")))
    assert open_fds() == before


def test_what_a_program_writes_goes_to_its_files_and_is_shown(bench, table: SinkTable, tmp_path: Path) -> None:
    before = open_fds()
    seen: list[tuple[str, bytes]] = []
    taps = (Tap(lambda chunk, channel=channel: seen.append((channel, chunk))) for channel in ("stdout", "stderr"))
    logs = ProgramLogs(table, prepare_logs(FILES, *targets(tmp_path)), *taps)
    out, err = bench.kernel.new_pipe(3), bench.kernel.new_pipe(4)
    logs.attach(3, 4)
    out += b"hello"
    err += b"trouble"
    bench.settle()
    out += b" last words"
    logs.finish(bench.answers.append)
    assert bench.kernel.closed == [3, 4]
    assert bench.answers == []
    bench.settle()
    assert bench.answers == [None]
    assert (tmp_path / "out").read_bytes() == b"hello last words"
    assert (tmp_path / "err").read_bytes() == b"trouble"
    assert seen == [("stdout", b"hello"), ("stderr", b"trouble"), ("stdout", b" last words")]
    assert open_fds() == before


def test_redirected_stderr_needs_one_pipe_only(bench, table: SinkTable, tmp_path: Path) -> None:
    logs = ProgramLogs(table, prepare_logs(FILES, LogTarget(str(tmp_path / "out")), None))
    bench.kernel.new_pipe(3)
    logs.attach(3, None)
    logs.finish(bench.answers.append)
    bench.settle()
    assert bench.kernel.closed == [3]
    assert bench.answers == [None]


def test_output_without_a_log_is_read_all_the_same(bench, table: SinkTable) -> None:
    seen: list[bytes] = []
    logs = ProgramLogs(table, prepare_logs(FILES, None, None), Tap(seen.append, strip_ansi=True))
    out = bench.kernel.new_pipe(3)
    logs.attach(3, None)
    out += b"\x1b[1mbold"
    bench.settle()
    assert seen == [b"bold"]
    logs.clear(bench.answers.append)
    assert bench.answers == [None]


def test_both_streams_may_share_one_file(bench, table: SinkTable, tmp_path: Path) -> None:
    before = open_fds()
    target = LogTarget(str(tmp_path / "log"), 8, 1)
    logs = ProgramLogs(table, prepare_logs(FILES, target, target))
    out, err = bench.kernel.new_pipe(3), bench.kernel.new_pipe(4)
    logs.attach(3, 4)
    out += b"12345678"
    err += b"ab"
    bench.settle()
    assert (tmp_path / "log.1").read_bytes() == b"12345678"
    assert (tmp_path / "log").read_bytes() == b"ab"
    logs.finish()
    bench.settle()
    assert open_fds() == before


def test_clear_and_reopen_act_on_both_files_of_a_live_run(bench, table: SinkTable, tmp_path: Path) -> None:
    logs = ProgramLogs(table, prepare_logs(FILES, *targets(tmp_path)))
    out = bench.kernel.new_pipe(3)
    logs.attach(3, None)
    out += b"old"
    bench.settle()
    (tmp_path / "err").unlink()
    logs.reopen(bench.answers.append)
    logs.clear(bench.answers.append)
    bench.settle()
    assert bench.answers == [None, None]
    assert (tmp_path / "out").read_bytes() == b""
    assert (tmp_path / "err").exists()


def test_clearing_after_the_end_is_true_and_does_nothing(bench, table: SinkTable, tmp_path: Path) -> None:
    logs = ProgramLogs(table, prepare_logs(FILES, *targets(tmp_path)))
    (tmp_path / "out").write_bytes(b"kept")
    logs.discard()
    logs.clear(bench.answers.append)
    logs.finish(bench.answers.append)
    bench.settle()
    assert bench.answers == [None, None]
    assert (tmp_path / "out").read_bytes() == b"kept"


def test_a_spawn_that_came_to_nothing_leaves_nothing_open(bench, table: SinkTable, tmp_path: Path) -> None:
    before = open_fds()
    ProgramLogs(table, prepare_logs(FILES, *targets(tmp_path))).discard(bench.answers.append)
    bench.settle()
    assert bench.answers == [None]
    assert open_fds() == before


def test_clearing_a_stream_answers_true_with_a_warning(bench, table: SinkTable, tmp_path: Path) -> None:
    null = tmp_path / "null"  # were it the device itself, a failure of this test would cost root the machine's /dev/null
    null.symlink_to("/dev/null")
    logs = ProgramLogs(table, prepare_logs(FILES, LogTarget(str(null), 5, 5), None))
    logs.clear(bench.answers.append)
    bench.settle()
    assert bench.answers == [None]
    assert bench.warnings == [f"log target '{null}' is a stream, it cannot be cleared"]
    assert null.is_symlink()
