"""Where bytes are handed over: queues that feed log files without ever making the loop wait.

A sink holds what is not written yet, gives it to one operation at a time on its target's lane, and says when it is full
so that whoever feeds it stops reading (design, "Work that may wait"). Writes, reopening, clearing and closing happen in
the order asked for. What becomes of the bytes is `rotate`'s business.
"""

from __future__ import annotations

from collections import deque

from initd.logs.rotate import RotatingFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from initd.drive.loop import Loop
    from initd.kernel.port import Files

    Done = Callable[[OSError | None], None]
    Warn = Callable[[str], None]
    Job = Callable[[Files], list[str]]
else:
    Protocol = object

FULL_BYTES = 1 << 20
"""A sink that holds this much is full: its pipes are not read."""
DROP_BYTES = 4 << 20
"""A sink that holds this much drops what cannot be held back: the last words of programs that died, and our own log."""


class Sink(Protocol):
    """What takes a stream of bytes; `done` is called with the error of the operation, or None."""

    @property
    def full(self) -> bool:
        """Whether the writer should wait for room."""

    def when_room(self, callback: Callable[[], None]) -> None:
        """Call once, when there is room; first come, first served, until it is full again."""

    def write(self, data: bytes) -> None:
        """Hand over one chunk; it is not split when the target is rotated."""

    def reopen(self, done: Done) -> None:
        """Follow the path to a new file after what was written so far."""

    def clear(self, done: Done) -> None:
        """Forget what was written so far."""

    def close(self, done: Done) -> None:
        """Let go of the target once everything is written; a later write opens it again."""


class Discard:
    """The sink of a stream without a log."""

    full = False

    def when_room(self, callback: Callable[[], None]) -> None:
        callback()

    def write(self, data: bytes) -> None:
        pass

    def reopen(self, done: Done) -> None:
        done(None)

    clear = close = reopen


class FileSink:
    """The queue before one log target; `warn` gets what the operations want a person to know."""

    def __init__(self, loop: Loop, file: RotatingFile, warn: Warn) -> None:
        self.path = file.path
        self._loop, self._file, self._warn = loop, file, warn
        self._lane = "log:" + file.path
        self._queue: deque[bytes | tuple[Job, Done]] = deque()
        self._held_bytes = 0
        self._dropped_bytes = 0
        self._behind = False
        self._busy = False
        self._waiting: deque[Callable[[], None]] = deque()

    @property
    def full(self) -> bool:
        return self._held_bytes >= FULL_BYTES

    @property
    def idle(self) -> bool:
        """Whether everything asked for has been done."""
        return not self._busy and not self._queue

    def when_room(self, callback: Callable[[], None]) -> None:
        self._waiting.append(callback)

    def write(self, data: bytes) -> None:
        if self._held_bytes >= DROP_BYTES:
            self._dropped_bytes += len(data)
            if not self._behind:
                self._behind = True
                self._warn(f"log target {self.path!r} does not keep up, output is lost")
            return
        self._queue.append(data)
        self._held_bytes += len(data)
        self._start()

    def reopen(self, done: Done) -> None:
        self._ask(self._file.reopen, done)

    def clear(self, done: Done) -> None:
        self._ask(self._file.clear, done)

    def close(self, done: Done) -> None:
        self._ask(self._file.close, done)

    def absorb(self, newcomer: RotatingFile) -> None:
        """Go on for somebody who has opened the same path again."""
        self._ask(lambda files: self._file.absorb(files, newcomer), _ignore)

    def _ask(self, job: Job, done: Done) -> None:
        self._queue.append((job, done))
        self._start()

    def _start(self) -> None:
        """Submit the next operation, unless one is under way."""
        if self._busy or not self._queue:
            return
        self._busy = True
        head = self._queue[0]
        if isinstance(head, tuple):
            self._queue.popleft()
            self._submit(*head)
            return
        chunks: list[bytes] = []
        while self._queue and isinstance(chunk := self._queue[0], bytes):
            chunks.append(chunk)
            self._queue.popleft()
        dropped, self._dropped_bytes = self._dropped_bytes, 0
        file, size_bytes = self._file, sum(map(len, chunks))
        self._submit(lambda files: file.append(files, chunks, dropped), lambda _error: self._written(size_bytes))

    def _submit(self, job: Job, done: Done) -> None:
        def finished(notes: list[str] | None, error: Exception | None) -> None:
            self._busy = False
            self._start()
            for note in notes or ():
                self._warn(note)
            if error is not None and not isinstance(error, OSError):
                self._warn(f"log target {self.path!r}: {error!r}")
                error = OSError(str(error))
            done(error)

        self._loop.submit(self._lane, job, finished)

    def _written(self, size_bytes: int) -> None:
        self._held_bytes -= size_bytes
        self._behind = self._behind and self.full
        while self._waiting and not self.full:
            self._waiting.popleft()()


class SinkTable:
    """The sinks of all programs by path, so that those who share a target share its queue and its rotation.

    It also keeps order over a restart: what the old process left in the queue is written before what the new one says.
    """

    def __init__(self, loop: Loop, warn: Warn) -> None:
        self.loop, self._warn = loop, warn
        self._sinks: dict[str, tuple[FileSink, int]] = {}

    def adopt(self, file: RotatingFile | None) -> Sink:
        """The sink for a target somebody has just opened; to be given back with `release`."""
        if file is None:
            return Discard()
        sink, users = self._sinks.get(file.path, (None, 0))
        if sink is None:
            sink = FileSink(self.loop, file, self._warn)
        else:
            sink.absorb(file)
        self._sinks[file.path] = (sink, users + 1)
        return sink

    def release(self, sink: Sink, done: Done) -> None:
        """One user less; the last one closes the target, after everything that was written."""
        if not isinstance(sink, FileSink):
            done(None)
            return
        users = self._sinks[sink.path][1] - 1
        self._sinks[sink.path] = (sink, users)

        def closed(error: OSError | None) -> None:
            if self._sinks.get(sink.path) == (sink, 0) and sink.idle:
                del self._sinks[sink.path]
            done(error)

        if users:
            done(None)
        else:
            sink.close(closed)


def _ignore(_error: OSError | None) -> None:
    """For jobs whose outcome is in their notes."""
