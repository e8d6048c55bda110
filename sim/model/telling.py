"""One program's story: its lives one after another, and what is done to it meanwhile.

A program is always in one of three chapters: a child is there, or one is due after a failure, or none is wanted. A chapter
compares three times, when the child ends, when a deadline is over, and when something is done from outside; the smaller
comes first, and at one instant they come in this order (D2, D33). Strict deadlines of supervisord are over a nanosecond later.
"""

from __future__ import annotations

from initd.signals import SIGKILL
from sim.model.child import Child
from sim.model.course import Course
from sim.model.doings import END, OUTSIDER, SIGNAL, START, STOP, TURN
from sim.model.silence import NEVER, Silence
from sim.scenario import SECOND_NS, Life

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from sim.model.doings import Doing
    from sim.scenario import Program

    Chapter: TypeAlias = Callable[[], "Chapter | None"]

RESTARTS_AT_ONCE = 5
RESTART_GAP_NS = SECOND_NS // 5
"""D26: so many restarts without waiting, and one more for each gap that has passed."""
ESRCH = 3
ENDED = Child(Life(ends_ns=0), 0)


class Telling(Course):
    """Tells one program's story into `said`."""

    __slots__ = (
        *("_child", "_failures", "_forks", "_kill_ns", "_killing", "_spent_ns", "_up_ns"),
        *("first_kill_ns", "grace_ns", "lost", "program", "reaped_ns"),
    )

    def __init__(self, name: str, program: Program, line: int, doings: list[Doing]) -> None:
        super().__init__(name, line, doings)
        self.program = program
        self.lost = False
        """The child there is, or was last, is one that could not be killed: UNKNOWN."""
        self.reaped_ns = self.grace_ns = 0
        self.first_kill_ns = NEVER
        """The first SIGKILL since the group's turn in the shutdown; `grace_ns` is when the last stop's was due."""
        self._failures = self._forks = 0
        self._spent_ns = 0
        """D26: until when the restarts so far would last, one in each gap."""
        self._killing = False
        self._child, self._up_ns, self._kill_ns = ENDED, NEVER, NEVER

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
            doing_ns = doings[self._at][0]
            deadline_ns = self._up_ns if self._up_ns < self._kill_ns else self._kill_ns
            if child.end_ns <= deadline_ns and child.end_ns <= doing_ns:
                self._pass(child.end_ns)
                return self._reap()
            if deadline_ns <= doing_ns:
                self._pass(deadline_ns)
                if deadline_ns == self._up_ns:
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
                child.reached_by(argument, self._now_ns)
            elif kind == TURN and not (self._killing or self.lost):
                self._stop()

    def _after_failure(self) -> Chapter | None:
        """BACKOFF: a fork is due `_due_ns`, never if the daemon shuts down."""
        while True:
            if self._due_ns <= self._doings[self._at][0]:
                self._pass(self._due_ns)
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
        """STOPPED, EXITED or FATAL; with a `_due_ns`, EXITED and about to be restarted."""
        while True:
            if self._due_ns <= self._doings[self._at][0]:
                self._pass(self._due_ns)
                self._spent_ns = max(self._spent_ns, self._now_ns) + RESTART_GAP_NS
                return self._fork()
            kind, _, index = self._next()
            if kind == END:
                return None
            if kind == START:
                return self._fork(index)
            if kind == STOP and self._due_ns != NEVER:
                self._due_ns = NEVER
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
        if life.refused:
            self._fail()
        else:
            self._child = Child(life, self._now_ns)
            self._up_ns, self._kill_ns, self.reaped_ns = self._after(self.program.startsecs) + 1, NEVER, NEVER
            self._say("spawn", str(self._forks))
        for index in askers:
            self._answer(index, "SPAWN_ERROR" if life.refused else "OK")
            if life.ends_ns == 0 and not life.refused:
                self._leave_open("born-dead", index)
        return self._retry() if life.refused else self._with_child

    def _reap(self) -> Chapter:
        """The child has ended: why that is, and what follows."""
        child, program = self._child, self.program
        self.reaped_ns = self._now_ns
        if self._killing:
            self._killing = False
            self._settle("STOPPED")
            askers, self._askers = self._askers, []
            return self._fork(*askers) if askers else self._rest()
        if not self.lost:
            if child.end_ns - child.born_ns < program.startsecs * SECOND_NS:
                self._fail()
                return self._retry()
            if self._up_ns != NEVER:
                self._come_up()
        expected = child.status in program.exitcodes
        self._failures = 0
        self._settle("EXITED expected" if expected else "EXITED unexpected")
        wanted = program.autorestart == "true" or (program.autorestart == "unexpected" and not expected)
        if not wanted or self._closing:
            return self._rest()
        self._due_ns = max(self._now_ns, self._spent_ns - (RESTARTS_AT_ONCE - 1) * RESTART_GAP_NS)
        return self._without

    def _retry(self) -> Chapter:
        """After a failure: FATAL at once, or a fork after as many seconds as there were failures."""
        if self._failures > self.program.startretries:
            return self._give_up()
        self._due_ns = NEVER if self._closing else self._after(self._failures) + 1
        return self._after_failure

    def _give_up(self) -> Chapter:
        self._failures = 0
        self._settle("FATAL")
        return self._rest()

    def _rest(self) -> Chapter:
        self._due_ns = NEVER
        return self._without

    # What happens within a chapter.

    def _come_up(self) -> None:
        self._up_ns, self._failures = NEVER, 0
        self._say("state", "RUNNING")

    def _fail(self) -> None:
        self._failures += 1
        self._say("state", f"BACKOFF {self._failures}")

    def _stop(self) -> bool:
        """STOPPING and the stop signal; False if that was not permitted."""
        self._say("state", "STOPPING")
        self._killing, self._up_ns = True, NEVER
        self._kill_ns = self.grace_ns = self._after(self.program.stopwaitsecs)
        if self._send(self.program.stopsignal, self.program.stopasgroup):
            return True
        self._lose()
        return False

    def _escalate(self) -> None:
        """The stop took too long, so SIGKILL, and again after as long."""
        if not self._send(SIGKILL, self.program.killasgroup):
            self._lose()
            return
        if self._turned and self.first_kill_ns == NEVER:
            self.first_kill_ns = self._now_ns
        if self.program.stopwaitsecs > 0:
            self._kill_ns = self._after(self.program.stopwaitsecs)
        else:
            self._kill_ns = NEVER
            self.silences.append(Silence("no-wait", self.name, "signal", str(SIGKILL), self._now_ns))

    def _lose(self) -> None:
        """A kill was not permitted: UNKNOWN, without deadlines."""
        self.lost, self._up_ns, self._kill_ns = True, NEVER, NEVER
        self._settle("UNKNOWN")
        self._dismiss("FAILED", "overtaken-start")

    def _send(self, signal: int, to_group: bool = False) -> bool:
        """A kill of the daemon; False if it was not permitted."""
        if self._refusals:
            return self._refusals.pop(0) == ESRCH
        self._say("signal", f"{signal} group" if to_group else str(signal))
        self._child.reached_by(signal, self._now_ns)
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
