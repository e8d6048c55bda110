"""What goes in and out of a request handler: the request's head, and the reply with its pages for errors."""

from __future__ import annotations

import re

from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    from initd.control.steps import Pieces
else:
    Protocol = object

REASONS = {
    200: "OK",
    301: "Moved Permanently",
    303: "See Other",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    411: "Length Required",
    413: "Content Too Large",
    414: "URI Too Long",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
}


class Head(Record):
    """A request without its body: `target` as sent; header names are in lower case; `peer` is "" on a UNIX socket."""

    method: str
    target: str
    headers: Mapping[str, str]
    peer: str = ""

    @property
    def path(self) -> str:
        """The target without its query, percent-decoded."""
        path = self.target.partition("?")[0]
        if "%" not in path:
            return path
        return re.sub(b"%([0-9A-Fa-f]{2})", _byte, path.encode("latin-1")).decode("utf-8", "replace")

    @property
    def query(self) -> str:
        """What follows the first `?`, still encoded."""
        return self.target.partition("?")[2]


class Reply:
    """A status, headers and a body in pieces.

    `live` means that it never ends by itself, that each piece is sent at once (an empty one sends the head), and that
    nobody is left to answer once the client has closed its side.
    """

    __slots__ = ("content_type", "headers", "live", "pieces", "status")

    def __init__(
        self,
        status: int,
        content_type: str,
        pieces: Pieces,
        headers: tuple[tuple[str, str], ...] = (),
        live: bool = False,
    ) -> None:
        self.status, self.content_type, self.pieces = status, content_type, pieces
        self.headers, self.live = headers, live


class Receiver(Protocol):
    """Takes the body of one request, piece by piece, and then answers it."""

    def feed(self, data: bytes) -> None:
        """The next piece of the body."""

    def finish(self) -> Reply:
        """The body is complete."""


class Ready:
    """A receiver whose answer does not depend on the body."""

    __slots__ = ("_reply",)

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    def feed(self, data: bytes) -> None:
        """Not looked at."""

    def finish(self) -> Reply:
        return self._reply


def plain(status: int, content_type: str, body: bytes, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """A reply whose body is already there."""
    return Reply(status, content_type, _once(body), headers)


def error_page(status: int) -> Reply:
    """A short page that names the status; 401 asks for credentials and ends the connection, as there."""
    reason = REASONS[status]
    body = f"<html><head><title>{status} {reason}</title></head><body><h1>{status} {reason}</h1></body></html>\r\n"
    headers = (("Connection", "close"), ("WWW-Authenticate", 'Basic realm="default"')) if status == 401 else ()
    return plain(status, "text/html", body.encode(), headers)


class Instead(Exception):
    """Raised while a reply is being made, before its first piece: `reply` is sent in its place."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


class Refused(Instead):
    """An error page is sent in its place."""

    def __init__(self, status: int) -> None:
        super().__init__(error_page(status))


def _once(body: bytes) -> Pieces:
    yield body


def _byte(match: re.Match[bytes]) -> bytes:
    return bytes.fromhex(match[1].decode())
