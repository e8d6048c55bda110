"""How a process is stopped: the stop signal, SIGKILL after stopwaitsecs, and what waits for the end (supervisord-4.3 §2.4)."""

from __future__ import annotations

from initd.signals import signal_name
from initd.states import ProcessState
from initd.supervise.desk import SIGKILL
from initd.supervise.effects import CancelSpawn, Kill, Outcome
from initd.supervise.policy import SECOND
from initd.supervise.process import Process
from initd.supervise.starting import Starting
from initd.supervise.table import Phase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.supervise.events import Event, Reaped, Spawned, SpawnFailed, StopAsked

STOP_REPORT_NS = 2 * SECOND
"""A waited stop is logged at once, then whenever this much time has passed."""


class Stopping(Starting):
    """The actions of a stop."""

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
            self._timers.arm(process.report_ns, process)

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

    def stop_again(self, process: Process, event: StopAsked) -> None:
        """stop while STOPPING: NOT_RUNNING, unless it calls off a start that waits for this very stop (D20)."""
        if not process.queued:
            self.not_running(process, event)
            return
        self._drop_queued(process)
        if event.wait:
            process.stoppers += ((event.request, True),)
        else:
            self.reply(event.request, Outcome.DONE)

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
        pid = self._bury(process, event, by_itself=False)
        self._stop_done(process, pid)
        self.log("info" if expected else "warn", f"stopped: {process.name} ({event.cause})")
        self._start_queued(process)

    def kill_now(self, process: Process) -> None:
        """The time for the whole shutdown is over: SIGKILL before stopwaitsecs are."""
        if process.phase is Phase.STOPPING and not process.kills:
            self.escalate(process, None)

    def given_up(self, process: Process, text: str) -> None:
        """The daemon ends without it (D7): whoever waits for its end hears that."""
        self.log("crit", text)
        self._answer(process.stoppers, Outcome.FAILED, text)
        process.stoppers = ()

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

    def _bury(self, process: Process, event: Reaped, by_itself: bool = True) -> int:
        pid, process.pid = process.pid, 0
        process.stop_wall = event.wall_ns
        process.exitstatus = event.exitstatus
        self.conclusion.buried(process, event, by_itself)
        return pid
