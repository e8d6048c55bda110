"""The core: groups of processes, the daemon's mood, and one function that turns an event into effects.

`handle(event, now)` never fails on an event, whatever its order: what names an instance that is gone, or an attempt that
was overtaken, is answered or undone, not obeyed. Semantics: supervisord-4.3 §2, with the deliberate differences.
"""

from __future__ import annotations

from initd.record import Record
from initd.states import Mood, ProcessState
from initd.supervise import events
from initd.supervise.audience import Audience
from initd.supervise.conclusion import Conclusion
from initd.supervise.desk import SIGKILL
from initd.supervise.effects import Effect, Exit, Kill, MoodChanged, Outcome
from initd.supervise.group import Group
from initd.supervise.membership import Membership
from initd.supervise.notifications import SUPERVISOR_RUNNING, Notification
from initd.supervise.policy import ExitPolicy
from initd.supervise.process import Process
from initd.supervise.rules import Rules
from initd.supervise.shutdown import DEFAULT_CAP_NS, Shutdown
from initd.supervise.sockets import Sockets
from initd.supervise.table import Trigger
from initd.supervise.timers import Timers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from initd.supervise.audience import About
    from initd.supervise.policy import GroupPolicy, SocketPolicy


EXIT_GAVE_UP = 1
"""Some program survived SIGKILL, and was left behind (D7)."""
USUAL = ExitPolicy()
"""supervisord's: it ends when it is told to, with 0."""


class Snapshot(Record):
    """A whole core as plain values: comparable, hashable, enough to go on from."""

    mood: Mood
    booted: bool
    finished: bool
    instances: int
    groups: tuple[tuple[GroupPolicy, tuple[tuple[Any, ...], ...]], ...]
    deadlines: tuple[tuple[int, int], ...]
    shutdown: tuple[Any, ...] | None
    cap_ns: int
    audience: tuple[Any, ...]
    conclusion: tuple[Any, ...]
    sockets: tuple[SocketPolicy, ...] = ()


