"""E1 to E6: what listeners are sent and what becomes of it, by the bytes in their pipes alone (supervisord-4.3 §6).

`Hearings` hears of every write into a listener's stdin and of every read of its stdout, and keeps the protocol of both by
itself. Of the core it looks at two numbers only: how many events a pool holds, and how many it has been given.
"""

from __future__ import annotations

import re

from initd.record import Record
from sim.invariants.ear import Ear, Envelope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    Tell = Callable[[str, str], None]

SECOND_NS = 1_000_000_000
PERIODS_S = (5, 60, 3600)
DISCARDED = re.compile(r"pool (\S+) event buffer overflowed, discarding event (\d+)")
OUT, TAKEN, BACK = "out", "taken", "back"
"""An event is with a listener, has been taken by one, or is to be sent again."""


class Account:
    """What is known of one pool from its birth to its end; `born` is a number below which it was given nothing."""

    def __init__(self, name: str, events: tuple[str, ...], born: int) -> None:
        self.name, self.events, self.born = name, events, born
        self.sent: dict[int, Envelope] = {}
        self.fate: dict[int, str] = {}
        self.newest: Envelope | None = None
        self.overtaken: list[tuple[int, frozenset[int]]] = []
        self.ticks: dict[int, list[int]] = {}


class Pool(Record):
    """A pool as the core has it: which one it is, what it wants, how much it may hold, holds, and was given in all."""

    key: tuple[Any, ...]
    name: str
    events: tuple[str, ...]
    buffer_size: int
    waiting: tuple[int, ...]
    given: int


