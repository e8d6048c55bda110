"""A range of seeds in pieces, each in a process of its own: a piece has a result, whatever becomes of its process.

No process outlives this one, however it ends: they are killed when nobody wants their results any more, and the kernel kills
them when this process is.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pickle
import select
import signal
import sys

from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from typing import NoReturn, TypeVar

    T = TypeVar("T")

PR_SET_PDEATHSIG = 1


def pieces(first: int, last: int, size: int) -> list[range]:
    """The seeds from `first` to below `last`, so many in each piece."""
    return [range(start, min(start + size, last)) for start in range(first, last, size)]


def results(
    parts: Sequence[range], run: Callable[[int, int], T], lost: Callable[[range, str], T], jobs: int
) -> Generator[tuple[range, T], None, None]:
    """What `run(first, last)` returns for each of them, in order, that many at a time; with one job in this process.

    `lost(piece, reason)` makes the result of a piece that has none, since it raised or its process died.
    """
    if jobs <= 1:
        for piece in parts:
            try:
                result = run(piece.start, piece.stop)
            except Exception as error:
                result = lost(piece, f"process unknown: {error!r}")
            yield piece, result
        return
    working: dict[int, _Worker] = {}
    finished: dict[int, T] = {}
    begun = 0
    try:
        for at, piece in enumerate(parts):
            while at not in finished:
                while begun < len(parts) and len(working) < jobs:
                    worker = _started(begun, parts[begun], run)
                    working[worker.fd] = worker
                    begun += 1
                for worker in _readable(working):
                    if not worker.heard(os.read(worker.fd, 1 << 20)):
                        continue
                    del working[worker.fd]
                    finished[worker.at] = worker.result(parts[worker.at], lost)
            yield piece, finished.pop(at)
    finally:
        for worker in working.values():
            worker.kill()


class _Worker:
    """A process, and what it has said so far."""

    def __init__(self, at: int, pid: int, fd: int) -> None:
        self.at, self.pid, self.fd = at, pid, fd
        self._said: list[bytes] = []

    def heard(self, data: bytes) -> bool:
        """One piece of what it says; whether that was all."""
        self._said.append(data)
        return not data

    def result(self, piece: range, lost: Callable[[range, str], T]) -> T:
        """What came of it, once it has said all."""
        os.close(self.fd)
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        if status:
            return lost(piece, f"process unknown: it ended with {status} before it was done")
        value = pickle.loads(b"".join(self._said))
        return lost(piece, f"process unknown: {value.text}") if isinstance(value, _Raised) else value

    def kill(self) -> None:
        """Nobody wants to know any more."""
        os.kill(self.pid, signal.SIGKILL)  # it is not reaped, so the number is its own
        os.waitpid(self.pid, 0)
        os.close(self.fd)


class _Raised(Record):
    """Says that a piece raised."""

    text: str


def _readable(working: dict[int, _Worker]) -> list[_Worker]:
    poll = select.poll()
    for fd in working:
        poll.register(fd, select.POLLIN)
    return [working[fd] for fd, _ in poll.poll()]


def _started(at: int, piece: range, run: Callable[[int, int], T]) -> _Worker:
    ours, theirs = os.pipe()
    parent = os.getpid()
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        _work(piece, run, theirs, parent)
    os.close(theirs)
    return _Worker(at, pid, ours)


def _work(piece: range, run: Callable[[int, int], T], answer: int, parent: int) -> NoReturn:
    """In the process: the parent decides when it is over, not the terminal. Whatever happens, nothing of the parent's runs on."""
    status = 1
    with contextlib.suppress(BaseException):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == parent:  # or it was gone before that
            try:
                value: object = run(piece.start, piece.stop)
            except Exception as error:
                value = _Raised(repr(error))
            with open(answer, "wb") as file:
                file.write(pickle.dumps(value))
            status = 0
    os._exit(status)
