"""What the end of a child means that nobody asked to stop: a failed start, EXITED, and a restart (supervisord-4.3 §2.4)."""

from __future__ import annotations

from initd.supervise.effects import Outcome
from initd.supervise.policy import SECOND
from initd.supervise.process import Process
from initd.supervise.stopping import Stopping
from initd.supervise.table import Phase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.supervise.events import Event, Reaped

RESTART_BURST = 5
"""So many restarts out of EXITED may follow at once (D26)."""
RESTART_INTERVAL_NS = SECOND // 5
"""After the burst, one restart out of EXITED per program in this time (D26)."""


class Ending(Stopping):
    """The actions of an end by itself."""

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
        restarts = process.policy.restarts_after(event.exitstatus)
        if self._may_start() and not self.conclusion.exited(process, event, expected, not restarts) and restarts:
            self._arm(process, self._restart_at(process))

    def _restart_at(self, process: Process) -> int:
        """When the rate limit lets this program out of EXITED: now, unless a burst is used up (D26).

        `credit_ns` is the instant at which the whole burst would be available again.
        """
        return max(self.now, process.credit_ns - (RESTART_BURST - 1) * RESTART_INTERVAL_NS)

    def restart(self, process: Process, event: Event | None) -> None:
        """EXITED → STARTING by itself; only this counts against the rate limit, not a restart that was called off."""
        if self._may_start():
            process.credit_ns = max(self.now, process.credit_ns) + RESTART_INTERVAL_NS
            self.begin(process, None)

    def stay_down(self, process: Process, event: Event | None) -> None:
        """stop on EXITED: NOT_RUNNING, unless it calls off a restart that waits for its turn (D26)."""
        if process.due_ns is None:
            self.not_running(process, event)
        else:
            process.due_ns = None
            self.reply(getattr(event, "request", None), Outcome.DONE)

    def ended_unknown(self, process: Process, event: Reaped) -> None:
        """The child of an UNKNOWN process has ended after all: STOPPED if that was wanted, else EXITED (D1)."""
        if process.stop_wanted:
            self.stopped(process, event)
        else:
            self.ended(process, event)
