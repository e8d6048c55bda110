"""The door to the web pages: which addresses are theirs, and their modules, brought in when the first of them is asked for.

Importing them takes a while, so it is done off the loop; meanwhile the request waits, and the loop does not.
"""

from __future__ import annotations

from initd.control.reply import Instead, Reply, error_page
from initd.control.steps import off_loop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.control.reply import Head, Receiver
    from initd.control.routes import Route
    from initd.control.rpc import Rpc
    from initd.control.steps import Pieces
    from initd.control.web.pages import Pages
    from initd.kernel.port import Files

BODY_BYTES = 64 * 1024
"""A form is short."""
_FORMS = ("GET", "POST")
_READ = ("GET", "HEAD")
METHODS = {
    "index.html": _FORMS,
    "tail.html": ("GET", "HEAD", "POST"),
    "status.html": _READ,
    "live/programs": ("GET",),
    "live/log": ("GET",),
    "stylesheets/supervisor.css": _READ,
    "scripts/programs.js": _READ,
    "scripts/log.js": _READ,
    "images/icon.png": _READ,
}
"""Every address, without leading slashes, and how it may be asked for; otherwise it is as if it were not there."""


def preload() -> None:
    """Import the pages now."""
    from initd.control.web import pages  # noqa: F401


class Door:
    """Keeps the pages of one daemon once they are there."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._pages: Pages | None = None

    def open(self, path: str, head: Head, content: bytes) -> Reply:
        """The answer to a request for one of the addresses."""
        if self._pages is not None:
            return self._pages.reply(path, head, content)
        return Reply(200, "text/html", self._fetch(path, head, content))

    def _fetch(self, path: str, head: Head, content: bytes) -> Pieces:
        secret = yield off_loop(self._rpc.daemon.loop, "web pages", _bring)
        from initd.control.web.pages import Pages

        if self._pages is None:  # nobody else was waiting for them, too
            self._pages = Pages(self._rpc, secret)
        raise Instead(self._pages.reply(path, head, content))


def _bring(files: Files) -> bytes:
    from initd.control.web.pages import SECRET_BYTES

    return files.random_bytes(SECRET_BYTES)


def web_route(rpc: Rpc) -> Route:
    """The pages and what belongs to them."""
    door = Door(rpc)

    def route(head: Head) -> Receiver | None:
        path = head.path.lstrip("/") or "index.html"
        return _Form(door, path, head) if head.method in METHODS.get(path, ()) else None

    return route


class _Form:
    """Receives the body of a form."""

    __slots__ = ("_content", "_door", "_head", "_path", "_too_long")

    def __init__(self, door: Door, path: str, head: Head) -> None:
        self._door, self._path, self._head = door, path, head
        self._content = b""
        self._too_long = False

    def feed(self, data: bytes) -> None:
        if len(self._content) + len(data) > BODY_BYTES:
            self._too_long = True
        else:
            self._content += data

    def finish(self) -> Reply:
        if self._too_long:
            return error_page(413)
        return self._door.open(self._path, self._head, self._content)
