"""Event listener pools: who is told what, in which order, and what happens to what nobody took (supervisord-4.3 §6).

A pool keeps the notifications its listeners have not taken yet, oldest first, and drops the oldest when there are too many.
What arises while a listener is free is sent in the next turn, as supervisord's loop does it, so a burst is judged as a
whole; a listener that says it is READY is sent the oldest at once. A rejected one goes back to its own pool alone (D13), and
one that several subscriptions of a pool cover is queued once (D14). One is sent after the other, the next once it is known
whether the one before could be: else what met a broken pipe would come after what is newer.
"""

from __future__ import annotations

from initd.record import Record
from initd.states import STOPPED_STATES, ProcessState
from initd.supervise.effects import HandleResult, Log, Send, Told
from initd.supervise.listener import Heard, Listener, ListenerState
from initd.supervise.notifications import Notification, covers, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from initd.supervise.effects import Effect
    from initd.supervise.policy import ListenerPolicy

ENDED = STOPPED_STATES - {ProcessState.UNKNOWN}
"""There is no process any more; one that is UNKNOWN could not be signalled, and may still answer."""
VIOLATED = (
    "has entered the UNKNOWN state and will no longer receive events, this usually indicates the process violated the "
    "eventlistener protocol"
)


class Queued(Record):
    """A notification in a pool: its number among all, its number in the pool, what it says."""

    serial: int
    pool_serial: int
    notification: Notification


class Pool:
    """One group's listeners, in the order they are asked, and the notifications that wait for one of them.

    None is sent whose number in the pool is `end` or more.
    """

    __slots__ = ("end", "listeners", "name", "policy", "serial", "waiting")

    def __init__(self, name: str, policy: ListenerPolicy, listeners: Iterable[Listener]) -> None:
        self.name, self.policy = name, policy
        self.listeners = {listener.instance: listener for listener in listeners}
        self.waiting: list[Queued] = []
        self.serial = 0
        self.end: int | None = None

    @property
    def waits(self) -> bool:
        """Whether there is something to send."""
        return bool(self.waiting) and (self.end is None or self.waiting[0].pool_serial < self.end)