class Supervisor:
    """The state of all programs. `now` is monotonic nanoseconds and never goes back from call to call.

    `identifier` and `serial`, the number of the first notification, are what listeners are told.
    """

    def __init__(
        self,
        cap_ns: int = DEFAULT_CAP_NS,
        identifier: str = "supervisor",
        serial: int = 0,
        exit_policy: ExitPolicy = USUAL,
    ) -> None:
        self._members = Membership()
        self._booted = False
        self._finished = self._awaited = False
        self._cap_ns = cap_ns
        self._shutdown: Shutdown | None = None
        self._timers = Timers()
        self._rules = Rules(self._timers, Conclusion(exit_policy))
        self._sockets = Sockets()
        self.audience = Audience(identifier, self._runs, serial)

    # -- questions ---------------------------------------------------------------------------------------------------

    @property
    def mood(self) -> Mood:
        """RUNNING, or what the daemon is stopping for."""
        return self._rules.mood

    @property
    def groups(self) -> Sequence[Group]:
        """By ascending priority; of equals, in the order they were added."""
        return sorted(self._members.groups.values(), key=lambda group: group.priority)

    def group(self, name: str) -> Group | None:
        """The group of that name."""
        return self._members.groups.get(name)

    def process(self, instance: int) -> Process | None:
        """The process object of that instance, unless it was removed."""
        return self._members.processes.get(instance)

    def next_deadline(self) -> int | None:
        """When TimePassed will next have something to do; None for never."""
        when = self._timers.next_ns()
        for other in (self.audience, None if self._finished else self._shutdown):
            also = other.next_ns() if other is not None else None
            if also is not None and (when is None or also < when):
                when = also
        return when

    # -- events ------------------------------------------------------------------------------------------------------

    def handle(self, event: events.Event, now: int) -> list[Effect]:
        """What is to be done about an event at a time, in order."""
        rules = self._rules
        rules.now, rules.out = now, []
        HANDLERS[type(event)](self, event)
        if self._awaited:
            self._start_last()
        if rules.conclusion.due:
            self._conclude()
        if self._shutdown is not None and not self._finished:
            due = type(event) is events.TimePassed
            self._finished = self._shutdown.advance(rules, self._members.groups, self.audience.pools, due)
            if self._finished:
                rules.out.append(self._exit(self._shutdown))
        if self.audience.pools.empty:
            return rules.out
        done = self.audience.follow(rules.out)
        if self._shutdown is not None and not self._finished:
            self._shutdown.told_more(self.audience.pools)
        return done

    def _runs(self, instance: int) -> bool:
        process = self._members.processes.get(instance)
        return process is not None and process.state is ProcessState.RUNNING

    def _boot(self, event: events.Booted) -> None:
        self._booted = True
        self._tell(events.Emitted(Notification(SUPERVISOR_RUNNING)))
        for group in self.groups:
            self._autostart(group.processes, event)

    def _autostart(self, processes: Sequence[Process], boot: events.Booted) -> None:
        if self.mood is Mood.RUNNING:
            for process in processes:
                if process.policy.last and not process.ever_started:
                    self._awaited = True
                elif process.policy.autostart and not process.ever_started:
                    self._rules.apply(process, Trigger.START, boot)

    def _start_last(self) -> None:
        """Start who waits for that once nobody else is on the way up."""
        processes = self._members.processes.values()
        if self.mood is Mood.RUNNING and not any(each.is_coming for each in processes):
            self._awaited = False
            for process in processes:
                if process.policy.last and not process.ever_started:
                    self._rules.apply(process, Trigger.START, events.Booted())

    def _add_group(self, event: events.GroupAdded) -> None:
        self._autostart_new(self._members.add_group(event, self._rules, self.audience))

    def _remove_group(self, event: events.GroupRemoved) -> None:
        self._members.remove_group(event, self._rules, self.audience, self._sockets)

    def _add_member(self, event: events.MemberAdded) -> None:
        self._autostart_new(self._members.add_member(event, self._rules))

    def _remove_member(self, event: events.MemberRemoved) -> None:
        self._members.remove_member(event, self._rules, self.audience, self._sockets)

    def _autostart_new(self, processes: Sequence[Process]) -> None:
        if self._booted:
            self._autostart(processes, events.Booted())

    def _command(self, event: events.StartAsked | events.StopAsked | events.SignalAsked) -> None:
        process = self._members.processes.get(event.instance)
        if process is None:
            self._rules.reply(event.request, Outcome.BAD_NAME)
        else:
            self._rules.apply(process, _COMMANDS[type(event)], event)

    def _spawned(self, event: events.Spawned) -> None:
        process = self._members.processes.get(event.instance)
        if process is None or process.attempt != event.attempt:
            # A child of an attempt that nobody waits for any more must not outlive the news.
            self._rules.out.append(Kill(event.instance, event.pid, SIGKILL, True))
        else:
            self._sockets.made(process, self._rules)
            self._rules.apply(process, Trigger.SPAWNED, event)

    def _spawn_failed(self, event: events.SpawnFailed) -> None:
        process = self._members.processes.get(event.instance)
        if process is not None and process.attempt == event.attempt:
            if event.no_socket:
                self._sockets.refused(process, self._rules)
            elif event.text:
                self._sockets.made(process, self._rules)
            self._rules.apply(process, Trigger.SPAWN_FAILED, event)
            self._sockets.left(process, self._members.processes.values(), self._rules)

    def _setup_noted(self, event: events.SetupNoted) -> None:
        process = self._members.processes.get(event.instance)
        if process is not None and process.attempt == event.attempt:
            process.note = (event.stage, event.errno)

    def _signalled(self, event: events.Signalled) -> None:
        process = self._members.processes.get(event.instance)
        if process is None:
            self._rules.reply(event.request, Outcome.NOT_RUNNING)
        else:
            self._rules.signalled(process, event)

    def _reaped(self, event: events.Reaped) -> None:
        process = self._members.processes.get(event.instance)
        if process is not None and process.pid == event.pid:
            self._rules.apply(process, Trigger.REAPED, event)
            self._sockets.left(process, self._members.processes.values(), self._rules)

    def _shut_down(self, event: events.ShutdownAsked) -> None:
        rules = self._rules
        if rules.mood is Mood.SHUTDOWN or (event.restart and rules.mood is Mood.RESTARTING):
            return
        rules.mood = Mood.RESTARTING if event.restart else Mood.SHUTDOWN
        if self._shutdown is None:
            rules.out.append(MoodChanged(rules.mood))
            self._shutdown = Shutdown(list(self.groups), self._cap_ns, self._last_moment())
            self._shutdown.begin(rules, self._members.groups)

    def _last_moment(self) -> int | None:
        whole_ns = self._rules.conclusion.policy.shutdown_ns
        return None if whole_ns is None else self._rules.now + whole_ns

    def _conclude(self) -> None:
        """A program has ended: everything ends with it where it, or the last of them, was to decide that."""
        rules, conclusion = self._rules, self._rules.conclusion
        conclusion.due = False
        if conclusion.cause is not None:
            rules.log("warn", f"shutting down, {conclusion.cause.option}: {conclusion.cause}")
        elif self._idle():
            conclusion.idle = True
            rules.log("info", "shutting down, exit_when_idle=true: every program has ended")
        else:
            return
        self._shut_down(events.ShutdownAsked())

    def _idle(self) -> bool:
        groups = [group for group in self._members.groups.values() if group.policy.listener is None]
        return not self._awaited and all(process.at_rest for group in groups for process in group.processes)

    def _exit(self, shutdown: Shutdown) -> Exit:
        conclusion, given_up = self._rules.conclusion, shutdown.given_up
        status, cause = conclusion.code() or (EXIT_GAVE_UP if given_up else 0), conclusion.cause
        program, how = ("", "") if cause is None else (cause.program, cause.how)
        return Exit(self._rules.mood, given_up, status, program, how, shutdown.deadline_ns)

    def _tell(self, event: About) -> None:
        self.audience.hear(event, self._rules.out)

    def _turn_begun(self, event: events.TurnBegun) -> None:
        self.audience.begin_turn(self._rules.out)

    def _time_passed(self, event: events.TimePassed) -> None:
        now = self._rules.now
        while (process := self._timers.take_due(now)) is not None:
            if process.report_ns is not None and process.report_ns <= now:
                self._rules.still_stopping(process)
            if process.due_ns is not None and process.due_ns <= now:
                process.due_ns = None
                self._rules.apply(process, Trigger.DUE)
        self.audience.look_at_clock(now, event.wall_ns, self._rules.out)

    # -- snapshots ---------------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """The whole state; a core restored from it answers every later event as this one would."""
        return Snapshot(
            self.mood,
            self._booted,
            self._finished,
            self._members.instances,
            self._members.snapshot(),
            self._timers.pending(),
            self._shutdown.snapshot() if self._shutdown else None,
            self._cap_ns,
            self.audience.snapshot(),
            self._rules.conclusion.snapshot(),
            tuple(self._sockets.opened),
        )

    @classmethod
    def restore(cls, snapshot: Snapshot) -> Supervisor:
        """A core that goes on from a snapshot."""
        core = cls(snapshot.cap_ns)
        core._rules.conclusion = Conclusion.restore(snapshot.conclusion)
        core._rules.mood = snapshot.mood
        core._booted, core._finished = snapshot.booted, snapshot.finished
        core._members = Membership.restore(snapshot.instances, snapshot.groups)
        for when_ns, instance in snapshot.deadlines:
            core._timers.arm(when_ns, core._members.processes[instance])
        core._sockets = Sockets(snapshot.sockets)
        core._shutdown = Shutdown.restore(snapshot.shutdown) if snapshot.shutdown else None
        core.audience = Audience.restore(snapshot.audience, core._runs)
        core._awaited = core._booted and any(
            p.policy.last and not p.ever_started for p in core._members.processes.values()
        )
        return core


