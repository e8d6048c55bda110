"""One client connection: h11 between a non-blocking socket and the request handlers (RFC 9112; supervisord-4.3 §5.1).

Everything is done in steps of bounded size: 16 KiB read and parsed, 64 KiB of reply made, 64 KiB written. Deadlines are
for clients that keep us waiting; a call that waits for a program has none, nor has a connection that idles between
requests (clients keep one for months), but that is the first to go when room is needed.
"""

from __future__ import annotations

import enum

import h11

from initd.control.head import Heads
from initd.control.outgoing import Outgoing
from initd.control.reply import REASONS, Head, Instead, Ready, error_page
from initd.control.times import SECOND_NS, http_date, log_date
from initd.kernel.port import HANGUP, READABLE, WRITABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from initd.control.reply import Receiver, Reply
    from initd.control.turns import Turns
    from initd.drive.loop import Loop

    class Site(Protocol):
        """What a connection belongs to."""

        @property
        def loop(self) -> Loop: ...
        @property
        def turns(self) -> Turns: ...
        def open(self, head: Head) -> Receiver: ...
        def log(self, level: str, text: str) -> None: ...
        def deadline_set(self, deadline_ns: int) -> None: ...
        def closed(self, connection: Connection) -> None: ...


READ_BYTES = 16 * 1024
HEAD_LIMIT_BYTES = 64 * 1024
BODY_LIMIT_BYTES = 4 * 1024 * 1024
TARGET_LIMIT_BYTES = 8 * 1024
CHUNKS_PER_STEP = 256
"""A client may cut its body into single bytes."""
HEAD_NS = 30 * SECOND_NS
"""From the first byte of a request (or the connection) to the end of its head."""
BODY_NS = 120 * SECOND_NS
"""From there to the end of its body."""
STALL_NS = 60 * SECOND_NS
STALL_BYTES = 16 * 1024
"""A client takes at least STALL_BYTES of a reply that is ready in STALL_NS."""
LINGER_NS = 2 * SECOND_NS
"""How long the unread rest of a refused request is still taken in, so that the client gets to read the refusal."""


class Phase(enum.Enum):
    """Where a connection is."""

    READ = 1
    REPLY = 2
    LINGER = 3
    CLOSED = 4


