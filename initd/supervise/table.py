"""The state machine of one process: every phase × every trigger, each cell a named action (supervisord-4.3 §2.4).

A phase is a public state plus what the outside does not see: whether a Spawn is still under way. The actions are the
methods of `rules.Rules` of the same name. `impossible` marks pairs that the driver's contract or the rules
themselves rule out (what has no child, no deadline); they change nothing and are logged. The state diagram in the documentation is drawn from this table.
"""

from __future__ import annotations

import enum

from initd.states import ProcessState


class Phase(enum.Enum):
    """Where a process is; `STATE_OF` tells what clients see of it."""

    __hash__ = object.__hash__  # there is one of each, and every event looks one up: not by way of its name

    STOPPED = "stopped"
    SPAWNING = "spawning"
    STARTING = "starting"
    RUNNING = "running"
    BACKOFF = "backoff"
    CANCELLING = "cancelling"
    STOPPING = "stopping"
    EXITED = "exited"
    FATAL = "fatal"
    UNKNOWN = "unknown"


STATE_OF = {
    Phase.STOPPED: ProcessState.STOPPED,
    Phase.SPAWNING: ProcessState.STARTING,  # the Spawn is under way, there is no pid yet
    Phase.STARTING: ProcessState.STARTING,
    Phase.RUNNING: ProcessState.RUNNING,
    Phase.BACKOFF: ProcessState.BACKOFF,
    Phase.CANCELLING: ProcessState.STOPPING,  # stopped while the Spawn was under way
    Phase.STOPPING: ProcessState.STOPPING,
    Phase.EXITED: ProcessState.EXITED,
    Phase.FATAL: ProcessState.FATAL,
    Phase.UNKNOWN: ProcessState.UNKNOWN,
}


class Trigger(enum.Enum):
    """What can happen to a process. QUIT is its group's turn in a shutdown, DUE its deadline."""

    __hash__ = object.__hash__  # as for Phase

    START = "start"
    STOP = "stop"
    SIGNAL = "signal"
    SPAWNED = "spawned"
    SPAWN_FAILED = "spawn failed"
    REAPED = "reaped"
    KILL_FAILED = "kill failed"
    DUE = "due"
    QUIT = "quit"


_COLUMNS = tuple(Trigger)
# fmt: off
_ROWS = {
    #                  START              STOP               SIGNAL         SPAWNED           SPAWN_FAILED    REAPED            KILL_FAILED   DUE           QUIT
    Phase.STOPPED:    ("begin",           "not_running",     "not_running", "stray",          "ignore",       "impossible",     "impossible", "impossible", "ignore"),
    Phase.SPAWNING:   ("already_started", "cancel_spawn",    "not_running", "spawned",        "spawn_failed", "impossible",     "impossible", "impossible", "cancel_spawn"),
    Phase.STARTING:   ("already_started", "stop",            "signal",      "stray",          "ignore",       "ended_starting", "lost",       "came_up",    "stop"),
    Phase.RUNNING:    ("already_started", "stop",            "signal",      "stray",          "ignore",       "ended",          "lost",       "impossible", "stop"),
    Phase.BACKOFF:    ("already_started", "stop_waiting",    "not_running", "stray",          "ignore",       "impossible",     "impossible", "retry",      "give_up"),
    Phase.CANCELLING: ("start_later",     "stop_again",      "not_running", "spawned_late",   "cancelled",    "impossible",     "impossible", "impossible", "forget_start"),
    Phase.STOPPING:   ("start_later",     "stop_again",      "signal",      "stray",          "ignore",       "stopped",        "lost",       "escalate",   "forget_start"),
    Phase.EXITED:     ("begin",           "stay_down",       "not_running", "stray",          "ignore",       "impossible",     "impossible", "restart",    "stay_down"),
    Phase.FATAL:      ("begin",           "not_running",     "not_running", "stray",          "ignore",       "impossible",     "impossible", "impossible", "ignore"),
    Phase.UNKNOWN:    ("refuse_unknown",  "not_running",     "not_running", "stray",          "ignore",       "ended_unknown",  "ignore",     "impossible", "ignore"),
}
# fmt: on

TABLE: dict[tuple[Phase, Trigger], str] = {
    (phase, trigger): action for phase, row in _ROWS.items() for trigger, action in zip(_COLUMNS, row, strict=True)
}
"""(phase, trigger) → the name of the action, for all of them."""
