"""How a process comes up: STARTING, RUNNING, and BACKOFF and FATAL when it does not (supervisord-4.3 §2.4)."""

from __future__ import annotations

from initd.supervise.desk import Desk
from initd.supervise.effects import Outcome, Spawn
from initd.supervise.process import Process
from initd.supervise.table import Phase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.supervise.events import Event, Spawned, SpawnFailed


class Starting(Desk):
    """The actions of a start."""

    def begin(self, process: Process, event: Event | None) -> None:
        """STOPPED, EXITED, FATAL, BACKOFF → STARTING: ask for a child. The failure counter is kept, not reset.

        Without an event the program starts by itself again, which keeps no order with the starts of others.
        """
        request = getattr(event, "request", None)
        if not self._may_start():
            self.reply(request, Outcome.SHUTDOWN_STATE)
            return
        if event is not None:
            process.starters += ((request, getattr(event, "wait", False)),)
        process.attempt += 1
        process.ever_started = True
        process.kills = 0
        process.spawnerr = ""
        process.exitstatus = None
        process.note = None
        process.refusal = 0
        self._enter(process, Phase.SPAWNING, tries=process.failures)
        self.out.append(Spawn(process.instance, process.attempt, ordered=event is not None))

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
        if process.starters:
            self._answer(tuple(w for w in process.starters if not w[1]), Outcome.DONE)
            process.starters = tuple(w for w in process.starters if w[1])

    def _adopt_child(self, process: Process, event: Spawned) -> None:
        process.pid = event.pid
        process.up_since = self.now
        process.start_wall = event.wall_ns
        self.log("info", f"spawned: '{process.name}' with pid {event.pid}")

    def spawn_failed(self, process: Process, event: SpawnFailed) -> None:
        """STARTING → BACKOFF, or on to FATAL: there is no child."""
        process.start_wall = event.wall_ns
        process.spawnerr = event.text
        process.refusal = event.status
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
        if self._may_start():
            self.conclusion.gave_up(process)

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
