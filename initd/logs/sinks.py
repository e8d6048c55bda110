"""Where bytes are handed over: queues that feed log files without ever making the loop wait.

A sink holds what is not written yet, gives it to one operation at a time on its target's lane, and says when it is full
so that whoever feeds it stops reading (design, "Work that may wait"). Writes, reopening, clearing and closing happen in
the order asked for. What becomes of the bytes is `rotate`'s business.
"""

from __future__ import annotations

from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from initd.drive.loop import Loop
    from initd.kernel.port import Files
    from initd.logs.rotate import LogTarget, RotatingFile

    Done = Callable[[OSError | None], None]
    Warn = Callable[[str], None]
    Job = Callable[[Files], list[str]]
else:
    Protocol = object

FULL_BYTES = 1 << 20
"""A sink that holds this much is full: its pipes are not read."""
DROP_BYTES = 4 << 20
"""A sink that holds this much drops what cannot be held back: the last words of programs that died, and our own log."""
SETTLE_NS = 1_000_000_000
"""So long an answer waits for a log: a busy disk is done long before, and a dead one should not look like a dead daemon."""


class Intake(Protocol):
    """What takes a stream of bytes."""

    @property
    def full(self) -> bool:
        """Whether the writer should wait for room."""

    def when_room(self, callback: Callable[[], None]) -> None:
        """Call once, when there is room; first come, first served, until it is full again."""

    def forget(self, callback: Callable[[], None]) -> None:
        """Do not call what was given to `when_room` any more."""

    def write(self, data: bytes) -> None:
        """Hand over one chunk; it is not split when the target is rotated."""

    def end(self) -> None:
        """The stream of this writer is over: what is held back goes out."""


class Sink(Intake, Protocol):
    """What a stream is kept in; `done` is called with the error of the operation, or None.

    `own` is set where it goes to a stream that we were given. There `unfinished` is whoever has written a line without its end.
    """

    @property
    def own(self) -> bool: ...

    unfinished: object

    def reopen(self, done: Done) -> None:
        """Follow the path to a new file after what was written so far."""

    def clear(self, done: Done) -> None:
        """Forget what was written so far."""

    def close(self, done: Done) -> None:
        """Let go of the target once everything is written; a later write opens it again."""

    def settle(self, done: Done) -> None:
        """Answer, without an error, when everything is done that was asked for so far, or has taken SETTLE_NS.

        At once where somebody has waited that long for what is still under way: what hangs is waited for once, not each time.
        """