class Hearings:
    """`tell(law, text)` hears of what is wrong; `running(name)` says whether that listener is RUNNING.

    `heard(account, envelope)` is told of everything a pool sends for the first time.
    """

    def __init__(self, tell: Tell, running: Callable[[str], bool], heard: Callable[[Account, Envelope], None]) -> None:
        self._tell, self._running, self._heard = tell, running, heard
        self._ears: dict[int, Ear] = {}
        self._accounts: dict[tuple[Any, ...], Account] = {}
        self._everywhere: dict[int, tuple[str, str]] = {}
        self._slices: set[tuple[int, int]] = set()
        self._serial = 0
        self.taken = 0

    # -- what happens ------------------------------------------------------------------------------------------------

    def look(self, pools: Iterable[Pool], serial: int) -> None:
        """Before the daemon sleeps: the pools there are, and the number of the next event."""
        if serial < self._serial:
            self._tell("E3", f"the next event is {serial}, it was {self._serial} already")
        for pool in pools:
            if pool.key not in self._accounts:
                self._accounts[pool.key] = Account(pool.name, pool.events, self._serial)
            if len(pool.waiting) > pool.buffer_size:
                self._tell("E4", f"pool {pool.name} holds {len(pool.waiting)}, buffer_size is {pool.buffer_size}")
        self._serial = serial

    def account(self, pool: Pool) -> Account:
        """What is known of a pool that was looked at."""
        return self._accounts[pool.key]

    def busy(self) -> list[int]:
        """The listeners that have an event and have not answered, by pid."""
        return sorted(pid for pid, ear in self._ears.items() if ear.event is not None)

    def shows(self, wall_ns: int) -> None:
        """The daemon has read the wall clock."""
        self._slices.update((period, wall_ns // SECOND_NS // period * period) for period in PERIODS_S)

    def born(self, pid: int, name: str, pool: Pool) -> None:
        """A listener of that pool begins."""
        account = self._accounts.setdefault(pool.key, Account(pool.name, pool.events, self._serial))
        self._ears[pid] = Ear(name, account)

    def gone(self, pid: int) -> None:
        """A process has been reaped: what it has not answered is to be sent again."""
        ear = self._ears.pop(pid, None)
        if ear is not None:
            self._back(ear)

    def fed(self, pid: int, data: bytes) -> None:
        """The daemon has written that to a listener."""
        ear = self._ears.get(pid)
        if ear is None:
            return
        if not ear.hearing:
            if ear.event is not None or not ear.ready:
                self._tell("E1", f"{ear.name} is sent something while it is {ear.state}: {data[:80]!r}")
            elif not self._running(ear.name):
                self._tell("E1", f"{ear.name} is sent something and is not RUNNING: {data[:80]!r}")
        envelope = ear.take(data)
        if envelope is not None:
            self._begun(ear, envelope)
        for whole in ear.wholes():
            self._whole(ear, whole)
            if ear.hearing:
                self._tell("E1", f"{ear.name} is sent more before it has answered {whole.serial}")

    def said(self, pid: int, data: bytes) -> None:
        """The daemon has read that from the stdout of a listener."""
        ear = self._ears.get(pid)
        if ear is None:
            return
        for verdict in ear.hear(data):
            serial = ear.event.serial if ear.event is not None else None
            if verdict == TAKEN and serial is not None:
                ear.account.fate[serial] = TAKEN
                ear.event = None
                self.taken += 1
            else:
                self._back(ear)

    @staticmethod
    def _back(ear: Ear) -> None:
        if ear.event is not None:
            ear.account.fate[ear.event.serial] = BACK
            ear.event = None

    # -- judging -----------------------------------------------------------------------------------------------------

    def _begun(self, ear: Ear, envelope: Envelope) -> None:
        """The header of an event has gone out."""
        account, serial = ear.account, envelope.serial
        fate = account.fate.get(serial)
        if fate in (OUT, TAKEN):
            what = "another listener has it" if fate == OUT else "it has been taken"
            self._tell("E2", f"pool {account.name} sends event {serial} to {ear.name}, but {what}")
        if envelope.pool != account.name:
            self._tell("E2", f"{ear.name} of pool {account.name} is sent event {serial} of pool {envelope.pool}")
        if not _covers(account.events, envelope.name):
            self._tell("E2", f"pool {account.name} sends {envelope.name}, it has asked for {account.events}")
        if fate is None and serial not in account.sent:
            self._first(account, envelope)
        account.fate[serial] = OUT

    def _first(self, account: Account, envelope: Envelope) -> None:
        before = account.newest
        if before is not None and (envelope.serial <= before.serial or envelope.pool_serial <= before.pool_serial):
            numbers = f"{envelope.serial}/{envelope.pool_serial} after {before.serial}/{before.pool_serial}"
            self._tell("E3", f"pool {account.name} sends event {numbers}")
        waiting = frozenset(serial for serial, fate in account.fate.items() if fate == BACK)
        if waiting:
            account.overtaken.append((envelope.serial, waiting))
        if before is None or envelope.serial > before.serial:
            account.newest = envelope

    def _whole(self, ear: Ear, envelope: Envelope) -> None:
        """All of an event has gone out."""
        account, serial = ear.account, envelope.serial
        first = account.sent.setdefault(serial, envelope)
        if first != envelope:
            self._tell("E3", f"pool {account.name} sends event {serial} as {envelope}, it was {first}")
            return
        if first is not envelope:
            return
        anywhere = self._everywhere.setdefault(serial, (envelope.name, envelope.payload))
        if anywhere != (envelope.name, envelope.payload):
            self._tell("E3", f"event {serial} is {(envelope.name, envelope.payload)}, and elsewhere {anywhere}")
        if envelope.name.startswith("TICK_"):
            self._tick(account, int(envelope.name[5:]), envelope.payload)
        self._heard(account, envelope)

    def _tick(self, account: Account, period: int, payload: str) -> None:
        when = int(payload.removeprefix("when:"))
        if (period, when) not in self._slices:
            self._tell("E6", f"pool {account.name} is told of TICK_{period} {when}, which no clock has shown")
        account.ticks.setdefault(period, []).append(when)

    def settle(self, pools: Iterable[Pool], main_log: str, all_told: bool) -> None:
        """It is calm: whatever a pool was given has been taken, or it has it, or its loss was told, if all was `all_told`."""
        discarded = [(name, int(serial)) for name, serial in DISCARDED.findall(main_log)]
        for pool in pools:
            account = self._accounts[pool.key]
            lost = {serial for name, serial in discarded if name == pool.name and serial >= account.born}
            for serial in sorted(lost & {serial for serial, fate in account.fate.items() if fate == TAKEN}):
                self._tell("E2", f"pool {pool.name} has discarded event {serial}, which was taken")
            if all_told:
                self._settle(account, pool, lost)

    def _settle(self, account: Account, pool: Pool, lost: set[int]) -> None:
        kept = set(pool.waiting) | lost
        known = kept | account.fate.keys()
        if len(known) != pool.given:
            self._tell("E5", f"pool {pool.name} was given {pool.given} events, and what became of {len(known)} is known")
        for serial in sorted(serial for serial, fate in account.fate.items() if fate == BACK and serial not in kept):
            self._tell("E5", f"pool {pool.name} has no event {serial} any more, and nobody has taken it")
        for serial, waiting in account.overtaken:
            if waiting - lost:
                self._tell("E3", f"pool {pool.name} sends event {serial} before {sorted(waiting - lost)}, which came back")
        for period, told in account.ticks.items() if not lost else ():
            if any(one == other for one, other in zip(told, told[1:])):
                self._tell("E6", f"pool {pool.name} is told of a slice of TICK_{period} twice: {told}")

    def lost(self, main_log: str, account: Account) -> bool:
        """Whether any event of that pool was."""
        found = DISCARDED.findall(main_log)
        return any(name == account.name and int(serial) >= account.born for name, serial in found)


def _covers(asked: tuple[str, ...], name: str) -> bool:
    return any(each in ("EVENT", name) or name.startswith(f"{each}_") for each in asked)
