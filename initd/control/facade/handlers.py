"""Result handlers: a pool's own judgement of what its listeners answer (supervisord-4.3 §6.5).

A handler is called with an event of supervisord's type and the answer as bytes. RejectEvent puts the event back; anything else
that it raises makes the listener UNKNOWN.
"""

from __future__ import annotations

from initd.control.facade.supervisord import Supervisord
from initd.control.facade.timed import timed
from initd.errors import traced
from initd.plugins.entry import counterpart, resolve
from initd.states import ProcessState

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
        try:
            timed(self._daemon, effect.handler, self._handler(effect.handler), self._event(effect), effect.result)
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

    def _event(self, effect: HandleResult) -> Any:
        """The event as an object of supervisord's type, with what objects of that type know."""
        notification: Notification = effect.notification  # type: ignore[assignment]
        kind = getattr(counterpart("supervisor.events", "EventTypes"), notification.name)
        event = object.__new__(kind)
        event.serial = effect.serial
        event.payload = lambda: notification.payload
        head, _, data = notification.payload.partition("\n")
        words = dict(word.partition(":")[::2] for word in head.split(" ") if ":" in word)
        vars(event).update(self._facts(notification.name, words, data))
        return event

    def _facts(self, name: str, words: dict[str, str], data: str) -> dict[str, Any]:
        supervisord = self._supervisord
        if name.startswith("PROCESS_GROUP"):
            return {"group": words.get("groupname", "")}  # the name, as there
        if name.startswith("TICK"):
            return {"when": int(words["when"]), "supervisord": supervisord}
        if name == "REMOTE_COMMUNICATION":
            return {"type": words.get("type", ""), "data": data}
        if not name.startswith("PROCESS"):
            return {}
        facts: dict[str, Any] = {"process": supervisord.process(words.get("groupname", ""), words.get("processname", ""))}
        if "from_state" in words:
            facts["from_state"] = int(ProcessState[words["from_state"]])
            facts["expected"] = words.get("expected", "1") == "1"
            facts["extra_values"] = [(key, int(words[key])) for key in ("tries", "expected", "pid") if key in words]
        else:
            facts["pid"], facts["data"] = int(words.get("pid", 0)), data.encode("utf-8", "surrogateescape")
        return facts
