"""The system log as a target: what goes there is sent as the C library's syslog(3) would send it (supervisord-4.3 §4.5).

Identity, facility and priority are those of supervisord, so that filters go on working. A receiver that is missing, was
restarted or does not read costs records, which are counted and told of as bytes of other targets are; it is waited for
off the loop, and WAIT_NS at most until it has taken something again. Loaded only when it is asked for.
"""

from __future__ import annotations

import errno

from initd.logs.sinks import FileSink

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from initd.drive.loop import Loop
    from initd.kernel.port import Files, Kernel
    from initd.logs.sinks import Done, Intake, Warn

DEV_LOG = "/dev/log"
IDENTITY = "supervisord"
USER_INFO = 14
"""The facility LOG_USER with the priority LOG_INFO."""
WAIT_NS = 1_000_000_000
MAIN_HEADING_BYTES = 29
"""How much of a line of the main log says when and how bad, and stands before each line of a text of several."""
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def parcel(kernel: Kernel, heading: bytes, data: bytes, end: bytes = b"") -> bytes:
    """What `records` makes into one record for each line of `data`, each with `heading` before and `end` behind it."""
    _, month, day, hour, minute, second = kernel.local_time(kernel.wall())
    head = f"<{USER_INFO}>{_MONTHS[month - 1]} {day:2} {hour:02}:{minute:02}:{second:02} {IDENTITY}: "
    return b"\0".join((head.encode("ascii") + heading, end, data))


def records(parcels: Iterable[bytes]) -> Iterator[bytes]:
    """What is sent of some parcels: UTF-8, and nothing behind a NUL, as strings of the C library end there."""
    for each in parcels:
        head, end, data = each.split(b"\0", 2)
        text = data.decode("utf-8", "replace").encode()
        for line in text.rstrip(b"\n").split(b"\n"):
            yield (head + line + end).partition(b"\0")[0]


class LogSocket:
    """The connection to the receiver at `path`: a target like a RotatingFile, for parcels instead of bytes.

    `lost` counts the bytes of the records that could not be sent since it last worked.
    """

    def __init__(self, path: str = DEV_LOG) -> None:
        self.path = self.name = path
        self.own = False
        self.lost = 0
        self._fd = -1
        self._stream = False
        self._broken = False

    def append(self, files: Files, chunks: Iterable[bytes], dropped: int = 0) -> list[str]:
        """Send the records of the chunks. What comes behind one that could not be sent is not tried before the next call."""
        notes: list[str] = []
        self.lost += dropped
        failed = False
        for record in records(chunk for chunk in chunks if chunk):
            error = None if failed else self._send(files, record)
            failed = failed or (error is not None and error.errno != errno.EMSGSIZE)
            if failed or error is not None:
                self.lost += len(record)
            if error is not None:
                if not self._broken:
                    notes.append(f"could not write to log target {self.path!r}: {error.strerror}; output is lost")
                self._broken = True
            elif not failed and (self.lost or self._broken):
                notes.append(f"log target {self.path!r} takes output again, {self.lost} bytes were lost")
                self.lost, self._broken = 0, False
        return notes

    def reopen(self, files: Files) -> list[str]:
        """There is nothing to follow: a receiver that was restarted is noticed."""
        return []

    def clear(self, files: Files) -> list[str]:
        """What was sent is not ours any more."""
        return []

    def close(self, files: Files) -> list[str]:
        """Let go of the connection, and tell of what has been lost and not told of; a later append makes another one."""
        self._leave(files)
        lost, self.lost, self._broken = self.lost, 0, False
        return [f"log target {self.path!r} is closed, {lost} bytes were lost"] if lost else []

    def _leave(self, files: Files) -> None:
        if self._fd != -1:
            fd, self._fd = self._fd, -1
            files.close(fd)

    def _send(self, files: Files, record: bytes) -> OSError | None:
        """Send one, over a new connection if the old one has come to its end; why that failed."""
        while True:
            fresh = self._fd == -1
            try:
                if fresh:
                    self._fd, self._stream = files.connect_log(self.path)
                files.send(self._fd, record + b"\0" if self._stream else record, 0 if self._broken else WAIT_NS)
            except OSError as error:
                if error.errno == errno.EMSGSIZE:
                    return error
                self._leave(files)
                if fresh or error.errno == errno.EAGAIN:
                    return error
            else:
                return None


class SystemLog:
    """The one queue before the system log; everybody who writes there has a `SyslogSink` of it."""

    def __init__(self, loop: Loop, warn: Warn) -> None:
        self._loop = loop
        self._queue = FileSink(loop, LogSocket(), warn)

    @property
    def idle(self) -> bool:
        """Whether everything handed over has been sent or given up."""
        return self._queue.idle

    def hand_over(self, loop: Loop, warn: Warn) -> None:
        """Go on under another loop, which has inherited what ours has submitted: so a restart changes no order."""
        self._loop = loop
        self._queue.hand_over(loop, warn)

    @property
    def held_bytes(self) -> int:
        """How much waits to be sent."""
        return self._queue.held_bytes

    def beside(self, name: str) -> Callable[[Intake], Intake]:
        """Adds to where a stream goes its lines here, each behind the name of the program."""
        heading = name.encode("utf-8", "backslashreplace") + b" "
        sink = SyslogSink(self._queue, lambda data: parcel(self._loop.kernel, heading, data))
        return lambda log: Both(log, sink)

    def of_main_log(self) -> SyslogSink:
        """For the lines of the main log, each of which keeps its end."""

        def make(line: bytes) -> bytes:
            return parcel(self._loop.kernel, line[:MAIN_HEADING_BYTES], line[MAIN_HEADING_BYTES:], b"\n")

        return SyslogSink(self._queue, make)

    def close(self, done: Done) -> None:
        """Call `done` when everything handed over has been sent or given up."""
        self._queue.close(done)


class SyslogSink:
    """Somebody's entrance to the system log."""

    own = False
    unfinished: object = None

    def __init__(self, queue: FileSink, make: Callable[[bytes], bytes]) -> None:
        self._queue, self._make = queue, make
        self.when_room, self.forget = queue.when_room, queue.forget
        self.reopen, self.clear, self.close, self.settle = queue.reopen, queue.clear, queue.close, queue.settle

    @property
    def full(self) -> bool:
        return self._queue.full

    def write(self, data: bytes) -> None:
        self._queue.write(self._make(data))

    def end(self) -> None:
        pass


class Both:
    """Hands a stream to its log and to the system log; full when either is."""

    def __init__(self, first: Intake, second: Intake) -> None:
        self._first, self._second = first, second

    @property
    def full(self) -> bool:
        return self._first.full or self._second.full

    def when_room(self, callback: Callable[[], None]) -> None:
        (self._first if self._first.full else self._second).when_room(callback)

    def forget(self, callback: Callable[[], None]) -> None:
        self._first.forget(callback)
        self._second.forget(callback)

    def write(self, data: bytes) -> None:
        self._first.write(data)
        self._second.write(data)

    def end(self) -> None:
        self._first.end()
        self._second.end()