_COMMANDS = {
    events.StartAsked: Trigger.START,
    events.StopAsked: Trigger.STOP,
    events.SignalAsked: Trigger.SIGNAL,
}
HANDLERS: dict[type[events.Event], Callable[[Supervisor, Any], None]] = {
    events.Booted: Supervisor._boot,
    events.GroupAdded: Supervisor._add_group,
    events.GroupRemoved: Supervisor._remove_group,
    events.MemberAdded: Supervisor._add_member,
    events.MemberRemoved: Supervisor._remove_member,
    events.StartAsked: Supervisor._command,
    events.StopAsked: Supervisor._command,
    events.SignalAsked: Supervisor._command,
    events.ShutdownAsked: Supervisor._shut_down,
    events.Spawned: Supervisor._spawned,
    events.SpawnFailed: Supervisor._spawn_failed,
    events.SetupNoted: Supervisor._setup_noted,
    events.Signalled: Supervisor._signalled,
    events.Reaped: Supervisor._reaped,
    events.TurnBegun: Supervisor._turn_begun,
    events.TimePassed: Supervisor._time_passed,
    events.Emitted: Supervisor._tell,
    events.ListenerSpoke: Supervisor._tell,
    events.Sent: Supervisor._tell,
    events.Unsent: Supervisor._tell,
    events.ResultJudged: Supervisor._tell,
}
"""What handles which event, for all of them."""
