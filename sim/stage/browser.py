"""A browser on the first page of a siege's daemon: it shows the table and keeps it up to date, as our scripts do.

What it shows is held against what happened (W1; docs/web-pages.md). It looks at what has come once a second.
"""

from __future__ import annotations

import re

from sim.stage.answers import states_of
from sim.stage.calls import Stamped, unchunked
from sim.stage.site import SECOND_NS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.kernel.sockets import SimClient
    from sim.stage.site import Site

ROW = re.compile(r'<tr id="p\d+" class="program"[^>]* data-name="([^"]*)" data-state="(\w+)"')
VERSION = re.compile(r'data-version="([^"]*)"')
TOKEN = re.compile(r'name="token" value="([^"]*)"')
EVENT = re.compile(r"id: (\S+)\nevent: (\w+)\n((?:data: [^\n]*\n)+)\n")
RECENT_NS = 5 * SECOND_NS
"""By so much a page may lag: a look, a reload, and a state that lasts no longer."""


class Visit:
    """One request and what comes back for it."""

    def __init__(self, site: Site, client: SimClient, method: str, target: str, more: str = "", body: str = "") -> None:
        self.client = client
        self.began_ns = site.kernel.now
        self.session = site.simulation.session
        client.received = Stamped(lambda: site.kernel.now)
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        client.send(f"{method} {target} HTTP/1.1\r\nHost: s\r\n{more}{length}\r\n{body}".encode())

    @property
    def ended_ns(self) -> int:
        """When the last of it came."""
        return getattr(self.client.received, "time_ns", self.began_ns)

    def reply(self) -> tuple[int, str] | None:
        """The status and the body, once they are there as a whole."""
        head, blank, body = bytes(self.client.received).partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        if not blank or (len(body) < int(length[1]) if length is not None else not body.endswith(b"0\r\n\r\n")):
            return None
        return int(head[9:12]), (body if length is not None else unchunked(body)).decode()

    def begun(self) -> tuple[int, str] | None:
        """The status and what of the body has come, of a reply that has no end."""
        head, blank, body = bytes(self.client.received).partition(b"\r\n\r\n")
        return (int(head[9:12]), unchunked(body).decode(errors="ignore")) if blank else None


class Browser:
    """It asks for the page when it is made; `polls` says that it asks again and again, and does not follow the events."""

    def __init__(self, site: Site, polls: bool) -> None:
        self._site, self._polls = site, polls
        self.shown: dict[str, str] = {}
        self.token = self._mark = ""
        self.left = self.stalled = False
        self.visit: Visit | None = None
        self.session: object = None
        self._then: Callable[[Visit], None] | None = None
        self._events = 0
        self._look()

    def leave(self, how: str) -> None:
        """The page is closed: `close` or `reset`, or `shutdown`, after which what comes is still read."""
        self.left = True
        if self.visit is not None:
            getattr(self.visit.client, how)()

    def stall(self) -> None:
        """It reads nothing for now."""
        self.stalled = True
        if self.visit is not None:
            self.visit.client.stall()

    def resume(self) -> None:
        """It reads again."""
        self.stalled = False
        if self.visit is not None:
            self.visit.client.resume()

    def settle(self) -> None:
        """It is calm: it shows every program, and each as it is, or was a moment ago."""
        site = self._site
        if set(self.shown) != {name.partition(":")[0] for name in site.states()}:
            site.tell("W1", f"a page shows {sorted(self.shown)}, there are {sorted(site.states())}")
        for name, state in self.shown.items():
            seen = states_of(f"{name}:{name}", site.changes, site.kernel.now - RECENT_NS, site.kernel.now)
            if state not in seen:
                site.tell("W1", f"a page still shows {name} {state}, it is {sorted(seen)}")

    def _look(self) -> None:
        if not self.left:
            if not self.stalled:
                self._go_on()
            self._site.at_rest(self._site.kernel.now + SECOND_NS, self._look)

    def _go_on(self) -> None:
        if self.visit is None or self._then is None:
            self._ask()
        else:
            self._then(self.visit)

    def _go(self, then: Callable[[Visit], None], target: str, more: str = "") -> None:
        """Make a request, over a connection of its own; where nobody listens the page is asked for again later."""
        if self.visit is not None:
            self.visit.client.close()
        client = self._site.connect()
        self.visit = None if client is None else Visit(self._site, client, "GET", target, more)
        self._then, self._events = then, 0

    def _ask(self) -> None:
        self._go(self._page, "/")

    def _page(self, visit: Visit) -> None:
        """The page is to come."""
        reply = visit.reply()
        if reply is None:
            self._then = None if visit.client.ended else self._page
            return
        status, text = reply
        mark, token = VERSION.search(text), TOKEN.search(text)
        if status != 200 or mark is None or token is None:
            self._site.tell("W1", f"no page with programs: {status} {text[:80]!r}")
            return
        self._mark, self.token, self.session = mark[1], token[1], visit.session
        self.shown = {}
        self._show(text, visit)
        self._follow()

    def _follow(self) -> None:
        if self._polls:
            self._go(self._poll, f"/live/programs?poll=1&since={self._mark}")
        else:
            self._go(self._live, "/live/programs", f"Last-Event-ID: {self._mark}\r\n")

    def _live(self, visit: Visit) -> None:
        """Events come for as long as the connection is there."""
        status, text = visit.begun() or (200, "")
        found = list(EVENT.finditer(text))
        for event in found[self._events :]:
            self._mark = event[1]
            if event[2] == "whole":
                self._ask()
                return
            self._show(event[3], visit)
        self._events = len(found)
        self._polls = self._polls or status != 200  # too many follow
        if self._polls or visit.client.ended:
            self._follow()

    def _poll(self, visit: Visit) -> None:
        """The next changes are to come, or none."""
        reply = visit.reply()
        if reply is not None:
            self._mark, _, news = reply[1].partition("\n")
            if news == "whole":
                self._ask()
                return
            self._show(news, visit)
        if reply is not None or visit.client.ended:
            self._follow()

    def _show(self, text: str, visit: Visit) -> None:
        for name, state in ROW.findall(text):
            self.shown[name] = state.upper()
            seen = states_of(f"{name}:{name}", self._site.changes, visit.began_ns, visit.ended_ns)
            if state.upper() not in seen:
                self._site.tell("W1", f"a page is told that {name} is {state}, it was {sorted(seen)}")
