"""What each cell of the table does: the transition rules of one process, after supervisord-4.3 §2.4.

Whatever changes a state is in this file. An action is called as `action(process, event)`; it may change the process and
append effects, and it never looks at another process. Times are those of the event being handled, `self.now`.
"""

from __future__ import annotations

from initd.signals import signal_name
from initd.states import Mood, ProcessState
from initd.supervise.effects import CancelSpawn, Effect, Kill, Log, Outcome, Reply, Spawn, StateChanged
from initd.supervise.policy import SECOND
from initd.supervise.process import Process
from initd.supervise.table import STATE_OF, TABLE, Phase, Trigger

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from initd.supervise.events import Event, Reaped, SignalAsked, Signalled, Spawned, SpawnFailed
    from initd.supervise.process import Waiter
    from initd.supervise.timers import Timers

SIGKILL = 9
ESRCH = 3
STOP_REPORT_NS = 2 * SECOND
"""A waited stop is logged at once, then whenever this much time has passed."""
RESTART_BURST = 5
"""So many restarts out of EXITED may follow at once (D26)."""
RESTART_INTERVAL_NS = SECOND // 5
"""After the burst, one restart out of EXITED per program in this time (D26)."""


class Rules:
    """The actions, with the context they act in: the time, the daemon's mood, the timers and the effects so far."""

    def __init__(self, timers: Timers) -> None:
        self.now = 0
        self.mood = Mood.RUNNING
        self.out: list[Effect] = []
        self._timers = timers

    def apply(self, process: Process, trigger: Trigger, event: Event | None = None) -> None:
        """Do what the table says for the process's phase."""
        ACTIONS[process.phase, trigger](self, process, event)

    # -- small tools -------------------------------------------------------------------------------------------------

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
            self._timers.arm(due_ns, process.instance)

    def _enter(self, process: Process, phase: Phase, pid: int = 0, tries: int = 0, expected: bool = True) -> None:
        """Change phase; the public state change is announced, a change of phase within one state is not."""
        old, process.phase = process.phase, phase
        process.due_ns = None
        if STATE_OF[old] is not STATE_OF[phase]:
            self.out.append(
                StateChanged(
                    process.instance, process.group, process.name, STATE_OF[old], STATE_OF[phase], pid, tries, expected
                )
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

    # -- starting ----------------------------------------------------------------------------------------------------

    def begin(self, process: Process, event: Event | None) -> None:
        """STOPPED, EXITED, FATAL, BACKOFF → STARTING: ask for a child. The failure counter is kept, not reset."""
        request = getattr(event, "request", None)
        if not self._may_start():
            self.reply(request, Outcome.SHUTDOWN_STATE)
            return
        if event is not None:
            process.starters += ((request, getattr(event, "wait", False)),)
        process.attempt += 1
        process.ever_started = True
        process.stop_wanted = False
        process.kills = 0
        process.spawnerr = ""
        process.exitstatus = None
        process.note = None
        self._enter(process, Phase.SPAWNING, tries=process.failures)
        self.out.append(Spawn(process.instance, process.attempt))

    def start_later(self, process: Process, event: Event | None) -> None:
        """start while a stop is under way: remembered, done when it is over (D20)."""
        if not self._may_start():
            self.reply(getattr(event, "request", None), Outcome.SHUTDOWN_STATE)
            return
        process.queued += ((getattr(event, "request", None), getattr(event, "wait", False)),)

    def spawned(self, process: Process, event: Spawned) -> None:
        """There is a child: startsecs begin to run."""
        self._adopt_child(process, event)
        process.phase = Phase.STARTING
        self._arm(process, process.policy.up_at(self.now))
        self._answer(tuple(w for w in process.starters if not w[1]), Outcome.DONE)
        process.starters = tuple(w for w in process.starters if w[1])

    def _adopt_child(self, process: Process, event: Spawned) -> None:
        process.pid = event.pid
        process.up_since = self.now
        process.start_wall = event.wall_ns
        process.spawnerr = ""
        self.log("info", f"spawned: '{process.name}' with pid {event.pid}")

    def spawn_failed(self, process: Process, event: SpawnFailed) -> None:
        """STARTING → BACKOFF, or on to FATAL: there is no child."""
        process.start_wall = event.wall_ns
        process.spawnerr = event.text
        self.log("info", f"spawnerr: {event.text}")
        self._fail(process)

    def _fail(self, process: Process) -> None:
        """One more failed start: wait for the next try, or give up once the retries are used up."""
        process.failures += 1
        self._enter(process, Phase.BACKOFF, tries=process.failures)
        self._answer(process.starters, Outcome.SPAWN_ERROR)
        process.starters = ()
        if process.policy.exhausted(process.failures):
            # Judged by the caller once its log line is out: supervisord gives up one step later.
            self._arm(process, self.now)
        else:
            self._arm(process, process.policy.retry_at(self.now, process.failures))

    def retry(self, process: Process, event: Event | None) -> None:
        """BACKOFF → STARTING, or FATAL when the retries are used up; never once a shutdown has begun."""
        if process.policy.exhausted(process.failures):
            self.give_up(process, event)
            self.log("info", f"gave up: {process.name} entered FATAL state, too many start retries too quickly")
        elif self._may_start():
            self.begin(process, None)

    def give_up(self, process: Process, event: Event | None) -> None:
        """BACKOFF → FATAL."""
        process.failures = 0
        self._enter(process, Phase.FATAL)

    def came_up(self, process: Process, event: Event | None) -> None:
        """STARTING → RUNNING: it has stayed up for more than startsecs."""
        self._run(process)
        self.log(
            "info",
            f"success: {process.name} entered RUNNING state, process has stayed up for > than "
            f"{process.policy.startsecs} seconds (startsecs)",
        )

    def _run(self, process: Process) -> None:
        process.failures = 0
        self._enter(process, Phase.RUNNING, pid=process.pid)
        self._answer(process.starters, Outcome.DONE)
        process.starters = ()

    # -- ending by itself --------------------------------------------------------------------------------------------

    def ended_starting(self, process: Process, event: Reaped) -> None:
        """A child that ended before it was called RUNNING: a failed start if it was too quick, else a short run."""
        if not process.policy.too_quick(self.now - process.up_since):
            self._run(process)
            self.ended(process, event)
            return
        self._bury(process, event)
        process.exitstatus = None
        process.spawnerr = "Exited too quickly (process log may have details)"
        self._fail(process)
        self.log("warn", f"exited: {process.name} ({event.cause}; not expected)")

    def ended(self, process: Process, event: Reaped) -> None:
        """RUNNING → EXITED, and on to STARTING where autorestart says so."""
        pid = self._bury(process, event)
        process.failures = 0
        expected = process.policy.expected(event.exitstatus)
        if not expected:
            process.spawnerr = f"Bad exit code {event.exitstatus}"
        self._enter(process, Phase.EXITED, pid=pid, expected=expected)
        if expected:
            self.log("info", f"exited: {process.name} ({event.cause}; expected)")
        else:
            self.log("warn", f"exited: {process.name} ({event.cause}; not expected)")
        if process.policy.restarts_after(event.exitstatus) and self._may_start():
            self._arm(process, self._restart_at(process))

    def _restart_at(self, process: Process) -> int:
        """When the rate limit lets this program out of EXITED: now, unless a burst is used up (D26).

        `credit_ns` is the instant at which the whole burst would be available again.
        """
        allowed = max(self.now, process.credit_ns - (RESTART_BURST - 1) * RESTART_INTERVAL_NS)
        process.credit_ns = max(allowed, process.credit_ns) + RESTART_INTERVAL_NS
        return allowed

    def restart(self, process: Process, event: Event | None) -> None:
        """EXITED → STARTING by itself."""
        if self._may_start():
            self.begin(process, None)

    def stay_down(self, process: Process, event: Event | None) -> None:
        """stop on EXITED: it does not run, and the restart that may be due is off."""
        process.due_ns = None
        self.not_running(process, event)

    def ended_unknown(self, process: Process, event: Reaped) -> None:
        """The child of an UNKNOWN process has ended after all: STOPPED if that was wanted, else EXITED (D1)."""
        if process.stop_wanted:
            self.stopped(process, event)
        else:
            self.ended(process, event)

    def _bury(self, process: Process, event: Reaped) -> int:
        pid, process.pid = process.pid, 0
        process.stop_wall = event.wall_ns
        process.exitstatus = event.exitstatus
        return pid

    # -- stopping ----------------------------------------------------------------------------------------------------

    def stop(self, process: Process, event: Event | None) -> None:
        """STARTING, RUNNING → STOPPING: send the stop signal, SIGKILL is due after stopwaitsecs."""
        self._stop_wanted(process, event)
        self._send_stop(process)

    def _stop_wanted(self, process: Process, event: Event | None) -> None:
        process.stop_wanted = True
        self._answer(process.starters, Outcome.ABNORMAL_TERMINATION)
        process.starters = ()
        if event is not None:
            process.stoppers += ((getattr(event, "request", None), getattr(event, "wait", False)),)

    def _send_stop(self, process: Process) -> None:
        policy = process.policy
        target = "process group " if policy.stopasgroup else ""
        self.log(
            "debug",
            f"killing {process.name} (pid {process.pid}) {target}with signal {signal_name(policy.stopsignal)}",
        )
        self._enter(process, Phase.STOPPING, pid=process.pid)
        self.out.append(Kill(process.instance, process.pid, policy.stopsignal, policy.stopasgroup))
        self._arm(process, policy.kill_at(self.now))
        self._report(process)

    def _report(self, process: Process) -> None:
        if any(wait for _, wait in process.stoppers):
            self.log("info", f"waiting for {process.name} to stop")
            process.report_ns = self.now + STOP_REPORT_NS + 1
            self._timers.arm(process.report_ns, process.instance)

    def still_stopping(self, process: Process) -> None:
        """The throttled line of a waited stop."""
        process.report_ns = None
        if process.state is ProcessState.STOPPING:
            self._report(process)

    def cancel_spawn(self, process: Process, event: Event | None) -> None:
        """STARTING → STOPPING before there is a child: call the Spawn off; a child that comes all the same is stopped."""
        self._stop_wanted(process, event)
        self._enter(process, Phase.CANCELLING)
        self.out.append(CancelSpawn(process.instance, process.attempt))
        self._report(process)

    def spawned_late(self, process: Process, event: Spawned) -> None:
        """The child came after the stop: now there is something to signal."""
        self._adopt_child(process, event)
        self._send_stop(process)

    def cancelled(self, process: Process, event: SpawnFailed) -> None:
        """STOPPING → STOPPED without a child ever having been."""
        process.spawnerr = event.text
        self._stop_done(process, 0)
        self._start_queued(process)

    def stop_again(self, process: Process, event: Event | None) -> None:
        """stop while STOPPING: NOT_RUNNING, unless it calls off a start that waits for this very stop (D20)."""
        if not process.queued:
            self.not_running(process, event)
            return
        self._drop_queued(process)
        if getattr(event, "wait", False):
            process.stoppers += ((getattr(event, "request", None), True),)
        else:
            self.reply(getattr(event, "request", None), Outcome.DONE)

    def forget_start(self, process: Process, event: Event | None) -> None:
        """A shutdown calls off the start that waits."""
        self._drop_queued(process)

    def _drop_queued(self, process: Process) -> None:
        queued, process.queued = process.queued, ()
        self._answer(queued, Outcome.ABNORMAL_TERMINATION)

    def escalate(self, process: Process, event: Event | None) -> None:
        """stopwaitsecs are over: SIGKILL, and again each stopwaitsecs until it is gone."""
        policy = process.policy
        target = "process group " if policy.killasgroup else ""
        self.log("warn", f"killing '{process.name}' ({process.pid}) with SIGKILL")
        self.log("debug", f"killing {process.name} (pid {process.pid}) {target}with signal SIGKILL")
        process.kills += 1
        self.out.append(Kill(process.instance, process.pid, SIGKILL, policy.killasgroup))
        # Never in the same instant again, whatever stopwaitsecs is: a child takes time to die.
        self._arm(process, max(policy.kill_at(self.now), self.now + SECOND))

    def stopped(self, process: Process, event: Reaped) -> None:
        """STOPPING → STOPPED, whatever the exit status."""
        expected = process.policy.expected(event.exitstatus)
        pid = self._bury(process, event)
        self._stop_done(process, pid)
        self.log("info" if expected else "warn", f"stopped: {process.name} ({event.cause})")
        self._start_queued(process)

    def _stop_done(self, process: Process, pid: int) -> None:
        process.stop_wanted = False
        self._enter(process, Phase.STOPPED, pid=pid)
        self._stop_answered(process)

    def _stop_answered(self, process: Process) -> None:
        stoppers, process.stoppers = process.stoppers, ()
        process.report_ns = None
        self._answer(stoppers, Outcome.DONE)

    def _start_queued(self, process: Process) -> None:
        queued, process.queued = process.queued, ()
        if not queued:
            return
        if self._may_start():
            self.begin(process, None)
            process.starters = queued
        else:
            self._answer(queued, Outcome.ABNORMAL_TERMINATION)

    def stop_waiting(self, process: Process, event: Event | None) -> None:
        """BACKOFF → STOPPED: nothing to signal; the failure counter is kept."""
        self.log("debug", f"Attempted to kill {process.name}, which is in BACKOFF state.")
        self._enter(process, Phase.STOPPED)
        self.reply(getattr(event, "request", None), Outcome.DONE)

    # -- signals -----------------------------------------------------------------------------------------------------

    def signal(self, process: Process, event: SignalAsked) -> None:
        """Send a client's signal to the process itself."""
        self.log("debug", f"sending {process.name} (pid {process.pid}) sig {signal_name(event.signal)}")
        self.out.append(Kill(process.instance, process.pid, event.signal, False, event.request))

    def signalled(self, process: Process, event: Signalled) -> None:
        """What came of a Kill. One that met nobody is fine: the reap is on its way."""
        failed = event.errno not in (0, ESRCH)
        message = ""
        if event.errno == ESRCH:
            self.log(
                "debug",
                f"unable to signal {process.name} (pid {event.pid}), it probably just exited on its own: {event.text}",
            )
        elif failed and event.pid == process.pid:
            doing = "killing" if event.request is None else "sending sig " + signal_name(event.signal)
            message = f"unknown problem {doing} {process.name} ({event.pid}): {event.text}"
            self.log("crit", message)
            self.apply(process, Trigger.KILL_FAILED, event)
        outcome = Outcome.FAILED if failed else Outcome.DONE
        self.reply(event.request, outcome, message)
        if event.request is None and event.pid == process.pid:
            done = tuple(w for w in process.stoppers if failed or not w[1])
            process.stoppers = tuple(w for w in process.stoppers if w not in done)
            self._answer(done, outcome, message)

    def lost(self, process: Process, event: Signalled) -> None:
        """→ UNKNOWN: the process is there and we may not signal it. UNKNOWN counts as down for those who wait."""
        if event.request is not None:
            self._stop_answered(process)
        self._answer(process.starters, Outcome.ABNORMAL_TERMINATION)
        process.starters = ()
        self._drop_queued(process)
        process.report_ns = None
        self._enter(process, Phase.UNKNOWN)


ACTIONS: dict[tuple[Phase, Trigger], Callable[[Rules, Process, Event | None], None]] = {
    cell: getattr(Rules, action) for cell, action in TABLE.items()
}
"""The table with its names looked up, so that a name without an action fails at import."""
