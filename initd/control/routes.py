"""Which request goes to whom, and who is let in (supervisord-4.3 §5.1; D19).

Every server has the same routes. Before any of them come the gates: a browser page from elsewhere (its Origin is not our
Host) is refused, and so is whoever lacks the credentials of a server that has some. A TCP server that has none takes the
Host of a browser for its own only if nobody else can have it point here: whoever owns a name in the DNS can give it our
address once his page is loaded, and then Origin and Host agree.
"""

from __future__ import annotations

from initd.control.reply import Ready, error_page, plain
from initd.control.xmlrpc import BadRequest, Parser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from initd.control.auth import Credentials
    from initd.control.daemon import Daemon
    from initd.control.reply import Head, Receiver, Reply
    from initd.control.rpc import Rpc

    Route = Callable[[Head], Receiver | None]
    """Takes the request if its path is its own, else returns None."""

SAMPLE_BYTES = 1000
"""How much of a request that makes no sense is shown in the log."""


ANY_HOST = "*"
_NEVER_IN_DNS = (".localhost", ".local", ".internal")
_UNKNOWN_HOST = (
    b"403 Forbidden: this server asks for no password, and any site could come under the name in the address.\n"
    b"Use the IP address, add the name to web_hosts in [initd], or give the server a username and a password.\n"
)


class Routes:
    """The gates and the routes of one server; `hosts` are the names it has, in lower case, or None for any."""

    def __init__(
        self, credentials: Credentials | None, routes: Sequence[Route], hosts: Collection[str] | None = None
    ) -> None:
        self._credentials, self._routes, self._hosts = credentials, routes, hosts

    def open(self, head: Head) -> Receiver:
        """Who takes the body and answers."""
        if _foreign(head):
            return Ready(error_page(403))
        if self._hosts is not None and "origin" in head.headers and not _ours(head, self._hosts):
            return Ready(plain(403, "text/plain", _UNKNOWN_HOST))
        if self._credentials is not None:
            status = self._credentials.refusal(head.headers.get("authorization"))
            if status is not None:
                return Ready(error_page(status))
        for route in self._routes:
            receiver = route(head)
            if receiver is not None:
                return receiver
        return Ready(error_page(404 if head.method in ("GET", "HEAD") else 400))


def _foreign(head: Head) -> bool:
    """Whether a page of another site sent this; programs send no Origin. A link may be followed from anywhere."""
    origin = head.headers.get("origin")
    if origin is None:
        return head.method not in ("GET", "HEAD") and head.headers.get("sec-fetch-site") in ("cross-site", "same-site")
    scheme, _, authority = origin.lower().partition("://")
    port = {"http": ":80", "https": ":443"}.get(scheme, "")
    host = head.headers.get("host", "").lower()
    return not host or authority.removesuffix(port) != host.removesuffix(port)


def _ours(head: Head, hosts: Collection[str]) -> bool:
    """Whether the Host is an address, a name that is in nobody's zone, or one we are known by."""
    host = head.headers.get("host", "").lower()
    if host.startswith("["):
        return True
    name = host.partition(":")[0].removesuffix(".")
    number = name.rpartition(".")[2].isdigit()
    return number or "." not in name or name.endswith(_NEVER_IN_DNS) or name in hosts or ANY_HOST in hosts


def ok_route(head: Head) -> Receiver | None:
    """`/ok.html`, the health check: says that the loop turns."""
    if head.path.lstrip("/") != "ok.html" or head.method not in ("GET", "POST"):
        return None
    return Ready(plain(200, "text/plain", b"OK"))


def rpc_route(rpc: Rpc, daemon: Daemon) -> Route:
    """`/RPC2`, and whatever begins like that."""

    def route(head: Head) -> Receiver | None:
        if not head.path.startswith("/RPC2"):
            return None
        if head.method != "POST":
            return Ready(error_page(400))
        if "content-length" not in head.headers:
            return Ready(error_page(411))
        return _Call(rpc, daemon)

    return route


class _Call:
    """Receives one XML-RPC request, parsing it as it comes in."""

    __slots__ = ("_daemon", "_parser", "_rpc", "_sample")

    def __init__(self, rpc: Rpc, daemon: Daemon) -> None:
        self._rpc, self._daemon = rpc, daemon
        self._parser: Parser | None = Parser()
        self._sample = b""

    def feed(self, data: bytes) -> None:
        self._sample += data[: SAMPLE_BYTES - len(self._sample)]
        try:
            if self._parser is not None:
                self._parser.feed(data)
        except BadRequest:
            self._parser = None

    def finish(self) -> Reply:
        try:
            if self._parser is not None:
                method, params = self._parser.close()
                if method:
                    return self._rpc.reply(method, params)
        except BadRequest:
            self._parser = None
        why = "unmarshallable" if self._parser is None else "no method name"
        sample = self._sample.decode("utf-8", "replace")
        self._daemon.log("error", f"XML-RPC request data {sample!r} is invalid: {why}")
        return error_page(400)
