"""The order in which prepared spawns may fork: as asked, for those whose order a client can see (supervisord-4.3 §2.3).

Preparation runs off the loop and ends in any order. Starts at boot and by command nevertheless fork in the order of their
priorities; restarts and retries wait for nobody. One that hangs holds those behind it up for PATIENCE_NS, once.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from initd.drive.loop import Loop

    Key = tuple[int, int]
    """An instance and its attempt."""

PATIENCE_NS = 250_000_000
"""How long those behind it wait for a preparation at the head of the line; a mount that is dead takes for ever."""


class Line:
    """Those who wait for their turn; what is ready goes on as soon as nobody ahead of it is being waited for."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._places: dict[Key, tuple[int, Callable[[], None] | None]] = {}
        self._head_since_ns: int  # meaningful while somebody has a place
        self._watched = False

    def join(self, key: Key) -> None:
        """Take the last place in the line."""
        now_ns = self._loop.kernel.mono()
        if not self._places:
            self._head_since_ns = now_ns
        self._places[key] = now_ns, None
        self._watch()

    def ready(self, key: Key, go_on: Callable[[], None]) -> None:
        """Call `go_on` when it is this one's turn: at once for whoever has no place in the line (any more)."""
        place = self._places.get(key)
        if place is None:
            go_on()
        else:
            self._places[key] = place[0], go_on
            self._advance()

    def leave(self, key: Key) -> None:
        """Nobody is to wait for this one any more; if it is ready already, it still goes on in its turn."""
        place = self._places.get(key)
        if place is not None and place[1] is None:
            del self._places[key]
            self._advance()

    def _advance(self) -> None:
        while self._places:
            key, (_, go_on) = next(iter(self._places.items()))
            if go_on is None:
                break
            del self._places[key]
            self._head_since_ns = self._loop.kernel.mono()
            go_on()

    def _watch(self) -> None:
        """Look again when patience with the head will be over; only while somebody is behind it."""
        if not self._watched and len(self._places) > 1:
            self._watched = True
            self._loop.at(self._head_since_ns + PATIENCE_NS, self._look)

    def _look(self) -> None:
        """If the head hangs, go on without it and without whoever else has been waited for as long."""
        self._watched = False
        since_ns = self._loop.kernel.mono() - PATIENCE_NS
        if self._head_since_ns <= since_ns:
            for key, (joined_ns, go_on) in list(self._places.items()):
                if go_on is None and joined_ns <= since_ns:
                    del self._places[key]
            self._head_since_ns = self._loop.kernel.mono()
            self._advance()
        self._watch()
