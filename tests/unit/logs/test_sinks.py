"""initd.logs.sinks: order, bounds and sharing."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from initd.kernel.linux_files import LinuxFiles
from initd.logs.rotate import LogTarget, RotatingFile
from initd.logs.sinks import DROP_BYTES, FULL_BYTES, SETTLE_NS, Discard, FileSink, SinkTable


@pytest.fixture
def sink(bench, tmp_path: Path) -> FileSink:
    return FileSink(bench.loop, opened(tmp_path / "log"), bench.warnings.append)


def opened(path: Path, maxbytes: int = 0, backups: int = 0) -> RotatingFile:
    return RotatingFile.open(LinuxFiles(), LogTarget(str(path), maxbytes, backups))


def test_what_is_queued_goes_out_with_one_operation_at_a_time(bench, sink: FileSink, tmp_path: Path) -> None:
    for chunk in (b"a", b"b", b"c"):
        sink.write(chunk)
    assert len(bench.kernel.pending_ops) == 1
    bench.kernel.work()
    assert (tmp_path / "log").read_bytes() == b"a"
    bench.turn()
    assert len(bench.kernel.pending_ops) == 1
    bench.kernel.work()
    assert (tmp_path / "log").read_bytes() == b"abc"
    bench.turn()
    assert sink.idle
    assert bench.kernel.lanes == [f"log:{tmp_path}/log"] * 2


def test_requests_keep_their_place_among_the_writes(bench, sink: FileSink, tmp_path: Path) -> None:
    sink.write(b"a")
    sink.clear(bench.answers.append)
    sink.write(b"b")
    sink.reopen(bench.answers.append)
    sink.write(b"c")
    sink.close(bench.answers.append)
    bench.settle()
    assert (tmp_path / "log").read_bytes() == b"bc"
    assert bench.answers == [None, None, None]


def test_a_sink_has_settled_when_what_was_asked_before_is_done_and_not_what_came_after(
    bench, sink: FileSink, tmp_path: Path
) -> None:
    sink.settle(bench.answers.append)
    assert bench.answers == [None], "nothing is on its way"
    sink.write(b"a")
    sink.write(b"b")
    found: list[bytes] = []
    for _ in range(2):
        sink.settle(lambda error: found.append((tmp_path / "log").read_bytes()))
    sink.write(b"c")
    bench.kernel.work()
    bench.turn()
    assert found == []
    bench.kernel.work()
    bench.turn()
    assert found == [b"ab", b"ab"]
    bench.settle()
    assert (tmp_path / "log").read_bytes() == b"abc"


def test_whoever_waits_for_a_target_that_hangs_gives_up_and_leaves_nothing_behind(bench, sink: FileSink) -> None:
    sink.write(b"a")
    for _ in range(3):
        sink.settle(bench.answers.append)
    bench.kernel.now = SETTLE_NS - 1
    bench.turn()
    assert bench.answers == []
    bench.kernel.now = SETTLE_NS
    bench.turn()
    assert bench.answers == [None] * 3
    sink.settle(bench.answers.append)
    assert bench.answers == [None] * 4, "by now it is known to hang"
    bench.kernel.work()
    bench.turn()
    assert sink.idle, "those who have given up are forgotten"
    sink.write(b"b")
    sink.settle(bench.answers.append)
    assert len(bench.answers) == 4, "it works again, so that one can wait for it again"
    bench.settle()
    assert len(bench.answers) == 5


def test_an_answer_that_fails_does_not_harm_the_sink_it_has_waited_for(bench, sink: FileSink, tmp_path: Path) -> None:
    def fail(_error: OSError | None) -> None:
        raise KeyError("k")

    sink.write(b"a")
    sink.settle(fail)
    sink.write(b"b")
    with pytest.raises(AssertionError, match="KeyError"):
        bench.settle()
    bench.errors.clear()
    bench.settle()
    assert (sink.held_bytes, sink.idle) == (0, True)
    assert (tmp_path / "log").read_bytes() == b"ab"


def test_a_refused_clear_is_answered_with_its_error(bench, tmp_path: Path) -> None:
    class Refusing(LinuxFiles):
        def unlink(self, path: str) -> None:
            raise PermissionError(errno.EACCES, "Permission denied")

    bench.kernel.files = Refusing()
    sink = FileSink(bench.loop, opened(tmp_path / "log"), bench.warnings.append)
    sink.clear(bench.answers.append)
    bench.settle()
    assert isinstance(bench.answers[0], PermissionError)
    assert bench.warnings == []


def test_a_sink_is_full_until_what_it_holds_is_written(bench, sink: FileSink) -> None:
    served: list[str] = []
    sink.write(b"x" * (FULL_BYTES - 1))
    assert not sink.full
    sink.write(b"y")
    assert sink.full
    sink.when_room(lambda: served.append("first"))
    sink.when_room(lambda: served.append("second"))
    bench.settle()
    assert not sink.full
    assert served == ["first", "second"]


def test_writers_are_served_in_order_until_it_is_full_again(bench, sink: FileSink) -> None:
    served: list[int] = []

    def fill(number: int) -> None:
        served.append(number)
        sink.write(b"x" * FULL_BYTES)

    sink.write(b"x" * FULL_BYTES)
    for number in range(3):
        sink.when_room(lambda number=number: fill(number))
    bench.kernel.work()
    bench.turn()
    assert served == [0]
    bench.kernel.work()
    bench.turn()
    assert served == [0, 1]
    bench.settle()
    assert served == [0, 1, 2]


def test_what_a_hung_target_cannot_take_is_dropped_and_told_twice_at_most(
    bench, sink: FileSink, tmp_path: Path
) -> None:
    for _ in range(DROP_BYTES // FULL_BYTES):
        sink.write(b"x" * FULL_BYTES)
    for _ in range(10):
        sink.write(b"lost")
    path = str(tmp_path / "log")
    assert bench.warnings == [f"log target {path!r} does not keep up, output is lost"]
    bench.settle()
    assert bench.warnings[1:] == [f"log target {path!r} takes output again, 40 bytes were lost"]
    assert (tmp_path / "log").stat().st_size == DROP_BYTES
    sink.write(b"more")
    bench.settle()
    assert len(bench.warnings) == 2
    sink.write(b"x" * DROP_BYTES)
    sink.write(b"lost again")
    bench.settle()
    assert len(bench.warnings) == 4


def test_an_operation_with_a_bug_is_reported_and_the_sink_goes_on(bench, sink: FileSink, tmp_path: Path) -> None:
    def buggy(files: object, chunks: object, dropped: int) -> list[str]:
        raise ValueError("bug")

    append, sink._file.append = sink._file.append, buggy
    sink.write(b"a")
    bench.settle()
    assert "ValueError('bug')" in bench.warnings[0]
    sink._file.append = append
    sink.write(b"b")
    bench.settle()
    assert (tmp_path / "log").read_bytes() == b"b"


def test_nothing_is_ever_wrong_with_a_stream_without_a_log(bench) -> None:
    sink = Discard()
    sink.write(b"x")
    for request in (sink.reopen, sink.clear, sink.close):
        request(bench.answers.append)
    sink.when_room(lambda: bench.answers.append("room"))
    assert bench.answers == [None, None, None, "room"]
    assert not sink.full


def test_two_users_of_one_path_share_its_rotation(bench, tmp_path: Path) -> None:
    table = SinkTable(bench.loop, bench.warnings.append)
    first = table.adopt(opened(tmp_path / "log", 4, 9))
    second = table.adopt(opened(tmp_path / "log", 4, 9))
    assert first is second
    for number in range(10):
        (first, second)[number % 2].write(b"%04d" % number)
    bench.settle()
    assert [(tmp_path / f"log.{n}").read_bytes() for n in range(1, 10)] == [b"%04d" % n for n in range(9, 0, -1)]
    table.release(first, bench.answers.append)
    second.write(b"x")
    table.release(second, bench.answers.append)
    bench.settle()
    assert bench.answers == [None, None]
    assert (tmp_path / "log").read_bytes() == b"x"


def test_a_restart_writes_behind_what_the_old_run_left_even_if_that_rotates(bench, tmp_path: Path) -> None:
    table = SinkTable(bench.loop, bench.warnings.append)
    old = table.adopt(opened(tmp_path / "log", 4, 2))
    old.write(b"abcd")
    table.release(old, bench.answers.append)
    new = table.adopt(opened(tmp_path / "log", 4, 2))
    new.write(b"e")
    table.release(new, bench.answers.append)
    newer = table.adopt(opened(tmp_path / "log", 4, 2))
    newer.write(b"f")
    bench.settle()
    assert (tmp_path / "log.1").read_bytes() == b"abcd"
    assert (tmp_path / "log").read_bytes() == b"ef"


def test_a_target_is_not_forgotten_while_something_is_left_to_write(bench, tmp_path: Path) -> None:
    table = SinkTable(bench.loop, bench.warnings.append)
    first = table.adopt(opened(tmp_path / "log"))
    table.release(first, bench.answers.append)
    second = table.adopt(opened(tmp_path / "log"))
    second.write(b"a")
    table.release(second, bench.answers.append)
    bench.kernel.work()
    bench.turn()
    assert bench.answers == []
    third = table.adopt(opened(tmp_path / "log"))
    third.write(b"b")
    bench.settle()
    assert third is first
    assert (tmp_path / "log").read_bytes() == b"ab"


def test_closing_the_table_waits_for_everything_that_was_written(bench, tmp_path: Path) -> None:
    table = SinkTable(bench.loop, bench.warnings.append)
    table.close(lambda: bench.answers.append("empty"))
    assert bench.answers == ["empty"]
    live, left = table.adopt(opened(tmp_path / "a")), table.adopt(opened(tmp_path / "b"))
    live.write(b"x")
    left.write(b"y")
    table.release(left, lambda error: None)
    table.close(lambda: bench.answers.append("all"))
    assert bench.answers == ["empty"]
    bench.settle()
    assert bench.answers == ["empty", "all"]
    assert (tmp_path / "a").read_bytes() + (tmp_path / "b").read_bytes() == b"xy"


def test_the_last_release_closes_the_target_and_forgets_it(bench, tmp_path: Path) -> None:
    table = SinkTable(bench.loop, bench.warnings.append)
    sink = table.adopt(opened(tmp_path / "log"))
    table.release(sink, bench.answers.append)
    assert bench.answers == []
    bench.settle()
    assert bench.answers == [None]
    assert table.adopt(opened(tmp_path / "log")) is not sink
    assert isinstance(table.adopt(None), Discard)


def test_a_table_goes_on_with_what_an_earlier_one_has_not_come_to_write(bench, tmp_path: Path) -> None:
    old = SinkTable(bench.loop, bench.warnings.append)
    slow, done = old.adopt(opened(tmp_path / "slow")), old.adopt(opened(tmp_path / "done"))
    done.write(b"1")
    old.release(done)
    bench.settle()
    for chunk in (b"a", b"b", b"c"):
        slow.write(chunk)
    old.release(slow)
    old.close(lambda: bench.answers.append("late"))
    new = SinkTable(bench.loop, bench.answers.append)
    new.inherit(old)
    same, other = new.adopt(opened(tmp_path / "slow")), new.adopt(opened(tmp_path / "done"))
    assert same is slow and other is not done
    assert new.held_bytes == 3
    same.write(b"d")
    bench.settle()
    assert (tmp_path / "slow").read_bytes() == b"abcd"
    new.release(same)
    bench.settle()
    assert new.adopt(opened(tmp_path / "slow")) is not slow
