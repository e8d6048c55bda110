"""What every transition rule works with: the time, the mood, the effects so far; and the cells that change nothing.

An action is called as `action(process, event)`; it may change the process and append effects, and it never looks at
another process. Times are those of the event being handled, `self.now`.
"""

from __future__ import annotations

from initd.states import Mood
from initd.supervise.effects import Effect, Kill, Log, Outcome, Reply, StateChanged
from initd.supervise.process import Process
from initd.supervise.table import STATE_OF, Phase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.supervise.conclusion import Conclusion
    from initd.supervise.events import Event, Spawned
    from initd.supervise.process import Waiter
    from initd.supervise.timers import Timers

SIGKILL = 9


class Desk:
    """The actions, with the context they act in: the time, the daemon's mood, the timers and the effects so far."""

    def __init__(self, timers: Timers, conclusion: Conclusion) -> None:
        self.now: int  # that of the event being handled
        self.mood = Mood.RUNNING
        self.out: list[Effect] = []
        self.conclusion = conclusion
        self._timers = timers

    def log(self, level: str, text: str) -> None:
        """A main log line."""
        self.out.append(Log(level, text))

    def reply(self, request: int | None, outcome: Outcome, text: str = "") -> None:
        """Answer a request, if there is one."""
        if request is not None:
            self.out.append(Reply(request, outcome, text))

    def _answer(self, waiters: tuple[Waiter, ...], outcome: Outcome, text: str = "") -> None:
        for request, _ in waiters:
            self.reply(request, outcome, text)

    def _arm(self, process: Process, due_ns: int | None) -> None:
        process.due_ns = due_ns
        if due_ns is not None:
            self._timers.arm(due_ns, process)

    def _enter(self, process: Process, phase: Phase, pid: int = 0, tries: int = 0, expected: bool = True) -> None:
        """Change phase; the public state change is announced, a change of phase within one state is not."""
        old, new = STATE_OF[process.phase], STATE_OF[phase]
        process.phase = phase
        process.due_ns = None
        if old is not new:
            self.out.append(
                StateChanged(process.instance, process.group, process.policy.name, old, new, pid, tries, expected)
            )

    def _may_start(self) -> bool:
        return self.mood is Mood.RUNNING

    # -- cells that change nothing -----------------------------------------------------------------------------------

    def ignore(self, process: Process, event: Event | None) -> None:
        """Nothing to do here."""

    def impossible(self, process: Process, event: Event | None) -> None:
        """The driver's contract excludes this; say so and live on."""
        self.log(
            "crit", f"unexpected {type(event).__name__} for {process.name} in phase {process.phase.value}: ignored"
        )

    def not_running(self, process: Process, event: Event | None) -> None:
        """stop or signal on something that does not run."""
        self.reply(getattr(event, "request", None), Outcome.NOT_RUNNING)

    def already_started(self, process: Process, event: Event | None) -> None:
        """start on something that counts as up, BACKOFF included."""
        self.reply(getattr(event, "request", None), Outcome.ALREADY_STARTED)

    def refuse_unknown(self, process: Process, event: Event | None) -> None:
        """start on UNKNOWN: there may still be a process."""
        self.reply(getattr(event, "request", None), Outcome.FAILED, f"{process.name} is in an unknown process state")

    def stray(self, process: Process, event: Spawned) -> None:
        """A child nobody waits for any more: end it, so that no process has two."""
        self.out.append(Kill(process.instance, event.pid, SIGKILL, True))
