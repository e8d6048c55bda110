"""Result handlers: a pool's own judgement of what its listeners answer (supervisord-4.3 §6.5).

A handler is called with an event of supervisord's type and the answer as bytes. RejectEvent puts the event back; anything else
that it raises makes the listener UNKNOWN.
"""

from __future__ import annotations

from initd.control.facade.events import event_of
from initd.control.facade.supervisord import Supervisord
from initd.control.facade.timed import timed
from initd.errors import traced
from initd.plugins.entry import counterpart, resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from initd.control.daemon import Daemon
    from initd.supervise.effects import HandleResult
    from initd.supervise.notifications import Notification


class Handlers:
    """All result handlers of a session."""

    def __init__(self, daemon: Daemon, environ: Mapping[str, str]) -> None:
        self._daemon, self._environ = daemon, environ
        self._supervisord = Supervisord(daemon)
        self._known: dict[str, Any] = {}

    def judge(self, effect: HandleResult) -> str:
        """The verdict: `processed`, `rejected` or `error`."""
        notification: Notification = effect.notification  # type: ignore[assignment]
        try:
            event = event_of(self._supervisord, notification, effect.serial)
            timed(self._daemon, effect.handler, self._handler(effect.handler), event, effect.result)
        except BaseException as error:
            reject = counterpart("supervisor.dispatchers", "RejectEvent")
            if reject is not None and isinstance(error, reject):
                return "rejected"
            self._daemon.log("debug", f"{effect.handler} failed: {traced(error)}")
            return "error"
        finally:
            for later in self._supervisord.take_pending():
                later(lambda answer: None)
        return "processed"

    def _handler(self, spec: str) -> Callable[..., Any]:
        if spec not in self._known:
            self._known[spec] = resolve(spec, self._environ)  # it was imported with the configuration
        found: Callable[..., Any] = self._known[spec]
        return found
