"""Following a log over HTTP: `/logtail/<name>[/stdout|/stderr]` and `/mainlogtail` (supervisord-4.3 §5.8, §12.1 row 10).

The stream begins 1 KiB before the end and goes on for as long as the client listens; the file is looked at off the loop,
POLL_NS apart. When it is another one, or what stands before the position is no longer there, it was rotated, and is found
again among the backups: its rest comes first, then the backups after it, then the log. If it is not found there, the log is
followed from its start.
"""

from __future__ import annotations

from functools import partial

from initd.control.reply import Ready, Refused, Reply, error_page
from initd.control.rpc_logs import lane
from initd.control.rpc_names import split_name
from initd.control.steps import off_loop, pause
from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.control.daemon import Daemon
    from initd.control.reply import Head, Receiver
    from initd.control.routes import Route
    from initd.control.steps import Later, Pieces
    from initd.drive.loop import Loop
    from initd.kernel.port import Files

HEAD_BYTES = 1024
BLOCK_BYTES = 64 * 1024
MARK_BYTES = 1024
"""By so much before the position a file is told from one that was emptied and written again."""
POLL_NS = 250_000_000
TRUNCATED = b"==> File truncated <==\n"
NO_SNIFFING = ("X-Content-Type-Options", "nosniff")
"""A log is text, whatever a program wrote into it."""
_STREAMS = {"stdout": 0, "stderr": 1}


class Place(Record):
    """How far a log has been read: in which file, and what stands just before the position; None before that is known.

    `over` says that the file ended there, and that it was no longer the log.
    """

    position: int = 0
    mark: bytes = b""
    file: tuple[int, int] | None = None
    over: bool = False

    @property
    def resumed_at(self) -> int:
        """The position in the log as it is now."""
        return 0 if self.over else self.position


def logtail_route(daemon: Daemon) -> Route:
    """The log of one process; 404 where there is none, 500 for a path that names nothing at all."""

    def route(head: Head) -> Receiver | None:
        if not head.path.startswith("/logtail"):
            return None
        if head.method != "GET":
            return Ready(error_page(400))
        _, slash, rest = head.path.lstrip("/").partition("/")
        name, named, channel = rest.partition("/")
        if not slash:
            return Ready(error_page(500))
        group, process = split_name(name)
        view = daemon.process(group, process) if process is not None else None
        stream = _STREAMS.get(channel if named else "stdout")
        if view is None or stream is None:
            return Ready(error_page(404))
        path, settled = daemon.log_paths(view.instance)[stream], partial(daemon.settle_logs, view.instance)
        return _stream(daemon.loop, path or "", settled, (("X-Accel-Buffering", "no"), NO_SNIFFING))

    return route


def mainlogtail_route(daemon: Daemon) -> Route:
    """The main log."""

    def route(head: Head) -> Receiver | None:
        if not head.path.startswith("/mainlogtail"):
            return None
        if head.method != "GET":
            return Ready(error_page(400))
        return _stream(daemon.loop, daemon.main_log, daemon.settle_main_log, (NO_SNIFFING,))

    return route


def _stream(loop: Loop, path: str, settled: Later, headers: tuple[tuple[str, str], ...]) -> Receiver:
    if not path:
        return Ready(error_page(404))
    return Ready(Reply(200, "text/plain;charset=utf-8", _follow(loop, path, settled), headers, live=True))


def _follow(loop: Loop, path: str, settled: Later) -> Pieces:
    yield settled  # what was written before the request is part of what it begins with
    try:
        size = yield off_loop(loop, lane(path), lambda files: files.size(path))
    except OSError:
        raise Refused(404) from None
    yield b""
    place = Place(max(0, size - HEAD_BYTES))
    while True:
        data, place = yield off_loop(loop, lane(path), partial(read_on, path, place))
        if data:
            yield data
        if len(data) < BLOCK_BYTES:
            yield pause(loop, POLL_NS)


def read_on(path: str, place: Place, files: Files, limit: int = BLOCK_BYTES) -> tuple[bytes, Place]:
    """What there is to send now, up to `limit` bytes, and how far that gets us."""
    sent = b""
    while True:
        data, place, behind = _step(path, place, files, limit - len(sent))
        sent += data
        if not behind or len(sent) >= limit:
            return sent, place


def _step(path: str, place: Place, files: Files, limit: int) -> tuple[bytes, Place, bool]:
    """What follows in the file of the place, or in the next; and whether there is more than what is in the log itself."""
    try:
        if place.file is None:
            place = _place(files, path, place.position)
        number, data = _find(files, path, place, limit)
        if number is None:
            return TRUNCATED if files.size(path) < place.resumed_at else b"", Place(), False
    except OSError:  # between two files, or not to be read just now
        return b"", place, False
    if data or not number:
        return data, _after(place, data), number > 0
    place = place.replace(over=True)
    try:  # the next younger one, unless there has been a rotation in between
        file = files.file_id(_name(path, number - 1))
        data = files.read_at(_name(path, number - 1), 0, limit)
        if data and _find(files, path, place, 0)[0] == number:
            return data, _after(Place(0, b"", file), data), number > 1
    except OSError:
        pass
    return b"", place, False


def _place(files: Files, path: str, position: int) -> Place:
    start = max(0, position - MARK_BYTES)
    return Place(position, files.read_at(path, start, position - start), files.file_id(path))


def _after(place: Place, data: bytes) -> Place:
    return place.replace(position=place.position + len(data), mark=(place.mark + data)[-MARK_BYTES:])


def _find(files: Files, path: str, place: Place, limit: int) -> tuple[int | None, bytes]:
    """Which backup the place is in, 0 for the log itself, None for none of them; and what follows there.

    OSError when it is in no backup and the log cannot be read: that says nothing of where it is.
    """
    number, unreadable = int(place.over), None
    while True:
        try:
            data = _rest(files, _name(path, number), place, limit)
        except OSError as error:
            if number:
                break
            unreadable, data = error, None
        if data is not None:
            return number, data
        number += 1
    if unreadable is not None:
        raise unreadable
    return None, b""


def _rest(files: Files, path: str, place: Place, limit: int) -> bytes | None:
    """What follows the place in that file; None if it is in another one."""
    if files.file_id(path) != place.file:
        return None
    marked = len(place.mark)
    data = files.read_at(path, place.position - marked, marked + limit)
    return data[marked:] if data.startswith(place.mark) and files.file_id(path) == place.file else None


def _name(path: str, number: int) -> str:
    return f"{path}.{number}" if number else path
