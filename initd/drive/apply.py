"""The driver: feeds the core what happened, carries out what it decides, in the order the design fixes for a turn.

A turn is: signals, then reaps, then due deadlines, then everything else. So a program that is already dead is never
called RUNNING (D2), and nothing is born in the turn in which a shutdown signal arrived (D5).
"""

from __future__ import annotations

import errno
import sys
from collections import deque

from initd.drive.program import End, Program, Running
from initd.drive.spawner import Spawner
from initd.reaper.reaper import Reaper, describe
from initd.supervise import effects
from initd.supervise.events import Reaped, Sent, Signalled, TimePassed, TurnBegun, Unsent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from initd.drive.loop import Loop
    from initd.kernel.port import ExitStatus
    from initd.logs.program import OpenLogs, ProgramLogs
    from initd.supervise.events import Event
    from initd.supervise.supervisor import Supervisor

REAPS_PER_TURN = 256
SIGCHLD = 17


class Driver:
    """Runs one core on one loop.

    `log(level, text)` takes main log lines; `on_signal(number)` our own signals but SIGCHLD; `on_effect(effect)` every
    effect that is not carried out here: StateChanged, GroupChanged, MoodChanged, Exit. `logs_of` makes the log streams
    of one run.
    """

    def __init__(
        self,
        loop: Loop,
        core: Supervisor,
        environ: Mapping[str, str],
        nofile: int | None,
        log: Callable[[str, str], None],
        on_signal: Callable[[int], None],
        on_effect: Callable[[effects.Effect], None],
        logs_of: Callable[[Program, OpenLogs], ProgramLogs],
    ) -> None:
        self.loop = loop
        self.core = core
        self.programs: dict[int, Program] = {}
        self._kernel = loop.kernel
        self._log = log
        self._on_signal = on_signal
        self._on_effect = on_effect
        self._spawner = Spawner(loop, environ, nofile, self.handle, self._born, logs_of)
        self.sockets = self._spawner.sockets
        self._reaper = Reaper(loop.kernel, log, loop.after)
        self._more_to_reap = False
        self._events: deque[Event] = deque()
        self._handling = False
        self._requests = 0
        self._answers: dict[int, Callable[[effects.Reply], None]] = {}

    # -- the turn ----------------------------------------------------------------------------------------------------

    def turn(self) -> None:
        """Wait for whatever comes next and deal with it."""
        self.loop.turn(0 if self._more_to_reap else self.core.next_deadline(), self._first)

    @property
    def busy(self) -> bool:
        """Whether the next turn has work waiting and will not sleep."""
        return self._more_to_reap or self.loop.busy

    def next_deadline(self) -> int | None:
        """When the next turn ends its sleep at the latest; None for never."""
        due = (self.core.next_deadline(), self.loop.next_deadline())
        return min((when for when in due if when is not None), default=None)

    def _first(self) -> None:
        for number in self._kernel.take_signals():
            if number == SIGCHLD:
                self._log("debug", "received SIGCHLD indicating a child quit")
            else:
                self._on_signal(number)
        self.reap()
        deadline = self.core.next_deadline()
        if deadline is not None and deadline <= self._kernel.mono():
            self.handle(TurnBegun())
            self.handle(TimePassed(self._kernel.wall()))  # what falls due by this is the next turn's, after its reaps

    def reap(self) -> None:
        """Reap what has ended, up to a bound, and tell the core about its own."""
        ended = self._reaper.drain(REAPS_PER_TURN, self._before_reap)
        self._more_to_reap = len(ended) >= REAPS_PER_TURN
        for each in ended:
            running = each.owner
            if running is None:
                continue
            if running.program.running is running:
                running.program.running = None
            status = each.status
            self._remember(running, status)
            code = -1 if status.code is None else status.code
            instance, wall_ns, signal = running.program.instance, self._kernel.wall(), status.signal or 0
            self.handle(Reaped(instance, each.pid, code, describe(status), wall_ns, signal))

    def _remember(self, running: Running, status: ExitStatus) -> None:
        begun, ended_ns = running.began_ns, self._kernel.mono()
        running.program.remember(
            End(running.pid, begun, ended_ns, status.code, status.signal, running.sent, running.logged)
        )

    def _before_reap(self, running: Running) -> None:
        """The last bytes of a child, while its pid is still held."""
        self._spawner.close_note(running)
        running.stdin.close()
        running.logs.finish()

    def let_go(self) -> None:
        """This driver ends before some of its children: nobody reads what they write any more, and their pipes are closed."""
        for running in self._reaper.owners():
            self._before_reap(running)
        self.sockets.close_all()

    def _born(self, running: Running) -> None:
        running.program.running, running.program.logs = running, running.logs
        if running.program.tail is not None:
            running.program.tail.begin()
        self._reaper.register(running.pid, running)

    # -- events and effects ------------------------------------------------------------------------------------------

    def handle(self, event: Event) -> None:
        """Tell the core, and do what it says; events that arise from doing it follow in order."""
        self._events.append(event)
        if self._handling:
            return
        self._handling = True
        try:
            while self._events:
                for effect in self.core.handle(self._events.popleft(), self._kernel.mono()):
                    self._apply(effect)
        finally:
            self._handling = False

    def ask(self, event: Callable[[int], Event], answer: Callable[[effects.Reply], None]) -> None:
        """Tell the core a command made with a fresh request id; `answer` gets its Reply."""
        self._requests += 1
        self._answers[self._requests] = answer
        self.handle(event(self._requests))

    def _apply(self, effect: effects.Effect) -> None:
        action: Any = APPLY.get(type(effect))
        if action is None:
            self._on_effect(effect)
        else:
            action(self, effect)

    def _log_line(self, effect: effects.Log) -> None:
        self._log(effect.level, effect.text)

    def _reply(self, effect: effects.Reply) -> None:
        answer = self._answers.pop(effect.request, None)
        if answer is not None:
            self.loop.soon(lambda: answer(effect))

    def _spawn(self, effect: effects.Spawn) -> None:
        self._spawner.spawn(self.programs[effect.instance], effect.attempt, effect.ordered)

    def _cancel(self, effect: effects.CancelSpawn) -> None:
        self._spawner.cancel(self.programs[effect.instance], effect.attempt)

    def _close_socket(self, effect: effects.CloseSocket) -> None:
        self.sockets.close(effect.socket)

    def _kill(self, effect: effects.Kill) -> None:
        code, text = 0, ""
        try:
            if not self._reaper.holds(effect.pid):
                raise ProcessLookupError(errno.ESRCH, "No such process")
            if effect.group:
                self._kernel.killpg(effect.pid, effect.signal)
            else:
                self._kernel.kill(effect.pid, effect.signal)
            self._sent(effect)
        except OSError as error:
            code, text = error.errno or errno.EINVAL, str(error)
        self.handle(Signalled(effect.instance, effect.pid, effect.signal, code, text, effect.request))

    def _sent(self, effect: effects.Kill) -> None:
        program = self.programs.get(effect.instance)
        if program is not None and program.running is not None and program.running.pid == effect.pid:
            program.running.sent = effect.signal

    def _send(self, effect: effects.Send) -> None:
        # There is one at a time, whatever its size: what a listener has not answered it is not sent the next after.
        data = effect.text.encode("utf-8", "surrogateescape")
        program = self.programs[effect.instance]
        try:
            if program.running is None:
                raise BrokenPipeError
            program.running.stdin.send(data, sys.maxsize)
        except OSError:
            answer: Event = Unsent(effect.instance, effect.serial)
        else:
            self._log("debug", f"event {effect.serial} sent to listener {program.config.name}")
            answer = Sent(effect.instance, effect.serial)
        self._events.appendleft(answer)  # what else has happened is judged by what is left to send then


APPLY: dict[type[effects.Effect], Callable[[Driver, Any], None]] = {
    effects.Log: Driver._log_line,
    effects.Reply: Driver._reply,
    effects.Spawn: Driver._spawn,
    effects.CancelSpawn: Driver._cancel,
    effects.Kill: Driver._kill,
    effects.CloseSocket: Driver._close_socket,
    effects.Send: Driver._send,
}
"""How each effect is carried out here."""
