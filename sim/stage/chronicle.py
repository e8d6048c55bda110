"""The story of a real daemon out of what `initd --record` wrote: the kernel's own answers, at the kernel's own times.

An entry's time is the last reading of the monotonic clock before it. What the daemon did is in the calls it made, what it
decided in the effects it showed; clients tell their answers themselves (`sim.stage.linux`).
"""

from __future__ import annotations

import threading

from initd.kernel.transcript import entries, revived
from initd.states import ProcessState
from sim.stage.daemon import state_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO, Any

    from initd.supervise.effects import StateChanged
    from sim.scenario import Program
    from sim.trace import Trace

    Key = Callable[[tuple[str, ...]], str]
    """The program, `group:program`, that a command line belongs to."""

READING = threading.Lock()
"""Held while literals are read: CPython 3.11 counts the depth of all threads' syntax trees in one place (gh-106905), and
one that yields in the middle of a literal makes the other's a SystemError."""


class Chronicle:
    """What a recording tells, up to where it has been written.

    `zero_ns` is the reading of the clock at which the boot was told (None: not yet); times in `trace` count from there. `pids`
    are the children not yet reaped, by program. `late_ns` is how much too late the daemon was woken at most.
    """

    def __init__(self, programs: dict[str, Program]) -> None:
        self._programs = programs
        self._keys = {(f"{name.partition(':')[0]}", name.partition(":")[2]): name for name in programs}
        self._tries = dict.fromkeys(programs, 0)
        self._owners: dict[int, str] = {}
        self._deadline_ns: int | None = None
        self._now_ns = 0
        self.zero_ns: int | None = None
        self.trace: Trace = []
        self.pids: dict[str, int] = {}
        self.late_ns = 0
        self.status: int | None = None
        self.unknown = ""
        """What happened that no story tells of."""

    def read(self, file: IO[bytes], key: Key) -> None:
        """Take the whole of an open recording; RecordingError."""
        with READING:
            for _, (name, arguments, *answer) in entries(file, "the recording"):
                take = TAKES.get(name)
                if take is not None:
                    take(self, arguments, answer, key)

    def _tell(self, program: str, what: str, detail: str) -> None:
        self.trace.append((self._now_ns - (self.zero_ns or 0), program, what, detail))

    def _mono(self, arguments: tuple[Any, ...], answer: list[Any], key: Key) -> None:
        self._now_ns = answer[0]
        if self._deadline_ns is not None:
            self.late_ns = max(self.late_ns, self._now_ns - self._deadline_ns)
            self._deadline_ns = None

    def _poll(self, arguments: tuple[Any, ...], answer: list[Any], key: Key) -> None:
        # Asked for a time that has passed it only looks, and says nothing about how late it was woken.
        deadline = arguments[0]
        self._deadline_ns = deadline if deadline is not None and deadline > self._now_ns and not answer[0] else None

    def _spawn(self, arguments: tuple[Any, ...], answer: list[Any], key: Key) -> None:
        name = key(arguments[0][2])
        self._tries[name] += 1
        if len(answer) > 1:
            self.unknown = self.unknown or f"a fork was refused: {answer[1]}"
            return
        pid = revived(answer[0]).pid
        self.pids[name], self._owners[pid] = pid, name
        self._tell(name, "spawn", str(self._tries[name]))

    def _reap(self, arguments: tuple[Any, ...], answer: list[Any], key: Key) -> None:
        name = self._owners.get(arguments[0])
        if len(answer) == 1 and name is not None and self.pids.get(name) == arguments[0]:
            del self.pids[name]

    def _kill(self, arguments: tuple[Any, ...], answer: list[Any], key: Key) -> None:
        self._signalled(arguments, str(arguments[1]))

    def _killpg(self, arguments: tuple[Any, ...], answer: list[Any], key: Key) -> None:
        self._signalled(arguments, f"{arguments[1]} group")

    def _signalled(self, arguments: tuple[Any, ...], detail: str) -> None:
        name = self._owners.get(arguments[0])
        if name is not None:  # else it is somebody left over, who is nobody's program
            self._tell(name, "signal", detail)

    def _effect(self, arguments: tuple[Any, ...], answer: list[Any], key: Key) -> None:
        kind, *fields = arguments[0]
        if self.zero_ns is None:
            self.zero_ns = self._now_ns  # the first group is added: that is the boot
        if kind != "StateChanged":
            return
        change = revived_change(fields)
        name = self._keys[change.group, change.name]
        self._tell(name, "state", state_text(change))
        if change.new is ProcessState.STOPPING and name not in self.pids:  # reaped already: the daemon sends nothing
            program = self._programs[name]
            self._tell(
                name, "signal", f"{program.stopsignal} group" if program.stopasgroup else str(program.stopsignal)
            )

    def _end(self, arguments: tuple[Any, ...], answer: list[Any], key: Key) -> None:
        self.status = arguments[0]
        self._tell("", "exit", str(arguments[0]))


TAKES: dict[str, Callable[[Chronicle, tuple[Any, ...], list[Any], Key], None]] = {
    "mono": Chronicle._mono,
    "poll": Chronicle._poll,
    "spawn": Chronicle._spawn,
    "reap": Chronicle._reap,
    "kill": Chronicle._kill,
    "killpg": Chronicle._killpg,
    "effect": Chronicle._effect,
    "end": Chronicle._end,
}


def revived_change(fields: list[Any]) -> StateChanged:
    """The change of state again, from the fields as a recording shows them."""
    from initd.supervise.effects import StateChanged

    instance, group, name, old, new, *rest = fields
    return StateChanged(instance, group, name, ProcessState(int(old)), ProcessState(int(new)), *rest)
