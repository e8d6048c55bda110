"""Who follows logs in a siege: what each has got was written from some time on, once and in order (W3; supervisord-4.3 §5.8).

A log that keeps all its backups has in them what was written. Where something of one was lost meanwhile, emptied by a client or
rotated away, there is nothing to hold a follower to.
"""

from __future__ import annotations

import re

from sim.stage.browser import Visit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sim.stage.site import Site

BEFORE_BYTES = 1024
"""By so much before the end `/logtail` and `/mainlogtail` begin; `/live/log` does so where it is told to."""
BACKUPS = 60
TEXT = re.compile(rb"id: \d+\nevent: text\n((?:data: [^\n]*\n)+)\n")


class Received(bytearray):
    """What comes, and how much had been written when the first of the log did."""

    def __init__(self, follower: Follower) -> None:
        super().__init__()
        self._follower, self._begun = follower, False

    def __iadd__(self, data: Any) -> Any:  # type: ignore[misc]
        self._begun = self._begun or bool(self._follower.text())
        if not self._begun:
            self._follower.latest = len(self._follower.written())
        return super().__iadd__(data)


class Follower:
    """One of them: `path` is the log it is to get, `target` what it asks for."""

    def __init__(self, site: Site, target: str, path: str) -> None:
        self._site, self._target, self._path = site, target, path
        self._files = site.files
        self._emptied = self._files.emptied.get(path, 0)
        self._events = target.startswith("/live/")
        before = len(self.written())
        begin = before - len(self._data(path))
        self.earliest = begin if self._events else max(begin, before - BEFORE_BYTES)
        self.latest = before
        self.noted = 0
        self.left = False
        client = site.connect()
        self.visit = None if client is None else Visit(site, client, "GET", target)
        if client is not None:
            client.received = Received(self)

    def leave(self, how: str) -> None:
        """It goes away: `close` or `reset`."""
        self.left = True
        if self.visit is not None:
            getattr(self.visit.client, how)()

    def stall(self) -> None:
        """It reads nothing for now."""
        if self.visit is not None:
            self.visit.client.stall()

    def resume(self) -> None:
        """It reads again."""
        if self.visit is not None:
            self.visit.client.resume()

    def written(self) -> bytes:
        """The log as a whole, its backups first."""
        names = [*(f"{self._path}.{number}" for number in range(BACKUPS, 0, -1)), self._path]
        return b"".join(map(self._data, names))

    def _data(self, path: str) -> bytes:
        return self._files.data(path) if self._files.exists(path) else b""

    def text(self) -> bytes:
        """What it has got of the log."""
        begun = self.visit.begun() if self.visit is not None else None
        body = begun[1].encode() if begun is not None and begun[0] == 200 else b""
        if not self._events:
            return body
        return b"".join(found[1].replace(b"data: ", b"\n")[1:].replace(b"\n\n", b"\n")[:-1] for found in TEXT.finditer(body))

    def note(self) -> None:
        """So much has been written that it is to have at the look."""
        self.noted = len(self.written())

    def settle(self) -> None:
        """It is calm: judge it."""
        if self.visit is None or self._emptied != self._files.emptied.get(self._path, 0):
            return
        text, written = self.text(), self.written()
        stays = not self.left and not self.visit.client.ended
        found = written.find(text, self.earliest, self.latest + len(text))
        while stays and found != -1 and found + len(text) < self.noted:
            found = written.find(text, found + 1, self.latest + len(text))
        if found == -1:
            said = f"{self._target} of {self.visit.began_ns / 1e9} got {len(text)} bytes, {text[:40]!r} to {text[-40:]!r}"
            self._site.tell("W3", f"{said}: not what was written from {self.earliest} to {self.latest} on, up to {self.noted}")


class Followers:
    """All of one site."""

    def __init__(self, site: Site, main_log: str) -> None:
        self._site, self._main_log = site, main_log
        self.all: list[Follower] = []

    def open(self, way: str, name: str) -> Follower | None:
        """One more, of that program; None where it has no such log."""
        paths = (self._main_log, None) if "{}" not in way else self._site.kernel.paths_of(name, name)
        path = paths["stderr" in way]
        if not path:
            return None
        self.all.append(Follower(self._site, way.format(name), path))
        return self.all[-1]

    def note(self) -> None:
        """A moment before it is calm."""
        for follower in self.all:
            follower.note()

    def settle(self) -> None:
        """It is calm: judge them all."""
        for follower in self.all:
            follower.settle()
