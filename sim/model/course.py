"""The course of time for one program: what is done to it next, what has been said of it, and who waits for an answer."""

from __future__ import annotations

import bisect

from initd.signals import signal_number
from sim.model.doings import ANSWERED, REFUSE, SHUTDOWN, SIGNAL, START, STOP, TURN
from sim.model.place import BOOT, DUE, DUE_FIRST, NOWHERE, next_rank
from sim.model.silence import Silence
from sim.scenario import SECOND_NS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from sim.model.doings import Doing
    from sim.model.place import Place

    Said: TypeAlias = tuple[int, int, int, str, str]
    """time_ns, rank at that instant, whose line it is, and the entry's `what` and `detail`."""


class Course:
    """Follows one program's doings, and collects its story in `said`; `line` stands for the program there."""

    __slots__ = (
        *("_askers", "_at", "_closing", "_doings", "_due", "_happened", "_line", "_now_ns", "_place", "_refusals"),
        *("down", "name", "said", "silences"),
    )

    def __init__(self, name: str, line: int, doings: list[Doing]) -> None:
        self.name, self._line, self._doings = name, line, doings
        self.said: list[Said] = []
        self.silences: list[Silence] = []
        self.down: Place | None = BOOT
        """Since when the program counts as down (§2.1), None while it does not."""
        self._place, self._now_ns, self._at = BOOT, 0, 0
        self._happened = BOOT
        """The place of what happened last by itself."""
        self._due = NOWHERE
        """Where the next fork is due while there is no child."""
        self._refusals: list[int] = []
        """The errnos that wait for the daemon's next kills."""
        self._closing = False
        self._askers: list[int] = []
        """The starts that wait for a stop (D20)."""

    def take_turn(self, place: Place) -> None:
        """Put the group's turn in a shutdown among what is done to the program."""
        bisect.insort(self._doings, (place, TURN, 0, -1))

    def _next(self) -> tuple[int, int, int]:
        """(kind, argument, index) of the next thing done; what every chapter answers alike is answered already."""
        self._place, kind, argument, index = self._doings[self._at]
        self._now_ns = self._place[0]
        self._at += 1
        if kind == REFUSE:
            self._refusals.append(argument)
        elif kind == SHUTDOWN:
            self._closing, self._due = True, NOWHERE
            self._dismiss("SHUTDOWN_STATE", "overtaken-start")
        elif kind == TURN and self._happened == self._place:
            self.silences.append(Silence("turn-tie", self.name, since_ns=self._now_ns, until_ns=self._now_ns))
        elif kind in (START, STOP, SIGNAL):
            if self._closing:
                self._answer(index, "SHUTDOWN_STATE")
                kind = ANSWERED
            elif kind == SIGNAL and signal_number(str(argument)) is None:
                self._answer(index, "BAD_SIGNAL")
                kind = ANSWERED
        return kind, argument, index

    def _pass(self, place: Place) -> None:
        """Something happens by itself, there."""
        self._place = self._happened = place
        self._now_ns = place[0]

    def _after(self, seconds: int) -> int:
        return self._now_ns + seconds * SECOND_NS

    def _deadline(self, at_ns: int) -> Place:
        """Where a deadline at that time falls due: if it is over already, the next time that deadlines do."""
        if at_ns > self._now_ns:
            return at_ns, DUE_FIRST, ()
        return self._now_ns, next_rank(self._place[1], DUE), ()

    def _settle(self, state: str) -> None:
        """A state that counts as down."""
        self._say("state", state)
        if self.down is None:
            self.down = self._place

    def _say(self, what: str, detail: str) -> None:
        self.said.append((self._now_ns, self._place[1], self._line, what, detail))

    def _dismiss(self, answer: str, reason: str) -> None:
        """The starts that wait for a stop wait in vain."""
        for index in self._askers:
            self._answer(index, answer)
            self._leave_open(reason, index)
        self._askers = []

    def _answer(self, index: int, text: str) -> None:
        self._say("answer", f"{index} {text}")

    def _leave_open(self, reason: str, index: int) -> None:
        self.silences.append(Silence(reason, self.name, "answer", f"{index} "))
