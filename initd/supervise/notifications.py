"""What event listeners are told: the names of notifications, which of them a subscription covers, and their payloads.

supervisord calls these events; here an event is what the core is told. Names, hierarchy and payloads: supervisord-4.3 §6.1,
§6.3. A payload is rendered when the notification arises, so that it says how things were then.
"""

from __future__ import annotations

from initd.eventtypes import EVENT, PARENTS
from initd.record import Record
from initd.states import Mood, ProcessState
from initd.supervise.effects import GroupChanged, MoodChanged, StateChanged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from initd.supervise.effects import Effect

SUPERVISOR_RUNNING = "SUPERVISOR_STATE_CHANGE_RUNNING"


class Notification(Record):
    """One thing that listeners may be told; `name` is the header's eventname, `kinds` what else it is, if a plugin says so."""

    name: str
    payload: str = ""
    kinds: tuple[str, ...] = ()


def covers(subscribed: Collection[str], name: str) -> bool:
    """Whether who asked for these names is told of that one."""
    return name in subscribed or EVENT in subscribed or PARENTS.get(name) in subscribed


def of_effect(effect: Effect) -> Notification | None:
    """What listeners are told of an effect, if anything."""
    told = _TOLD.get(type(effect))
    return told(effect) if told is not None else None


def _state(change: StateChanged) -> Notification:
    state = change.new
    text = f"processname:{change.name} groupname:{change.group} from_state:{change.old.name}"
    if state in (ProcessState.STARTING, ProcessState.BACKOFF):
        text += f" tries:{change.tries}"
    elif state is ProcessState.EXITED:
        text += f" expected:{int(change.expected)} pid:{change.pid}"
    elif state in (ProcessState.RUNNING, ProcessState.STOPPING, ProcessState.STOPPED):
        text += f" pid:{change.pid}"
    return Notification(f"PROCESS_STATE_{state.name}", text)


def _group(change: GroupChanged) -> Notification:
    return Notification(f"PROCESS_GROUP_{'ADDED' if change.added else 'REMOVED'}", f"groupname:{change.name}\n")


def _mood(change: MoodChanged) -> Notification:
    running = change.mood is Mood.RUNNING
    return Notification(SUPERVISOR_RUNNING if running else "SUPERVISOR_STATE_CHANGE_STOPPING")


_TOLD: dict[type[Effect], Callable[..., Notification]] = {
    StateChanged: _state,
    GroupChanged: _group,
    MoodChanged: _mood,
}


def output(name: str, group: str, pid: int, channel: str, data: bytes) -> Notification:
    """A chunk of output of a program with `stdout_events_enabled` or `stderr_events_enabled`."""
    head = f"processname:{name} groupname:{group} pid:{pid} channel:{channel}\n"
    return Notification(f"PROCESS_LOG_{channel.upper()}", head + text_of(data))


def communication(name: str, group: str, pid: int, channel: str, data: bytes) -> Notification:
    """What a program wrote between the tokens of capture mode."""
    head = f"processname:{name} groupname:{group} pid:{pid}\n"
    return Notification(f"PROCESS_COMMUNICATION_{channel.upper()}", head + text_of(data))


def remote(kind: str, data: str) -> Notification:
    """What a client has sent with sendRemoteCommEvent."""
    return Notification("REMOTE_COMMUNICATION", f"type:{kind}\n{data}")


def tick(period_s: int, when_s: int) -> Notification:
    """A slice of that many seconds began at `when_s` of the wall clock."""
    return Notification(f"TICK_{period_s}", f"when:{when_s}")


def text_of(data: bytes) -> str:
    """Bytes as a payload or a log line has them."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return f"Undecodable: {data!r}"
