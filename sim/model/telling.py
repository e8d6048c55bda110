"""One program's story: its lives one after another, and what is done to it meanwhile.

A program is always in one of three chapters: a child is there, or one is due after a failure, or none is wanted. A chapter
compares three places, where the child is reaped, where a deadline is over, and where something is done from outside; the smallest
comes first (`sim.model.place`). Strict deadlines of supervisord are over a nanosecond later.
"""

from __future__ import annotations

from initd.signals import SIGKILL
from sim.model.child import Child
from sim.model.course import Course
from sim.model.doings import END, OUTSIDER, SIGNAL, START, STOP, TURN
from sim.model.place import BOOT, DONE, FORKED, NOWHERE, REAPED, next_rank
from sim.scenario import SECOND_NS, Life

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from sim.model.doings import Doing
    from sim.model.place import Place
    from sim.scenario import Program

    Chapter: TypeAlias = Callable[[], "Chapter | None"]

RESTARTS_AT_ONCE = 5
RESTART_GAP_NS = SECOND_NS // 5
"""D26: so many restarts without waiting, and one more for each gap that has passed."""
ESRCH = 3
ENDED = Child(Life(ends_ns=0), BOOT, ())


class Telling(Course):
    """Tells one program's story into `said`."""

    __slots__ = (
        *("_child", "_failures", "_forks", "_kill", "_killing", "_spent_ns", "_up"),
        *("killed", "lost", "program"),
    )

    def __init__(self, name: str, program: Program, line: int, doings: list[Doing]) -> None:
        super().__init__(name, line, doings)
        self.program = program
        self.lost = False
        """The child there is, or was last, is one that could not be killed: UNKNOWN."""
        self.killed = NOWHERE
        """The first SIGKILL of the last stop, sent because that took too long."""
        self._failures = self._forks = 0
        self._spent_ns = 0
        """D26: until when the restarts so far would last, one in each gap."""
        self._killing = False
        self._child, self._up, self._kill = ENDED, NOWHERE, NOWHERE

    def tell(self) -> None:
        """The whole story, as far as the doings go."""
        chapter: Chapter | None = self._fork() if self.program.autostart else self._without
        while chapter is not None:
            chapter = chapter()

    # The chapters.

    def _with_child(self) -> Chapter | None:
        """A child is there: STARTING, RUNNING, STOPPING or UNKNOWN."""
        child, doings = self._child, self._doings
        while True:
            doing, reaped = doings[self._at][0], child.reaped
            deadline = self._up if self._up < self._kill else self._kill
            if reaped <= deadline and reaped <= doing:
                self._pass(reaped)
                return self._reap()
            if deadline <= doing:
                self._pass(deadline)
                if deadline is self._up:
                    self._come_up()
                else:
                    self._escalate()
                continue
            kind, argument, index = self._next()
            if kind == END:
                return None
            if kind == START:
                self._start_with_child(index)
            elif kind == STOP:
                self._stop_with_child(index)
            elif kind == SIGNAL:
                self._signal(argument, index)
            elif kind == OUTSIDER:
                child.reached_by(argument, self._place)
            elif kind == TURN and not (self._killing or self.lost):
                self._stop()

    def _after_failure(self) -> Chapter | None:
        """BACKOFF: a fork is due at `_due`, never if the daemon shuts down."""
        while True:
            if self._due <= self._doings[self._at][0]:
                self._pass(self._due)
                return self._fork()
            kind, _, index = self._next()
            if kind == END:
                return None
            if kind == START:
                self._answer(index, "ALREADY_STARTED")
            elif kind == STOP:
                self._settle("STOPPED")
                self._answer(index, "OK")
                return self._rest()
            elif kind == SIGNAL:
                self._answer(index, "NOT_RUNNING")
            elif kind == TURN:
                return self._give_up()

    def _without(self) -> Chapter | None:
        """STOPPED, EXITED or FATAL; with a `_due`, EXITED and about to be restarted."""
        while True:
            if self._due <= self._doings[self._at][0]:
                self._pass(self._due)
                self._spent_ns = max(self._spent_ns, self._now_ns) + RESTART_GAP_NS
                return self._fork()
            kind, _, index = self._next()
            if kind == END:
                return None
            if kind == START:
                return self._fork(index)
            if kind == STOP and self._due is not NOWHERE:
                self._due = NOWHERE
                self._answer(index, "OK")
            elif kind in (STOP, SIGNAL):
                self._answer(index, "NOT_RUNNING")

    # From one chapter to the next.

    def _fork(self, *askers: int) -> Chapter:
        """STARTING, and what comes of it; `askers` are the starts that wanted it."""
        self._forks += 1
        self.down, self.lost = None, False
        self._say("state", f"STARTING {self._failures}")
        life = self.program.life(self._forks)
        booting = self._place is BOOT
        born: Place = (self._now_ns, next_rank(self._place[1], FORKED), ())
        self._pass(born)
        if life.refused:
            self._fail()
        else:
            self._child = Child(life, born, (*born[:2], self._line) if booting else born[:2])
            self._up, self._kill = self._deadline(self._after(self.program.startsecs) + 1), NOWHERE
            self._say("spawn", str(self._forks))
        for index in askers:
            self._answer(index, "SPAWN_ERROR" if life.refused else "OK")
            if life.ends_ns == 0 and not life.refused:
                self._leave_open("born-dead", index)
        return self._retry() if life.refused else self._with_child

    def _reap(self) -> Chapter:
        """The child has ended: why that is, and what follows."""
        child, program = self._child, self.program
        if self._killing:
            self._killing = False
            self._settle("STOPPED")
            askers, self._askers = self._askers, []
            return self._fork(*askers) if askers else self._rest()
        if not self.lost:
            if self._now_ns - child.born_ns < program.startsecs * SECOND_NS:
                self._fail()
                return self._retry()
            if self._up is not NOWHERE:
                self._come_up()
        expected = child.status in program.exitcodes
        self._failures = 0
        self._settle("EXITED expected" if expected else "EXITED unexpected")
        wanted = program.autorestart == "true" or (program.autorestart == "unexpected" and not expected)
        if not wanted or self._closing:
            return self._rest()
        self._due = self._deadline(self._spent_ns - (RESTARTS_AT_ONCE - 1) * RESTART_GAP_NS)
        return self._without

    def _retry(self) -> Chapter:
        """After a failure: FATAL at once, or a fork after as many seconds as there were failures."""
        if self._failures > self.program.startretries:
            return self._give_up()
        self._due = NOWHERE if self._closing else self._deadline(self._after(self._failures) + 1)
        return self._after_failure

    def _give_up(self) -> Chapter:
        self._failures = 0
        self._settle("FATAL")
        return self._rest()

    def _rest(self) -> Chapter:
        self._due = NOWHERE
        return self._without

    # What happens within a chapter.

    def _come_up(self) -> None:
        self._up, self._failures = NOWHERE, 0
        self._say("state", "RUNNING")

    def _fail(self) -> None:
        self._failures += 1
        self._say("state", f"BACKOFF {self._failures}")

    def _stop(self) -> bool:
        """STOPPING and the stop signal; False if that was not permitted."""
        self._say("state", "STOPPING")
        self._killing, self._up, self.killed = True, NOWHERE, NOWHERE
        self._kill = self._deadline(self._after(self.program.stopwaitsecs))
        if self._send(self.program.stopsignal, self.program.stopasgroup):
            return True
        self._lose()
        return False

    def _escalate(self) -> None:
        """The stop took too long, so SIGKILL, and again after as long, but no sooner than a second (D7)."""
        if not self._send(SIGKILL, self.program.killasgroup):
            self._lose()
            return
        self.killed = min(self.killed, self._place)
        self._kill = self._deadline(self._after(max(self.program.stopwaitsecs, 1)))

    def _lose(self) -> None:
        """A kill was not permitted: UNKNOWN, without deadlines."""
        self.lost, self._up, self._kill = True, NOWHERE, NOWHERE
        self._settle("UNKNOWN")
        self._dismiss("FAILED", "overtaken-start")

    def _send(self, signal: int, to_group: bool = False) -> bool:
        """A kill of the daemon; False if it was not permitted. Who is being reaped just then is not even sent it."""
        reaping = self._place[1] & DONE == REAPED and self._child.gone(self._place)
        if self._refusals and not reaping:
            return self._refusals.pop(0) == ESRCH
        self._say("signal", f"{signal} group" if to_group else str(signal))
        self._child.reached_by(signal, self._place)
        return True

    # What clients are told.

    def _start_with_child(self, index: int) -> None:
        if self.lost:
            self._answer(index, "FAILED")
        elif self._killing:
            if self._askers:
                self._leave_open("second-start", index)
            self._askers.append(index)
        else:
            self._answer(index, "ALREADY_STARTED")

    def _stop_with_child(self, index: int) -> None:
        if self.lost or self._killing:
            if self._askers:
                self._dismiss("ABNORMAL_TERMINATION", "cancelled-start")
                self._leave_open("cancelled-start", index)
            self._answer(index, "NOT_RUNNING")
        else:
            self._answer(index, "OK" if self._stop() else "FAILED")

    def _signal(self, signal: int, index: int) -> None:
        if self.lost:
            self._answer(index, "NOT_RUNNING")
        elif self._send(signal):
            self._answer(index, "OK")
        else:
            self._lose()
            self._answer(index, "FAILED")
