"""Rotation, for any output and any limits: against its own rule, and byte for byte against supervisor's handler."""

from __future__ import annotations

import errno
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from supervisor.loggers import FileHandler, LogRecord, RotatingFileHandler

from initd.kernel.linux_files import LinuxFiles
from initd.logs.rotate import LogTarget, RotatingFile
from sim.kernel import SimFiles

FILES = LinuxFiles()
CHUNKS = st.lists(st.binary(min_size=1, max_size=12), max_size=40)
MAXBYTES = st.integers(0, 30)
BACKUPS = st.integers(0, 5)
# With a single backup, supervisord deletes it when the log itself is missing at the rotation; we keep it.
MORE_BACKUPS = st.sampled_from([0, 2, 3, 4, 5])
DELETED = st.integers(0, 6)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.lists(st.binary(min_size=1, max_size=12), min_size=1, max_size=8)),
        st.tuples(st.just("delete"), DELETED),
        st.tuples(st.just("move"), st.just(0)),
        st.tuples(st.just("reopen"), st.just(0)),
        st.tuples(st.just("clear"), st.just(0)),
    ),
    max_size=15,
)


def numbered(chunks: list[bytes]) -> list[bytes]:
    """The chunks with every byte replaced by its place in the stream, so that order and loss are visible."""
    stream = iter(range(sum(map(len, chunks))))
    return [b"".join(b"%03d" % next(stream) for _ in chunk) for chunk in chunks]


def batches(chunks: list[bytes], size: int) -> Iterator[list[bytes]]:
    for start in range(0, len(chunks), size):
        yield chunks[start : start + size]


def write_all(directory: Path, chunks: list[bytes], maxbytes: int, backups: int, batch: int) -> None:
    log = RotatingFile.open(FILES, LogTarget(str(directory / "log"), maxbytes, backups))
    for chunk in batches(chunks, batch):
        assert log.append(FILES, chunk) == []
    log.close(FILES)


@settings(deadline=None)
@given(CHUNKS.map(numbered), MAXBYTES, BACKUPS, st.integers(1, 40))
def test_what_is_kept_is_the_end_of_what_was_written(
    chunks: list[bytes], maxbytes: int, backups: int, batch: int
) -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        write_all(directory, chunks, maxbytes, backups, batch)
        numbers = sorted((int(path.suffix[1:]) for path in directory.glob("log.*")), reverse=True)
        pieces = [(directory / f"log.{number}").read_bytes() for number in numbers]
        pieces.append((directory / "log").read_bytes())
    stream = b"".join(chunks)
    kept = b"".join(pieces)
    assert stream.endswith(kept)
    assert numbers == list(range(len(numbers), 0, -1))
    assert len(numbers) <= backups
    if not maxbytes or len(numbers) < backups:
        assert kept == stream
    longest = max(map(len, chunks), default=0)
    for piece in pieces[:-1]:
        assert maxbytes <= len(piece) < maxbytes + longest
    assert not maxbytes or len(pieces[-1]) < maxbytes
    boundaries = {len(b"".join(chunks[:count])) for count in range(len(chunks) + 1)}
    at = len(stream)
    for piece in reversed(pieces):
        at -= len(piece)
        assert at in boundaries


class Stock:
    """supervisor's handler, driven by the same steps."""

    def __init__(self, path: Path, maxbytes: int, backups: int) -> None:
        self.handler = RotatingFileHandler(str(path), "a", maxbytes, backups) if maxbytes else FileHandler(str(path))

    def write(self, chunks: list[bytes]) -> None:
        for chunk in chunks:
            self.handler.emit(LogRecord(20, chunk))

    def close(self) -> None:
        self.handler.close()

    def reopen(self, _: object) -> None:
        self.handler.reopen()

    def clear(self, _: object) -> None:
        self.handler.remove()
        self.handler.reopen()


class Ours:
    """Our file, driven by the same steps."""

    def __init__(self, path: Path, maxbytes: int, backups: int) -> None:
        self.log = RotatingFile.open(FILES, LogTarget(str(path), maxbytes, backups))

    def write(self, chunks: list[bytes]) -> None:
        assert self.log.append(FILES, chunks) == []

    def close(self) -> None:
        self.log.close(FILES)

    def reopen(self, _: object) -> None:
        self.log.reopen(FILES)

    def clear(self, _: object) -> None:
        self.log.clear(FILES)


def outside(directory: Path, what: str, number: int) -> None:
    """What an administrator does behind our back: deletes the log or a backup, or moves the log away."""
    path = directory / (f"log.{number}" if number else "log")
    if what == "delete":
        path.unlink(missing_ok=True)
    elif path.exists():
        path.rename(directory / "moved")


@settings(deadline=None, max_examples=200)
@given(STEPS, MAXBYTES, MORE_BACKUPS, st.binary(max_size=40))
def test_every_file_is_what_supervisord_would_have_left(
    steps: list[tuple[str, object]], maxbytes: int, backups: int, before: bytes
) -> None:
    left: list[dict[str, bytes]] = []
    for kind in (Stock, Ours):
        with tempfile.TemporaryDirectory() as name:
            directory = Path(name)
            (directory / "log").write_bytes(before)
            log = kind(directory / "log", maxbytes, backups)
            for what, argument in steps:
                if what in ("delete", "move"):
                    outside(directory, what, argument if isinstance(argument, int) else 0)
                else:
                    getattr(log, what)(argument)
            log.close()
            left.append({path.name: path.read_bytes() for path in directory.iterdir()})
    assert left[0] == left[1]


FEW_CHUNKS = st.lists(st.binary(min_size=1, max_size=12), max_size=30)
TROUBLE = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from(["open_append", "append", "rename", "truncate"]), st.integers(1, 3)),
    max_size=6,
)


@settings(deadline=None, max_examples=200)
@given(FEW_CHUNKS.map(numbered), st.integers(0, 30), TROUBLE)
def test_whatever_fails_bytes_are_in_order_in_the_files_or_counted_as_lost(
    chunks: list[bytes], maxbytes: int, trouble: list[tuple[int, str, int]]
) -> None:
    files = SimFiles()
    log = RotatingFile.open(files, LogTarget("/var/log/x", maxbytes, 40))
    notes: list[str] = []
    for number, batch in enumerate(batches(chunks, 3)):
        for when, call, times in trouble:
            if when == number:
                files.fail("/var/log", errno.EIO, call, times=times)
        notes += log.append(files, batch)
    names = [f"/var/log/x.{number}" for number in range(40, 0, -1)] + ["/var/log/x"]
    kept = b"".join(files.data(name) for name in names if files.exists(name))
    lost = sum(int(count) for note in notes for count in re.findall(r"(\d+) bytes were lost", note)) + log.lost
    stream = b"".join(chunks)
    assert len(kept) + lost == len(stream)
    rest = iter(stream[at : at + 3] for at in range(0, len(stream), 3))
    assert all(kept[at : at + 3] in rest for at in range(0, len(kept), 3))
    assert not lost or any("could not write" in note for note in notes)
    assert trouble or kept == stream
