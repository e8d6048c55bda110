"""States and moods with supervisord's codes, and the sets its rules speak of (supervisord-4.3 §2.1)."""

from __future__ import annotations

import enum


class ProcessState(enum.IntEnum):
    """What a client sees of a program; the value is the `state` code of getProcessInfo."""

    STOPPED = 0
    STARTING = 10
    RUNNING = 20
    BACKOFF = 30
    STOPPING = 40
    EXITED = 100
    FATAL = 200
    UNKNOWN = 1000


class Mood(enum.IntEnum):
    """What the daemon as a whole is about; the value is the `statecode` of getState."""

    FATAL = 2
    RUNNING = 1
    RESTARTING = 0
    SHUTDOWN = -1


# Counts as up: `start` answers ALREADY_STARTED, `stop` is allowed.
RUNNING_STATES = frozenset({ProcessState.RUNNING, ProcessState.STARTING, ProcessState.BACKOFF})
# Counts as down: the group may be removed, a shutdown may go on.
STOPPED_STATES = frozenset({ProcessState.STOPPED, ProcessState.EXITED, ProcessState.FATAL, ProcessState.UNKNOWN})
SIGNALLABLE_STATES = frozenset({ProcessState.RUNNING, ProcessState.STARTING, ProcessState.STOPPING})
