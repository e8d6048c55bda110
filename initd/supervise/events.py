"""What the core is told: past participles for what happened, imperatives for what a client asked.

`instance` names one process object for as long as it exists; a removed and re-added program is another instance.
`request` is a number of the caller's, given back in the Reply; None asks for none. Wall times ride along for display only.
"""

from __future__ import annotations

from initd.record import Record
from initd.supervise.notifications import Notification
from initd.supervise.policy import GroupPolicy, ProcessPolicy


class Event(Record):
    """The base of everything `Supervisor.handle` takes."""


class Booted(Event):
    """Start the autostart programs of the groups added so far; later groups start when added."""


class GroupAdded(Event):
    """Add a group. Reply: DONE, ALREADY_ADDED."""

    policy: GroupPolicy
    request: int | None = None


class GroupRemoved(Event):
    """Remove a group. Reply: DONE, BAD_NAME, STILL_RUNNING."""

    name: str
    request: int | None = None


class MemberAdded(Event):
    """Add a process to a live group, last in boot order; it starts if it autostarts. Reply: DONE, BAD_NAME, ALREADY_ADDED."""

    group: str
    policy: ProcessPolicy
    request: int | None = None


class MemberRemoved(Event):
    """Remove a process that is down from its group. Reply: DONE, BAD_NAME, STILL_RUNNING."""

    instance: int
    request: int | None = None


class StartAsked(Event):
    """Start a process; with `wait` the reply comes once it is RUNNING, else once it has a pid.

    Reply: DONE, BAD_NAME, ALREADY_STARTED, FAILED, SPAWN_ERROR, ABNORMAL_TERMINATION, SHUTDOWN_STATE.
    """

    instance: int
    wait: bool = False
    request: int | None = None


class StopAsked(Event):
    """Stop a process; with `wait` the reply comes once it is down, else once the signal is out.

    Reply: DONE, BAD_NAME, NOT_RUNNING, FAILED.
    """

    instance: int
    wait: bool = False
    request: int | None = None


class SignalAsked(Event):
    """Send a signal to the process itself, never its group. Reply: DONE, BAD_NAME, NOT_RUNNING, FAILED."""

    instance: int
    signal: int
    request: int | None = None


class ShutdownAsked(Event):
    """Stop everything, highest priority number first; with `restart` the daemon means to start again afterwards.

    A shutdown overrides a restart under way, never the reverse.
    """

    restart: bool = False


class Spawned(Event):
    """The Spawn of that attempt gave a child."""

    instance: int
    attempt: int
    pid: int
    wall_ns: int = 0


class SpawnFailed(Event):
    """The Spawn of that attempt gave no child: `text` is the spawnerr; "" says it was cancelled before it began.

    `no_socket` says that it was for want of the socket it shares; `status` is what a shell exits with where the command
    cannot be run, else 0.
    """

    instance: int
    attempt: int
    text: str
    wall_ns: int = 0
    no_socket: bool = False
    status: int = 0


class SetupNoted(Event):
    """That child was forked but never became its program; only `explain` uses it, its exit code 127 says the rest."""

    instance: int
    attempt: int
    stage: str
    errno: int


class Signalled(Event):
    """The Kill has been carried out: `errno` 0, or why not, with `text` as strerror puts it."""

    instance: int
    pid: int
    signal: int
    errno: int = 0
    text: str = ""
    request: int | None = None


class Reaped(Event):
    """A child of that instance has ended: `exitstatus` 0..255, or -1 for a death by `signal`; `cause` in words."""

    instance: int
    pid: int
    exitstatus: int
    cause: str
    wall_ns: int = 0
    signal: int = 0

    @property
    def code(self) -> int:
        """The status as a shell tells it: 128 + n for a death by signal n."""
        return self.exitstatus if self.exitstatus >= 0 else 128 + self.signal


class Emitted(Event):
    """Something that listeners may be told has happened outside of the core."""

    notification: Notification


class ListenerSpoke(Event):
    """A listener has written to its standard output."""

    instance: int
    data: bytes


class Sent(Event):
    """The Send of that serial is in the pipe, or will be."""

    instance: int
    serial: int


class Unsent(Event):
    """The Send of that serial met a broken pipe."""

    instance: int
    serial: int


class ResultJudged(Event):
    """What a result handler made of a listener's answer: `processed`, `rejected`, or `error` if it broke down."""

    instance: int
    serial: int
    verdict: str


class TurnBegun(Event):
    """Send what has arisen to the listeners that are free. To be fed before TimePassed, whose news are for the next turn."""


class TimePassed(Event):
    """Judge every deadline that is due. To be fed after the reaps, so that nothing dead is called RUNNING (D2)."""

    wall_ns: int = 0
