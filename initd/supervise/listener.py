"""One event listener's side of the protocol: what its stdout says, and what that makes of it (supervisord-4.3 §6.4, §12.5).

ACKNOWLEDGED until it says READY, BUSY from the event it is sent to the RESULT it answers with, UNKNOWN for good once it
breaks the protocol. Quirks are kept: RESULT itself is not checked, and `RESULT 0` counts once more output follows.
"""

from __future__ import annotations

import enum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from initd.supervise.pools import Queued

READY_TOKEN = b"READY\n"
RESULT_START = len(b"RESULT ")
LINE_LIMIT = 64 * 1024
RESULT_LIMIT = 16 * 1024 * 1024
"""More than that in one line, or in one result, is no answer but a flood."""


class ListenerState(enum.IntEnum):
    """The value is supervisord's code."""

    READY = 10
    BUSY = 20
    ACKNOWLEDGED = 30
    UNKNOWN = 40


class Heard(enum.Enum):
    """What a step through the output came to."""

    READY = "it takes events"
    RESULT = "it has answered"
    BAD_LINE = "it has answered with what is no result"
    BROKEN = "it has broken the protocol"
    SHORT = "more output is needed"


class Listener:
    """What is known of one listener process; `event` is what it was sent and has not answered, `deaf` after a broken pipe."""

    __slots__ = ("deaf", "event", "instance", "judged", "line", "name", "needed", "result", "said", "state")

    def __init__(self, instance: int, name: str) -> None:
        self.instance, self.name = instance, name
        self.reset()

    def reset(self) -> None:
        """A new child, which has not said anything."""
        self.state = ListenerState.ACKNOWLEDGED
        self.event: Queued | None = None
        self.said = self.result = self.line = b""
        self.needed: int | None = None
        self.judged = self.deaf = False

    def next(self) -> Heard:
        """Take one step through what it has said. RESULT leaves `result`, BAD_LINE `line`; the state is the caller's to set."""
        if not self.said or self.judged:
            return Heard.SHORT
        if self.state is ListenerState.UNKNOWN:
            self.said = b""
            return Heard.SHORT
        if self.state is ListenerState.ACKNOWLEDGED:
            return self._greeting()
        if self.state is ListenerState.READY:
            self.said = b""
            return Heard.BROKEN
        return self._answer_line() if self.needed is None else self._answer(self.needed)

    def _greeting(self) -> Heard:
        if len(self.said) < len(READY_TOKEN):
            return Heard.SHORT
        if not self.said.startswith(READY_TOKEN):
            self.said = b""
            return Heard.BROKEN
        self.said = self.said[len(READY_TOKEN) :]
        return Heard.READY

    def _answer_line(self) -> Heard:
        line, newline, rest = self.said.partition(b"\n")
        if not newline and len(line) <= LINE_LIMIT:
            return Heard.SHORT
        try:
            needed = int(line[RESULT_START:])
        except ValueError:
            needed = -1
        if not 0 <= needed <= RESULT_LIMIT:
            self.line, self.said = line[:LINE_LIMIT], b""
            return Heard.BAD_LINE
        self.said, self.needed, self.result = rest, needed, b""
        return self.next()

    def _answer(self, needed: int) -> Heard:
        if len(self.said) < needed:
            return Heard.SHORT
        self.result, self.said, self.needed = self.said[:needed], self.said[needed:], None
        return Heard.RESULT

    def snapshot(self) -> tuple[Any, ...]:
        """Plain values."""
        said = (self.said, self.result, self.line, self.needed)
        return self.instance, self.name, int(self.state), self.event, *said, self.judged, self.deaf

    @classmethod
    def restore(cls, values: tuple[Any, ...]) -> Listener:
        """The listener of a snapshot."""
        instance, name, state, event, *said, judged, deaf = values
        listener = cls(instance, name)
        listener.state, listener.event = ListenerState(state), event
        listener.said, listener.result, listener.line, listener.needed = said
        listener.judged, listener.deaf = judged, deaf
        return listener
