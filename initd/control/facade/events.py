"""Events as plugins know them: made of what listeners are told, told to who has subscribed, and taken from who notifies.

supervisor.events is where plugins meet (supervisord-4.3 §6.1, §10): the real one, or its stand-in. A pool is not among its
subscribers here; the core tells its listeners.
"""

from __future__ import annotations

from initd.control.facade.supervisord import Supervisord
from initd.control.facade.timed import timed
from initd.errors import traced
from initd.eventtypes import NAMES
from initd.plugins.entry import counterpart
from initd.states import ProcessState
from initd.supervise.notifications import Notification

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from initd.control.daemon import Daemon

MODULE = "supervisor.events"


def event_of(supervisord: Supervisord, notification: Notification, serial: int | None = None) -> Any:
    """An object of supervisor's type, with what objects of that type know."""
    event = object.__new__(getattr(counterpart(MODULE, "EventTypes"), notification.name))
    event.serial = serial
    event.payload = lambda: notification.payload
    head, _, data = notification.payload.partition("\n")
    words = dict(word.partition(":")[::2] for word in head.split(" ") if ":" in word)
    vars(event).update(_facts(supervisord, notification.name, words, data))
    return event


def _facts(supervisord: Supervisord, name: str, words: dict[str, str], data: str) -> dict[str, Any]:
    if name.startswith("PROCESS_GROUP"):
        return {"group": words.get("groupname", "")}  # the name, as there
    if name.startswith("TICK"):
        return {"when": int(words.get("when", 0)), "supervisord": supervisord}
    if name == "REMOTE_COMMUNICATION":
        return {"type": words.get("type", ""), "data": data}
    if not name.startswith("PROCESS"):
        return {}
    process = supervisord.process(words.get("groupname", ""), words.get("processname", ""))
    if "from_state" not in words:
        return {"process": process, "pid": int(words.get("pid", 0)), "data": data.encode("utf-8", "surrogateescape")}
    return {
        "process": process,
        "from_state": int(ProcessState[words["from_state"]]),
        "expected": words.get("expected", "1") == "1",
        "extra_values": [(key, int(words[key])) for key in ("tries", "expected", "pid") if key in words],
    }


class Bus:
    """Where the plugins of one session hear of events, and tell of their own."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._supervisord = Supervisord(daemon)
        self._told: list[Notification] = []
        self._names: frozenset[str] = frozenset()
        clear, subscribe = counterpart(MODULE, "clear"), counterpart(MODULE, "subscribe")
        if clear is not None:  # nobody of an earlier session is to hear of this one
            clear()
            subscribe(counterpart(MODULE, "Event"), self._tell_listeners)

    def listen(self) -> frozenset[str]:
        """The names of what plugins have subscribed to by now, of which `tell` is to be called."""
        types = counterpart(MODULE, "EventTypes")
        kinds = [kind for kind, callback in counterpart(MODULE, "callbacks") or () if callback != self._tell_listeners]
        self._names = frozenset(name for name in NAMES if any(issubclass(getattr(types, name), kind) for kind in kinds))
        return self._names

    def tell(self, notification: Notification) -> None:
        """Something has happened: let those hear of it who want to."""
        if any(own is notification for own in self._told):  # a plugin said so, and they have heard
            self._told = [own for own in self._told if own is not notification]
            return
        event = event_of(self._supervisord, notification)
        for kind, callback in list(counterpart(MODULE, "callbacks")):
            if callback != self._tell_listeners and isinstance(event, kind):
                try:
                    timed(self._daemon, f"subscriber of {notification.name}", callback, event)
                except BaseException as error:
                    self._daemon.log("crit", f"a subscriber of {notification.name} failed: {traced(error)}")
        for later in self._supervisord.take_pending():
            later(lambda answer: None)

    def _tell_listeners(self, event: Any) -> None:
        """A plugin tells of an event."""
        name = counterpart(MODULE, "getEventNameByType")(type(event))
        if name is not None:
            types = vars(counterpart(MODULE, "EventTypes")).items()
            kinds = tuple(each for each, kind in types if isinstance(kind, type) and isinstance(event, kind))
            notification = Notification(name, str(event.payload()), kinds)
            if name in self._names:
                self._told.append(notification)
            self._daemon.emit(notification)