class Pools:
    """All pools. `identifier` is the daemon's, `running(instance)` whether that listener is RUNNING.

    What is to be done is appended to `out`, which the caller sets before each call.
    """

    def __init__(self, identifier: str, running: Callable[[int], bool], serial: int = 0) -> None:
        self._identifier, self._running = identifier, running
        self._pools: dict[str, Pool] = {}
        self._pool_of: dict[int, Pool] = {}
        self._asked: Listener | None = None  # who was sent the last one, until it is known whether it could be
        self._due: list[Pool] = []  # whose turn it is to send, that one's first
        self.serial = serial
        self.overheard: frozenset[str] = frozenset()
        """What somebody inside of the daemon hears of, too."""
        self.out: list[Effect] = []

    # -- pools -------------------------------------------------------------------------------------------------------

    def add(self, name: str, policy: ListenerPolicy, members: Iterable[tuple[int, str]]) -> None:
        """A group of listeners, given as (instance, process name) in the order of the group."""
        pool = self._pools[name] = Pool(name, policy, (Listener(*member) for member in members))
        self._pool_of.update(dict.fromkeys(pool.listeners, pool))

    def remove(self, name: str) -> None:
        """That group is gone, if it was one of listeners, with what it has not taken."""
        pool = self._pools.pop(name, None)
        for instance in pool.listeners if pool is not None else ():
            del self._pool_of[instance]
        self._due = [other for other in self._due if other is not pool]

    def forget(self, instance: int) -> None:
        """That process is no member of its group any more, if it was a listener; it is down, so it holds no event."""
        pool = self._pool_of.pop(instance, None)
        if pool is not None:
            del pool.listeners[instance]

    @property
    def empty(self) -> bool:
        """Whether there is nobody to tell anything."""
        return not self._pools and not self.overheard

    def wanted(self, name: str) -> bool:
        """Whether anybody would be told of a notification of that name."""
        return name in self.overheard or any(covers(pool.policy.events, name) for pool in self._pools.values())

    def restless(self) -> bool:
        """Whether the next turn has something to send."""
        return any(pool.waits and self._free(pool) is not None for pool in self._pools.values())

    def waits(self, name: str) -> bool:
        """Whether something is to be sent to that pool and somebody there may still take it."""
        pool = self._pools[name]
        return pool.waits and any(
            each.state is not ListenerState.UNKNOWN and not each.deaf and self._running(each.instance)
            for each in pool.listeners.values()
        )

    def close(self, name: str) -> None:
        """What happens from now on is not for that pool any more."""
        pool = self._pools[name]
        if pool.end is None:
            pool.end = pool.serial

    # -- notifications -----------------------------------------------------------------------------------------------

    def offer(self, notification: Notification) -> None:
        """Something has happened: queue it wherever it is wanted."""
        serial: int | None = None
        for pool in self._pools.values():
            events = pool.policy.events
            if covers(events, notification.name) or any(kind in events for kind in notification.kinds):
                if serial is None:
                    serial, self.serial = self.serial, self.serial + 1
                self._queue(pool, Queued(serial, pool.serial, notification))
                pool.serial += 1
        if notification.name in self.overheard:
            self.out.append(Told(notification))

    def dispatch(self) -> None:
        """A turn has begun, so nothing of the last one is unanswered: send what waits to whoever is free."""
        self._due = list(self._pools.values())
        self._go_on()

    def _queue(self, pool: Pool, queued: Queued, again: bool = False) -> None:
        if again:
            self._tell_again(pool, queued, len(pool.waiting))
        self._keep(pool, pool.policy.buffer_size - 1)
        pool.waiting.insert(0 if again else len(pool.waiting), queued)

    def _keep(self, pool: Pool, most: int) -> None:
        if len(pool.waiting) > most:
            lost = pool.waiting.pop(0)
            self._log("error", f"pool {pool.name} event buffer overflowed, discarding event {lost.serial}")

    def _tell_again(self, pool: Pool, queued: Queued, others: int) -> None:
        size = pool.policy.buffer_size
        self._log("debug", f"rebuffering event {queued.serial} for pool {pool.name} (buf size={others}, max={size})")

    def _free(self, pool: Pool) -> Listener | None:
        for listener in pool.listeners.values():
            if listener.state is ListenerState.READY and not listener.deaf and self._running(listener.instance):
                return listener
        return None

    def _dispatch(self, pool: Pool) -> None:
        self._due.append(pool)
        if self._asking() is None:
            self._go_on()

    def _asking(self) -> int | None:
        return None if self._asked is None or self._asked.event is None else self._asked.instance

    def _go_on(self, further: bool = False) -> None:
        self._asked = None
        while self._due:
            pool = self._due[0]
            listener = self._free(pool) if pool.waits else None
            if listener is not None:
                listener.state, listener.event, self._asked = ListenerState.BUSY, pool.waiting.pop(0), listener
                self.out.append(Send(listener.instance, listener.event.serial, self._envelope(pool, listener.event)))
                return
            if further and pool.waits:  # supervisord takes out what it cannot send, puts it back, and tells of that
                self._tell_again(pool, pool.waiting[0], len(pool.waiting) - 1)
            further = False
            del self._due[0]

    def _envelope(self, pool: Pool, queued: Queued) -> str:
        payload = queued.notification.payload
        return (
            f"ver:3.0 server:{self._identifier} serial:{queued.serial} pool:{pool.name} poolserial:{queued.pool_serial} "
            f"eventname:{queued.notification.name} len:{len(payload)}\n{payload}"
        )

    # -- listeners ---------------------------------------------------------------------------------------------------

    def is_listener(self, instance: int) -> bool:
        """Whether that process is one."""
        return instance in self._pool_of

    def changed(self, instance: int, state: ProcessState) -> None:
        """The state of that process is another one now."""
        pool = self._pool_of.get(instance)
        if pool is None:
            return
        listener = pool.listeners[instance]
        if state is ProcessState.STARTING:  # a new child, of which nothing has been heard
            listener.reset()
        elif state in ENDED:  # what it was sent and has not answered goes back
            self._take_back(pool, listener)

    def came_up(self, instance: int) -> None:
        """That process is RUNNING, and so are those that came up with it: they are sent what has waited, together."""
        pool = self._pool_of.get(instance)
        if pool is not None:
            self._dispatch(pool)

    def sent(self, instance: int, serial: int) -> None:
        """A Send is on its way: the next one may follow."""
        if self._held(instance, serial) is not None:
            self._go_on(further=True)

    def unsent(self, instance: int, serial: int) -> None:
        """A Send met a broken pipe: the next free listener gets it; this one stays as it was, READY."""
        held = self._held(instance, serial)
        if held is None:
            return
        pool, listener, queued = held
        self._log(
            "debug",
            f"epipe occurred while sending event {serial} to listener {listener.name}, listener state unchanged",
        )
        listener.event, listener.state, listener.deaf = None, ListenerState.READY, True
        pool.waiting.insert(0, queued)
        self._go_on(further=True)
        self._keep(pool, pool.policy.buffer_size)  # it may have been filled meanwhile

    def heard(self, instance: int, data: bytes) -> None:
        """A listener has written to its stdout."""
        pool = self._pool_of.get(instance)
        if pool is None:
            return
        pool.listeners[instance].said += data
        self._listen(pool, pool.listeners[instance])

    def judged(self, instance: int, serial: int, verdict: str) -> None:
        """A result handler has decided: `processed`, `rejected`, or `error`."""
        held = self._held(instance, serial)
        if held is None:
            return
        pool, listener, _ = held
        listener.judged = False
        self._conclude(pool, listener, verdict)
        self._listen(pool, listener)

    def _held(self, instance: int, serial: int) -> tuple[Pool, Listener, Queued] | None:
        """Who has been sent that notification and has not answered; None where the news comes too late for that."""
        if (pool := self._pool_of.get(instance)) is not None:
            listener = pool.listeners[instance]
            if listener.event is not None and listener.event.serial == serial:
                return pool, listener, listener.event
        return None

    def _listen(self, pool: Pool, listener: Listener) -> None:
        while (heard := listener.next()) is not Heard.SHORT:
            if heard is Heard.READY:
                self._become(listener, ListenerState.READY)
                if not listener.said:  # more of it at once would be spurious, and it is sent nothing then
                    self._dispatch(pool)
            elif heard is Heard.RESULT:
                self._answered(pool, listener)
            else:
                if heard is Heard.BAD_LINE:
                    self._log("warn", f"{listener.name}: bad result line: '{text_of(listener.line)}'")
                self._become(listener, ListenerState.UNKNOWN)
                self._take_back(pool, listener)

    def _answered(self, pool: Pool, listener: Listener) -> None:
        assert listener.event is not None, "only who was sent something is BUSY"
        handler = pool.policy.result_handler
        if handler is None:
            self._conclude(pool, listener, "processed" if listener.result == b"OK" else "rejected")
        else:
            listener.judged = True
            event = listener.event
            self.out.append(HandleResult(listener.instance, event.serial, handler, event.notification, listener.result))

    def _conclude(self, pool: Pool, listener: Listener, verdict: str) -> None:
        if verdict == "processed":
            listener.event = None
            self._log("debug", f"{listener.name}: event was processed")
            self._become(listener, ListenerState.ACKNOWLEDGED)
            return
        said = "event was rejected" if verdict == "rejected" else "event caused an error"
        self._log("warn", f"{listener.name}: {said}")
        self._become(listener, ListenerState.ACKNOWLEDGED if verdict == "rejected" else ListenerState.UNKNOWN)
        self._take_back(pool, listener)

    def _take_back(self, pool: Pool, listener: Listener) -> None:
        queued, listener.event = listener.event, None
        if queued is not None:
            self._queue(pool, queued, again=True)

    def _become(self, listener: Listener, state: ListenerState) -> None:
        self._log("debug", f"{listener.name}: {listener.state.name} -> {state.name}")
        listener.state = state
        if state is ListenerState.UNKNOWN:
            self._log("warn", f"{listener.name}: {VIOLATED}")

    def _log(self, level: str, text: str) -> None:
        self.out.append(Log(level, text))

    # -- snapshots ---------------------------------------------------------------------------------------------------

    def snapshot(self) -> tuple[Any, ...]:
        """Plain values."""
        return (
            self._identifier,
            self.serial,
            tuple(
                (
                    pool.name,
                    pool.policy,
                    tuple(listener.snapshot() for listener in pool.listeners.values()),
                    tuple(pool.waiting),
                    pool.serial,
                    pool.end,
                )
                for pool in self._pools.values()
            ),
            self.overheard,
            self._asking(),
            tuple(pool.name for pool in self._due),
        )

    @classmethod
    def restore(cls, values: tuple[Any, ...], running: Callable[[int], bool]) -> Pools:
        """The pools of a snapshot."""
        pools = cls(values[0], running, values[1])
        pools.overheard = values[3]
        for name, policy, listeners, waiting, serial, end in values[2]:
            pool = pools._pools[name] = Pool(name, policy, (Listener.restore(each) for each in listeners))
            pool.waiting, pool.serial, pool.end = list(waiting), serial, end
            pools._pool_of.update(dict.fromkeys(pool.listeners, pool))
        if values[4] is not None:
            pools._asked = pools._pool_of[values[4]].listeners[values[4]]
        pools._due = [pools._pools[name] for name in values[5]]
        return pools
