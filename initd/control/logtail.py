"""Following a log over HTTP: `/logtail/<name>[/stdout|/stderr]` and `/mainlogtail` (supervisord-4.3 §5.8, §12.1 row 10).

The stream begins 1 KiB before the end and goes on for as long as the client listens; the file is looked at off the loop,
POLL_NS apart. A file is recognised by the bytes just before the position: when they are no longer there, it is another
one and is followed from its start. If it was rotated, the rest of the old one comes first.
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
    from initd.control.steps import Pieces
    from initd.drive.loop import Loop
    from initd.kernel.port import Files

HEAD_BYTES = 1024
BLOCK_BYTES = 64 * 1024
MARK_BYTES = 64
POLL_NS = 250_000_000
TRUNCATED = b"==> File truncated <==\n"
NO_SNIFFING = ("X-Content-Type-Options", "nosniff")
"""A log is text, whatever a program wrote into it."""
_STREAMS = {"stdout": 0, "stderr": 1}


class Place(Record):
    """How far a log has been read: `mark` is what stands just before `position`."""

    position: int = 0
    mark: bytes = b""


def logtail_route(daemon: Daemon) -> Route:
    """The log of one process; 404 where there is none, 500 for a path that names nothing at all."""

    def route(head: Head) -> Receiver | None:
        if not head.path.startswith("/logtail"):
            return None
        if head.method != "GET":
            return Ready(error_page(400))
        _, slash, rest = head.path.lstrip("/").partition("/")
        name, _, channel = rest.partition("/")
        if not slash:
            return Ready(error_page(500))
        group, process = split_name(name)
        view = daemon.process(group, process) if process is not None else None
        stream = _STREAMS.get(channel or "stdout")
        path = None if view is None or stream is None else daemon.log_paths(view.instance)[stream]
        return _stream(daemon.loop, path or "", (("X-Accel-Buffering", "no"), NO_SNIFFING))

    return route


def mainlogtail_route(daemon: Daemon) -> Route:
    """The main log."""

    def route(head: Head) -> Receiver | None:
        if not head.path.startswith("/mainlogtail"):
            return None
        return _stream(daemon.loop, daemon.main_log, (NO_SNIFFING,)) if head.method == "GET" else Ready(error_page(400))

    return route


def _stream(loop: Loop, path: str, headers: tuple[tuple[str, str], ...]) -> Receiver:
    if not path:
        return Ready(error_page(404))
    return Ready(Reply(200, "text/plain;charset=utf-8", _follow(loop, path), headers, live=True))


def _follow(loop: Loop, path: str) -> Pieces:
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
    """What there is to send now, up to about `limit` bytes, and how far that gets us."""
    try:
        size = files.size(path)
        if size == place.position:
            return b"", place
        if size < place.position:
            rest = _rest_of_rotated(files, path, place)
            return (TRUNCATED if rest is None else rest), Place()
        marked = len(place.mark)
        data = files.read_at(path, place.position - marked, marked + limit)
    except OSError:  # between two files, or not to be read just now
        return b"", place
    if not data.startswith(place.mark):
        return _rest_of_rotated(files, path, place) or b"", Place()
    return data[marked:], Place(place.position + len(data) - marked, data[-MARK_BYTES:])


def _rest_of_rotated(files: Files, path: str, place: Place) -> bytes | None:
    """What was written after `place` before the file was rotated away; None if the newest backup is not that file."""
    try:
        data = files.read_at(f"{path}.1", place.position - len(place.mark), len(place.mark) + BLOCK_BYTES)
    except OSError:
        return None
    return data[len(place.mark) :] if place.mark and data.startswith(place.mark) else None
