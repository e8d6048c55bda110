"""supervisor.states: codes, the sets rules speak of, names by code."""

from __future__ import annotations

from initd.states import Mood, ProcessState


class ProcessStates:
    """State codes of processes."""

    STOPPED = 0
    STARTING = 10
    RUNNING = 20
    BACKOFF = 30
    STOPPING = 40
    EXITED = 100
    FATAL = 200
    UNKNOWN = 1000


class SupervisorStates:
    """State codes of the daemon."""

    FATAL = 2
    RUNNING = 1
    RESTARTING = 0
    SHUTDOWN = -1


class EventListenerStates:
    """State codes of listeners."""

    READY = 10
    BUSY = 20
    ACKNOWLEDGED = 30
    UNKNOWN = 40


STOPPED_STATES = (ProcessStates.STOPPED, ProcessStates.EXITED, ProcessStates.FATAL, ProcessStates.UNKNOWN)
RUNNING_STATES = (ProcessStates.RUNNING, ProcessStates.BACKOFF, ProcessStates.STARTING)
SIGNALLABLE_STATES = (ProcessStates.RUNNING, ProcessStates.STARTING, ProcessStates.STOPPING)
_PROCESS = {int(state): state.name for state in ProcessState}
_SUPERVISOR = {int(mood): mood.name for mood in Mood}
_LISTENER = {value: name for name, value in vars(EventListenerStates).items() if not name.startswith("_")}


def getProcessStateDescription(code: int) -> str | None:
    """The name of a process state."""
    return _PROCESS.get(code)


def getSupervisorStateDescription(code: int) -> str | None:
    """The name of a state of the daemon."""
    return _SUPERVISOR.get(code)


def getEventListenerStateDescription(code: int) -> str | None:
    """The name of a listener's state."""
    return _LISTENER.get(code)
