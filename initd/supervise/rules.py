"""The transition rules of one process, as the cells of the table name them (supervisord-4.3 §2.4).

Whatever changes a state is in this class: `starting`, `stopping` and `ending` hold its parts, signals are here.
"""

from __future__ import annotations

from initd.signals import signal_name
from initd.supervise.effects import Kill, Outcome
from initd.supervise.ending import Ending
from initd.supervise.process import Process
from initd.supervise.table import TABLE, Phase, Trigger

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from initd.supervise.events import Event, SignalAsked, Signalled

ESRCH = 3


class Rules(Ending):
    """All actions, and the one way to choose among them."""

    def apply(self, process: Process, trigger: Trigger, event: Event | None = None) -> None:
        """Do what the table says for the process's phase."""
        ACTIONS[process.phase, trigger](self, process, event)

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