class Target(Protocol):
    """What a queue feeds, off the loop; see RotatingFile. Each call answers with what a person should know."""

    @property
    def path(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def own(self) -> bool: ...
    def append(self, files: Files, chunks: list[bytes], dropped: int) -> list[str]: ...
    def reopen(self, files: Files) -> list[str]: ...
    def clear(self, files: Files) -> list[str]: ...
    def close(self, files: Files) -> list[str]: ...


class Discard:
    """The sink of a stream without a log."""

    full = own = False
    unfinished: object = None

    def when_room(self, callback: Callable[[], None]) -> None:
        callback()

    def forget(self, callback: Callable[[], None]) -> None:
        pass

    def write(self, data: bytes) -> None:
        pass

    def end(self) -> None:
        pass

    def reopen(self, done: Done) -> None:
        done(None)

    clear = close = settle = reopen


class FileSink:
    """The queue before one log target; `warn` gets what the operations want a person to know."""

    def __init__(self, loop: Loop, file: Target, warn: Warn) -> None:
        self.path, self.name, self.own = file.path, file.name, file.own
        self.unfinished: object = None
        self._loop, self._file, self._warn = loop, file, warn
        self._lane = "log:" + file.name
        self._queue: deque[bytes | tuple[Job | None, Done]] = deque()
        self._held_bytes = 0
        self._dropped_bytes = 0
        self._behind = False
        self._renewal: Job | None = None
        self._busy = False
        self._hangs = False  # somebody has waited in vain for the operation that is under way
        self._waiting: deque[Callable[[], None]] = deque()
        self.on_idle: Callable[[], None] = _nothing

    @property
    def full(self) -> bool:
        return self._held_bytes >= FULL_BYTES

    @property
    def held_bytes(self) -> int:
        """How much waits to be written."""
        return self._held_bytes

    @property
    def idle(self) -> bool:
        """Whether everything asked for has been done."""
        return not self._busy and not self._queue

    def when_room(self, callback: Callable[[], None]) -> None:
        self._waiting.append(callback)

    def forget(self, callback: Callable[[], None]) -> None:
        if callback in self._waiting:
            self._waiting.remove(callback)

    def write(self, data: bytes) -> None:
        if self._held_bytes >= DROP_BYTES:
            self._dropped_bytes += len(data)
            if not self._behind:
                self._behind = True
                self._warn(f"log target {self.path!r} does not keep up, output is lost")
            return
        if self.unfinished is not None:  # somebody else's line is not to go on in ours
            data, self.unfinished = b"\n" + data, None
        self._queue.append(data)
        self._held_bytes += len(data)
        self._start()

    def end(self) -> None:
        pass

    def reopen(self, done: Done) -> None:
        self._ask(self._file.reopen, done)

    def clear(self, done: Done) -> None:
        self._ask(self._file.clear, done)

    def close(self, done: Done) -> None:
        self._ask(self._file.close, done)

    def settle(self, done: Done) -> None:
        if self.idle or self._hangs:
            return done(None)

        def reached(_error: OSError | None) -> None:
            timer.cancel()
            self._loop.soon(lambda: done(None))

        def late() -> None:
            self._queue.remove(place)
            self._hangs = self._busy
            done(None)

        place = (None, reached)
        self._queue.append(place)
        timer = self._loop.after(SETTLE_NS, late)

    def hand_over(self, loop: Loop, warn: Warn) -> None:
        """Go on under another loop, which has inherited what ours has submitted."""
        self._loop, self._warn = loop, warn

    def renew(self, job: Job) -> None:
        """Have that done before the next write, in the place of what was to be done there."""
        self._renewal = job

    def _ask(self, job: Job, done: Done) -> None:
        self._queue.append((job, done))
        self._start()

    def _start(self) -> None:
        """Submit the next operation, unless one is under way."""
        while not self._busy and (self._queue or self._dropped_bytes):
            head = self._queue[0] if self._queue else b""  # an empty write at least tells of what was dropped
            if isinstance(head, bytes):
                self._append(head)
                continue
            self._queue.popleft()
            job, done = head
            if job is None:  # somebody wanted to know when it is this far
                done(None)
            else:
                self._submit(job, done)

    def _append(self, head: bytes) -> None:
        chunks = [] if self._queue else [head]
        while self._queue and isinstance(chunk := self._queue[0], bytes):
            chunks.append(chunk)
            self._queue.popleft()
        dropped, self._dropped_bytes = self._dropped_bytes, 0
        renewal, self._renewal = self._renewal, None
        file, size_bytes = self._file, sum(map(len, chunks))

        def append(files: Files) -> list[str]:
            notes = [] if renewal is None else renewal(files)
            return notes + file.append(files, chunks, dropped)

        self._submit(append, lambda _error: self._written(size_bytes))

    def _submit(self, job: Job, done: Done) -> None:
        def finished(notes: list[str] | None, error: Exception | None) -> None:
            self._busy = self._hangs = False
            self._start()
            for note in notes or ():
                self._warn(note)
            if error is not None and not isinstance(error, OSError):
                self._warn(f"log target {self.path!r}: {error!r}")
                error = OSError(str(error))
            done(error)
            if self.idle:
                self.on_idle()

        self._busy = True
        self._loop.submit(self._lane, job, finished)

    def _written(self, size_bytes: int) -> None:
        self._held_bytes -= size_bytes
        self._behind = self._behind and self.full
        while self._waiting and not self.full:
            self._waiting.popleft()()


class SinkTable:
    """The sinks of all programs by the name of the target, so that those who share one share its queue and its rotation.

    A stream of our own is shared with the main log, too. Order is kept over a restart, of a program or of the daemon: what the
    old process left in the queue is written before what the new one says.
    """

    def __init__(self, loop: Loop, warn: Warn) -> None:
        self.loop, self._warn = loop, warn
        self._shared: dict[str, _Shared] = {}

    def inherit(self, earlier: SinkTable) -> None:
        """Go on with what an earlier table has not come to write, a disk being slow."""
        for name, shared in earlier._shared.items():
            if not shared.sink.idle:
                shared.sink.hand_over(self.loop, self._warn)
                shared.users, shared.waiting = 0, []
                self._keep(name, shared)

    def _keep(self, name: str, shared: _Shared) -> None:
        self._shared[name] = shared
        shared.sink.on_idle = lambda: self._close_unused(shared)

    def adopt(self, file: RotatingFile | None) -> Sink:
        """The sink for a target somebody has just opened; to be given back with `release`."""
        if file is None:
            return Discard()
        shared = self._shared.get(file.name)
        if shared is None:
            shared = _Shared(FileSink(self.loop, file, self._warn), file)
            self._keep(file.name, shared)
        else:
            shared.renew(file.target)
            # Not on its lane: while that one hangs, one descriptor after the other would wait there to be closed.
            self.loop.submit("close:" + file.path, file.close, _ignore)
        shared.users += 1
        return shared.sink

    def release(self, sink: Sink, done: Done | None = None) -> None:
        """One user less; the last one closes the target, after everything that was written."""
        shared = self._shared[sink.name] if isinstance(sink, FileSink) else None
        if shared is not None:
            shared.users -= 1
        if shared is None or shared.users:
            if done is not None:
                done(None)
            return
        if done is not None:
            shared.waiting.append(done)
        self._close_unused(shared)

    @property
    def held_bytes(self) -> int:
        """How much waits to be written, in the fullest of them."""
        return max((shared.sink.held_bytes for shared in self._shared.values()), default=0)

    def close(self, done: Callable[[], None]) -> None:
        """Call `done` when everything handed over so far is written. With a target that hangs that is never."""
        waiting = len(self._shared)

        def closed(_error: OSError | None) -> None:
            nonlocal waiting
            waiting -= 1
            if not waiting:
                done()

        for shared in list(self._shared.values()):
            shared.sink.close(closed)
        if not waiting:
            done()

    def _close_unused(self, shared: _Shared) -> None:
        # Closing is not queued behind the writes: a program that dies again and again would fill the queue of a
        # target that hangs.
        sink = shared.sink

        def closed(error: OSError | None) -> None:
            if not shared.users and sink.idle:
                sink.on_idle = _nothing
                del self._shared[sink.name]
                for done in shared.waiting:
                    done(error)

        if not shared.users and sink.idle:
            sink.close(closed)


class _Shared:
    """A sink, how many use it, and who waits for it to be closed."""

    def __init__(self, sink: FileSink, file: RotatingFile) -> None:
        self.sink = sink
        self._file = file
        self.users = 0
        self.waiting: list[Done] = []

    def renew(self, target: LogTarget) -> None:
        """Go on for somebody who has opened the same path again."""
        self.sink.renew(lambda files: self._file.renew(files, target))


def _ignore(_value: object, _error: Exception | None) -> None:
    """For operations whose outcome nobody needs."""


def _nothing() -> None:
    """Until somebody wants to know."""
