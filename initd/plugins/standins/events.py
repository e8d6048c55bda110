"""supervisor.events: the types of events, for result handlers that ask what they were given.

The daemon fills in what an event of each type knows; here are the types, their names, and who hears of them.
"""

from __future__ import annotations

from initd.eventtypes import EVENT, NAMES, PARENTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

callbacks: list[tuple[type, Callable[[Any], None]]] = []
"""Who hears of which events."""


def subscribe(type: type, callback: Callable[[Any], None]) -> None:
    """Hear of events of that type."""
    callbacks.append((type, callback))


def unsubscribe(type: type, callback: Callable[[Any], None]) -> None:
    """Hear of them no more; ValueError."""
    callbacks.remove((type, callback))


def notify(event: Any) -> None:
    """Tell everybody who wants to hear of it."""
    for kind, callback in callbacks:
        if isinstance(event, kind):
            callback(event)


def clear() -> None:
    """Nobody hears of anything."""
    callbacks[:] = []


def register(name: str, event: type) -> None:
    """Let `events=` name a type."""
    setattr(EventTypes, name, event)


class Event:
    """Abstract event type."""


_IRREGULAR = {
    "SUPERVISOR_STATE_CHANGE_RUNNING": "SupervisorRunningEvent",
    "SUPERVISOR_STATE_CHANGE_STOPPING": "SupervisorStoppingEvent",
}

_SHARED = "ProcessStateStartingOrBackoffEvent"


def _class_name(name: str) -> str:
    return _IRREGULAR.get(name) or "".join(word.capitalize() for word in name.split("_")) + "Event"


EventTypes = type("EventTypes", (), {EVENT: Event})
"""The types as attributes, by the names that `events=` takes."""


def _define(name: str, parent: type) -> type:
    made: type = type(name, (parent,), {"__module__": __name__})
    globals()[name] = made
    return made


for _name in NAMES:
    if _name != EVENT:
        _parent = getattr(EventTypes, PARENTS.get(_name, EVENT))
        if _name in ("PROCESS_STATE_STARTING", "PROCESS_STATE_BACKOFF"):
            _parent = globals().get(_SHARED) or _define(_SHARED, _parent)
        setattr(EventTypes, _name, _define(_class_name(_name), _parent))


def getEventNameByType(requested: type) -> str | None:
    """The name of a type of event."""
    return next((name for name, made in vars(EventTypes).items() if made is requested), None)