class Connection:
    """Serves one accepted socket until either side closes it; owns the descriptor."""

    def __init__(self, site: Site, fd: int, peer: str) -> None:
        self._site, self._fd, self._peer = site, fd, peer
        self._loop, self._kernel = site.loop, site.loop.kernel
        self._http = _protocol()
        self._heads = Heads(HEAD_LIMIT_BYTES)
        self._phase = Phase.READ
        self._queued = False
        self._buffered = False
        self._ahead = b""
        self._receiver: Receiver | None = None
        self._body_bytes = 0
        self._line = ""
        self._bodyless = False
        self._outgoing: Outgoing | None = None
        self._taken_bytes = 0
        self.served = 0
        self.idle_since_ns = 0
        self.deadline_ns: int | None = None
        self._allow(HEAD_NS)
        self._loop.watch(fd, READABLE, self._ready)

    @property
    def idle(self) -> bool:
        """Between two requests: nothing is lost when it is closed now."""
        return self._phase is Phase.READ and self.deadline_ns is None

    @property
    def silent(self) -> bool:
        """Has not sent a whole request yet, and nothing just now: the first to go when others have no room."""
        return self._phase is Phase.READ and not self._queued and self.deadline_ns is not None

    def expire(self) -> None:
        """The deadline has passed: close, unless the client has taken enough of its reply meanwhile."""
        outgoing = self._outgoing
        if self._phase is Phase.REPLY and outgoing and outgoing.taken_bytes - self._taken_bytes >= STALL_BYTES:
            self._taken_bytes = outgoing.taken_bytes
            self._allow(STALL_NS)
        else:
            self.close()

    def flush(self) -> None:
        """Write what is ready, as far as the socket takes it; for the end of the daemon."""
        try:
            if self._phase is Phase.REPLY:
                self._write()
        except OSError:
            self.close()

    def close(self) -> None:
        """End the connection now, whatever is going on."""
        if self._phase is not Phase.CLOSED:
            self._phase = Phase.CLOSED
            self.deadline_ns = None
            if self._outgoing is not None:
                self._outgoing.drop()
            self._loop.unwatch(self._fd)
            self._kernel.close(self._fd)
            self._site.closed(self)

    # turns
    def _ready(self, bits: int) -> None:
        if self._phase is Phase.REPLY and self._outgoing is not None and self._outgoing.waiting:
            # Nobody reads ahead of the reply: data or half a close has to wait, but a client that is gone is gone.
            if bits & HANGUP or (self._outgoing.live and self._has_left()):
                self.close()
                return
            if not bits & WRITABLE:
                if not self._outgoing.live:
                    self._loop.unwatch(self._fd)
                return
        self._ask()

    def _has_left(self) -> bool:
        """Whether the client of a live reply has closed its side; what it sends instead is dropped."""
        try:
            return not self._kernel.read(self._fd, READ_BYTES)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _ask(self) -> None:
        if not self._queued and self._phase is not Phase.CLOSED:
            self._queued = True
            self._site.turns.add(self._step)

    def _step(self) -> None:
        self._queued = False
        try:
            if self._phase is Phase.READ:
                self._read()
            elif self._phase is Phase.REPLY:
                self._serve()
            elif self._phase is Phase.LINGER and not self._kernel.read(self._fd, READ_BYTES):
                self.close()
        except BlockingIOError:
            return
        except OSError:  # the client is gone
            self.close()
        except Exception as error:  # a fault of ours costs this connection and nothing else
            self._site.log("crit", f"HTTP connection ended by an unexpected error at {self._line!r}: {error!r}")
            self.close()

    def _allow(self, duration_ns: int) -> None:
        self.deadline_ns = self._kernel.mono() + duration_ns
        self._site.deadline_set(self.deadline_ns)

    # requests
    def _read(self) -> None:
        if not self._buffered:
            data, self._ahead = self._ahead or self._kernel.read(self._fd, READ_BYTES), b""
            if not data:
                self.close()
                return
            data = self._heads.take(data)
            if self.served and not self._heads.begun:
                self.deadline_ns = None  # an empty line is no request
            elif self.deadline_ns is None:
                self._allow(HEAD_NS)
            if not data:
                return
            self._http.receive_data(data)
        self._buffered = False
        try:
            self._events()
        except h11.RemoteProtocolError as error:
            hint = error.error_status_hint
            self._answer(error_page(hint if hint in REASONS else 400))

    def _events(self) -> None:
        for _ in range(CHUNKS_PER_STEP):
            if self._phase is not Phase.READ:
                return
            event = self._http.next_event()
            if isinstance(event, h11.Request):
                self._begin(event)
            elif isinstance(event, h11.Data):
                self._take(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage) and self._receiver is not None:
                self._answer(self._receiver.finish())
            elif event is not h11.NEED_DATA:
                self.close()
            elif self._http.they_are_waiting_for_100_continue:
                self._encourage()
            else:
                return
        if self._phase is Phase.READ:
            self._buffered = True
            self._ask()

    def _encourage(self) -> None:
        """The client wants to hear whether its body is welcome."""
        if isinstance(self._receiver, Ready):
            self._answer(self._receiver.finish())
        else:
            go_on = self._http.send(h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")) or b""
            if self._kernel.write(self._fd, go_on) != len(go_on):
                self.close()

    def _begin(self, request: h11.Request) -> None:
        method, target = request.method.decode("latin-1"), request.target.decode("latin-1")
        self._line = f"{method} {target} HTTP/{request.http_version.decode()}"[:1000]
        self._bodyless = method == "HEAD"
        self._body_bytes = 0
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers}
        if len(target) > TARGET_LIMIT_BYTES:
            self._answer(error_page(414))
        elif int(headers.get("content-length", "0")) > BODY_LIMIT_BYTES:
            self._answer(error_page(413))
        else:
            self._allow(BODY_NS)
            self._receiver = self._site.open(Head(method, target, headers, self._peer))

    def _take(self, data: bytes) -> None:
        self._body_bytes += len(data)
        if self._body_bytes > BODY_LIMIT_BYTES or self._receiver is None:
            self._answer(error_page(413))
        else:
            self._receiver.feed(data)

    # replies
    def _answer(self, reply: Reply) -> None:
        self._phase = Phase.REPLY
        self._receiver = None
        self.deadline_ns = None
        self._taken_bytes = 0
        date = http_date(self._kernel.wall())
        self._outgoing = Outgoing(self._http, reply, date, self._bodyless, self._ask)
        self._serve()

    def _serve(self) -> None:
        """One step of a reply: make some, write some, and arrange for the next step."""
        outgoing = self._outgoing
        assert outgoing is not None
        try:
            outgoing.make()
        except Exception as error:
            if outgoing.begun:
                raise
            if not isinstance(error, Instead):
                self._site.log("crit", f"Handling {self._line!r} raised an unexpected exception: {error!r}")
            self._answer(error.reply if isinstance(error, Instead) else error_page(500))
            return
        if self._phase is Phase.CLOSED:
            return
        if not self._write():
            if self.deadline_ns is None:
                self._allow(STALL_NS)
            self._loop.watch(self._fd, WRITABLE, self._ready)
        elif outgoing.ended:
            self._finish(outgoing)
        elif outgoing.waiting and not outgoing.chunk():
            self.deadline_ns = None
            self._loop.watch(self._fd, READABLE, self._ready)
        else:
            self._ask()

    def _write(self) -> bool:
        """Write up to one chunk; False if the socket takes no more for now."""
        assert self._outgoing is not None
        chunk = self._outgoing.chunk()
        try:
            written = self._kernel.write(self._fd, chunk) if chunk else 0
        except BlockingIOError:
            return False
        self._outgoing.taken(written)
        return written == len(chunk)

    def _finish(self, outgoing: Outgoing) -> None:
        self.served += 1
        self.deadline_ns = None
        self._outgoing = None
        now = log_date(self._kernel.wall())
        line = f'{self._peer or "localhost:0"} - - [{now}] "{self._line}" {outgoing.status} {outgoing.body_bytes}'
        self._site.log("trace", line)
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._ahead = bytes(self._http.trailing_data[0])
            if self._ahead:
                self._http = _protocol()
                self._allow(HEAD_NS)
                self._ask()
            else:
                self._http.start_next_cycle()
            self._heads.expect()
            self._phase = Phase.READ
            self.idle_since_ns = self._kernel.mono()
            self._loop.watch(self._fd, READABLE, self._ready)
        elif self._http.their_state in (h11.DONE, h11.MUST_CLOSE, h11.CLOSED):
            self.close()
        else:
            self._phase = Phase.LINGER
            self._allow(LINGER_NS)
            self._loop.watch(self._fd, READABLE, self._ready)


def _protocol() -> h11.Connection:
    return h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_LIMIT_BYTES)
