"""What the core wants done: verbs. The driver carries them out in order and reports back with events."""

from __future__ import annotations

import enum

from initd.record import Record
from initd.states import Mood, ProcessState
from initd.supervise.policy import SocketPolicy


class Effect(Record):
    """The base of everything `Supervisor.handle` returns."""


class Spawn(Effect):
    """Start a child for that instance; answered by Spawned or SpawnFailed with the same attempt, at any later time.

    `ordered` asks for its fork after those of the ordered Spawns before it: the order of priorities, at boot and by command.
    """

    instance: int
    attempt: int
    ordered: bool = False


class CancelSpawn(Effect):
    """Do not start that attempt any more if there is no child yet; answered as the Spawn itself is."""

    instance: int
    attempt: int


class Kill(Effect):
    """Send a signal to the process, or to its process group; answered by Signalled."""

    instance: int
    pid: int
    signal: int
    group: bool
    request: int | None = None


class CloseSocket(Effect):
    """Close a socket that processes shared, if it is open: no process has it any more."""

    socket: SocketPolicy


class StateChanged(Effect):
    """A process changed its public state; the extras are those of supervisord's events (supervisord-4.3 §6.3).

    `tries` is for STARTING and BACKOFF, `pid` for RUNNING, STOPPING, STOPPED and EXITED, `expected` for EXITED.
    """

    instance: int
    group: str
    name: str
    old: ProcessState
    new: ProcessState
    pid: int = 0
    tries: int = 0
    expected: bool = True


class GroupChanged(Effect):
    """A group was added (`added`) or removed; `instances` are its processes in boot order."""

    name: str
    added: bool
    instances: tuple[int, ...]


class MemberChanged(Effect):
    """One process was added to its group (`added`), or removed from it; listeners are not told, as in supervisord."""

    group: str
    added: bool
    instance: int
    name: str


class MoodChanged(Effect):
    """The daemon begins to stop, or to restart."""

    mood: Mood


class Send(Effect):
    """Write that to a listener's standard input, all of it, sooner or later; answered by Sent, or Unsent where nobody reads."""

    instance: int
    serial: int
    text: str


class Told(Effect):
    """Somebody inside of the daemon is to hear of that, too; only where the core was told that there is somebody."""

    notification: Record


class HandleResult(Effect):
    """Ask the pool's own result handler (`module:attribute`) what a listener's answer means; answered by ResultJudged."""

    instance: int
    serial: int
    handler: str
    notification: Record
    result: bytes


class Log(Effect):
    """A line of the main log: `level` is crit, warn, info or debug."""

    level: str
    text: str


class Outcome(enum.Enum):
    """What came of a request; the names are supervisord's faults, DONE is success."""

    DONE = "DONE"
    BAD_NAME = "BAD_NAME"
    ALREADY_STARTED = "ALREADY_STARTED"
    NOT_RUNNING = "NOT_RUNNING"
    FAILED = "FAILED"
    SPAWN_ERROR = "SPAWN_ERROR"
    ABNORMAL_TERMINATION = "ABNORMAL_TERMINATION"
    SHUTDOWN_STATE = "SHUTDOWN_STATE"
    ALREADY_ADDED = "ALREADY_ADDED"
    STILL_RUNNING = "STILL_RUNNING"


class Reply(Effect):
    """The one answer to a request; `text` is the message of a FAILED."""

    request: int
    outcome: Outcome
    text: str = ""


class Exit(Effect):
    """Everything is down: leave, or start again if `mood` is RESTARTING.

    `given_up` are the (name, pid) that did not die of SIGKILL within the cap (D7); with any, the exit status is not 0.
    `program` is the `group:name` whose end is the cause of this one, and `cause` says how it ended. By `deadline_ns` even
    what no program owns is to be gone.
    """

    mood: Mood
    given_up: tuple[tuple[str, int], ...] = ()
    status: int = 0
    program: str = ""
    cause: str = ""
    deadline_ns: int | None = None
