"""The names of what event listeners can be told, as `events=` and the header of an event spell them (supervisord-4.3 §6.1)."""

from __future__ import annotations

from initd.states import ProcessState

_BRANCHES = {
    "PROCESS_STATE": tuple(state.name for state in ProcessState),
    "PROCESS_COMMUNICATION": ("STDOUT", "STDERR"),
    "PROCESS_LOG": ("STDOUT", "STDERR"),
    "REMOTE_COMMUNICATION": (),
    "SUPERVISOR_STATE_CHANGE": ("RUNNING", "STOPPING"),
    "TICK": ("5", "60", "3600"),
    "PROCESS_GROUP": ("ADDED", "REMOVED"),
}
EVENT = "EVENT"
"""All of them."""
PARENTS = {f"{branch}_{leaf}": branch for branch, leaves in _BRANCHES.items() for leaf in leaves}
"""The more general type of each that has one beside EVENT."""
NAMES = (EVENT, *_BRANCHES, *PARENTS)
"""Every name there is, as long as no plugin adds its own."""
