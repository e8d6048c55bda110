"""initd.logs.pipe: bounded reads, back pressure, the last drain."""

from __future__ import annotations

import pytest

from initd.logs.capture import BEGIN, END
from initd.logs.pipe import READ_BYTES, RETRY_NS, OutputPipe, Tap


class ListSink:
    """Remembers chunks; full when told so."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.full = False
        self.ended: list[bytes] = []
        self.waiting: list = []

    def write(self, data: bytes) -> None:
        self.chunks.append(data)

    def end(self) -> None:
        self.ended.append(b"".join(self.chunks))

    def when_room(self, callback) -> None:
        self.waiting.append(callback)

    def forget(self, callback) -> None:
        if callback in self.waiting:
            self.waiting.remove(callback)


def make(bench, **options):
    sink = ListSink()
    written = bench.kernel.new_pipe(7)
    return OutputPipe(bench.loop, 7, sink, Tap(**options)), sink, written


def test_one_turn_reads_one_bounded_piece(bench) -> None:
    _, sink, written = make(bench)
    written += b"x" * (READ_BYTES + 1)
    bench.turn()
    assert [len(chunk) for chunk in sink.chunks] == [READ_BYTES]
    bench.turn()
    assert [len(chunk) for chunk in sink.chunks] == [READ_BYTES, 1]


def test_every_chunk_is_shown_behind_the_sink(bench) -> None:
    seen: list[tuple[bytes, int]] = []
    sink = ListSink()
    written = bench.kernel.new_pipe(7)
    OutputPipe(bench.loop, 7, sink, Tap(on_output=lambda data: seen.append((data, len(sink.chunks)))))
    written += b"hello"
    bench.turn()
    assert seen == [(b"hello", 1)]


def test_the_end_of_the_stream_closes_the_descriptor(bench) -> None:
    pipe, sink, written = make(bench)
    written += b"bye"
    bench.kernel.ended.add(7)
    bench.turn()
    assert not pipe.closed
    assert sink.ended == []
    bench.turn()
    assert sink.ended == [b"bye"]
    assert pipe.closed
    assert bench.kernel.closed == [7]
    assert bench.kernel.interest[7] == 0
    pipe.close()
    pipe.drain_at_exit()
    assert bench.kernel.closed == [7]
    assert sink.chunks == [b"bye"]


def test_a_full_sink_stops_the_reading_until_there_is_room(bench) -> None:
    _, sink, written = make(bench)
    sink.full = True
    written += b"data"
    bench.turn()
    assert sink.chunks == []
    assert bench.kernel.interest[7] == 0
    assert len(sink.waiting) == 1
    sink.full = False
    sink.waiting.pop()()
    assert sink.chunks == [b"data"]
    written += b"more"
    bench.turn()
    assert sink.chunks == [b"data", b"more"]


def test_a_pipe_that_cannot_be_watched_again_is_tried_a_second_later(bench) -> None:
    pipe, sink, written = make(bench)
    sink.full = True
    written += b"data"
    bench.turn()
    sink.full = False
    watch = bench.kernel.watch
    bench.kernel.watch = refuse
    sink.waiting.pop()()
    assert sink.chunks == []
    bench.kernel.watch = watch
    bench.kernel.now += RETRY_NS
    bench.turn()
    assert sink.chunks == [b"data"]
    assert not pipe.closed


def test_a_pipe_that_cannot_be_watched_at_all_is_closed(bench) -> None:
    bench.kernel.watch = refuse
    with pytest.raises(OSError, match="memory"):
        make(bench)
    assert bench.kernel.closed == [7]


def refuse(fd: int, interest: int) -> None:
    if interest:
        raise OSError(12, "Cannot allocate memory")


def test_the_drain_reads_exactly_what_was_there_even_into_a_full_sink(bench) -> None:
    pipe, sink, written = make(bench)
    sink.full = True
    written += b"x" * (3 * READ_BYTES)
    bench.turn()
    read = bench.kernel.read

    def read_while_an_orphan_writes(fd: int, size: int) -> bytes:
        data = read(fd, size)
        written.extend(b"orphan")
        return data

    bench.kernel.read = read_while_an_orphan_writes
    pipe.drain_at_exit()
    assert b"".join(sink.chunks) == b"x" * (3 * READ_BYTES)
    assert bench.kernel.closed == [7]
    assert sink.waiting == []


def test_the_drain_of_an_empty_pipe_closes_it(bench) -> None:
    pipe, sink, _ = make(bench)
    pipe.drain_at_exit()
    assert pipe.closed
    assert sink.chunks == []


def test_a_pipe_that_cannot_be_read_is_closed(bench) -> None:
    pipe, _, written = make(bench)
    written += b"x"

    def broken(fd: int, size: int) -> bytes:
        raise OSError(5, "Input/output error")

    bench.kernel.read = broken
    bench.turn()
    assert pipe.closed


def test_a_fault_of_whoever_looks_on_stops_neither_the_reading_nor_the_log(bench) -> None:
    def fail(data: bytes) -> None:
        raise ValueError(data)

    _, sink, written = make(bench, on_output=fail)
    for piece in (b"one", b"two"):
        written += piece
        bench.loop.turn(0, lambda: None)
    bench.loop.turn(0, lambda: None)
    assert sink.chunks == [b"one", b"two"]
    assert [error.args for error in bench.errors] == [(b"one",), (b"two",)]


def test_escape_sequences_are_stripped_over_reads_and_the_rest_is_kept_at_the_end(bench) -> None:
    pipe, sink, written = make(bench, strip_ansi=True)
    for piece in (b"a\x1b[3", b"1mb", b"c\x1b"):
        written += piece
        bench.turn()
    pipe.drain_at_exit()
    assert b"".join(sink.chunks) == b"abc\x1b"


def test_what_is_captured_is_shown_but_not_written_and_told_whole(bench) -> None:
    raw: list[bytes] = []
    shown: list[bytes] = []
    told: list[bytes] = []
    pipe, sink, written = make(
        bench, on_output=shown.append, strip_ansi=True, capture_maxbytes=100, on_message=told.append, on_raw=raw.append
    )
    written += b"before\x1b[1m" + BEGIN + b"me\x1b[1mss"
    bench.turn()
    written += b"age" + END + b"after"
    bench.turn()
    pipe.drain_at_exit()
    assert b"".join(sink.chunks) == b"beforeafter"
    assert b"".join(shown) == b"beforemessageafter"
    assert told == [b"message"]
    assert b"".join(raw) == b"before\x1b[1m" + BEGIN + b"me\x1b[1mssage" + END + b"after"
