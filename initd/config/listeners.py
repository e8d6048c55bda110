"""[eventlistener:x]: a section to a group that is a pool of listeners (supervisord-4.3 §1.7, §12.1).

Its own options are read before its processes, and in supervisord's order, since that decides which of several errors is told.
"""

from __future__ import annotations

from initd.config import values
from initd.config.model import GroupConfig, ListenerConfig
from initd.config.programs import processes_of
from initd.config.section import Section
from initd.eventtypes import NAMES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.config.section import Scope

DEFAULT_HANDLER = "supervisor.dispatchers:default_handler"
HANDLER_NEEDS = ("supervisor.dispatchers", "supervisor.events")
"""What calling a handler takes: how it rejects, and the types of events."""


def pool_of(scope: Scope, name: str) -> GroupConfig:
    """The group of an [eventlistener:x] section; ConfigError."""
    section = Section(scope, name, {"here": scope.here})
    priority = section.value("priority")
    buffer_size = section.parse_as("integer", "buffer_size")
    if buffer_size < 1:
        raise section.fail(
            f"[{name}] section sets invalid buffer_size ({buffer_size})", "buffer_size", "expected 1 or more"
        )
    handler = section.text("result_handler")
    if handler != DEFAULT_HANDLER:
        section.plugin("result_handler", handler or "", HANDLER_NEEDS)
    events = _events(section)
    if section.value("redirect_stderr"):
        raise section.fail(
            f"[{name}] section sets redirect_stderr=true but this is not allowed because it will interfere with the "
            "eventlistener protocol",
            "redirect_stderr",
            "leave it out",
        )
    group = name.split(":", 1)[1]
    listener = ListenerConfig(events, buffer_size, handler or DEFAULT_HANDLER)
    return GroupConfig(group, priority, processes_of(scope, name, group), section.header(), listener)


def _events(section: Section) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.upper() for name in values.strings(section.text("events") or "")))
    if not names:
        hint = "such as events=PROCESS_STATE"
        raise section.fail(f'[{section.name}] section requires an "events" line', "events", hint)
    for name in names:
        if name not in NAMES and not _registered(name):
            near = values.nearest(name, NAMES)
            hint = f"the nearest is {near}" if near else f"expected some of {', '.join(NAMES)}"
            raise section.fail(f"Unknown event type {name} in [{section.name}] events", "events", hint)
    return tuple(sorted(names))


def _registered(name: str) -> bool:
    """Whether a plugin has made that a type of event."""
    from initd.plugins import entry

    return hasattr(entry.counterpart("supervisor.events", "EventTypes"), name)
