"""Small scope, exhaustively: every order of what can happen to a core of one or two programs (simulation.md §4.5, §4.6).

A position is the core's snapshot and what is outside of it: spawns asked for, children alive, requests not answered. From
each, everything that can happen next is tried: commands, answers to spawns in either way, ends of children, refused
signals, time up to the next deadline or one nanosecond short of it, a shutdown, a restart. Positions that differ only in
when and under which numbers are one. In each the rules of `_check` must hold, no cell of the table that is declared impossible
be met, old news change nothing, and a shutdown end all that is left.
"""

from __future__ import annotations

from collections import deque

from initd.record import Record
from initd.states import ProcessState
from initd.supervise import effects, events
from initd.supervise.policy import SECOND, GroupPolicy
from initd.supervise.supervisor import Supervisor
from initd.supervise.table import TABLE, Trigger
from sim.invariants.states import EDGES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from initd.supervise.policy import ProcessPolicy
    from initd.supervise.supervisor import Snapshot

EPERM = 1
SIGKILL = 9
LIVES = (ProcessState.STARTING, ProcessState.RUNNING, ProcessState.STOPPING, ProcessState.UNKNOWN)
COMMANDS = ("start", "start-wait", "stop", "stop-wait", "signal")
WIND_UP_STEPS = 400
"""A shutdown with children that die of SIGKILL is over long before so many events."""


class Broken(AssertionError):
    """A rule that does not hold; the text ends with the way to the position."""


class Move(Record):
    """One thing that happens: its kind, whom it concerns, and a number that goes with it."""

    kind: str
    instance: int = 0
    detail: int = 0


class Position:
    """A core and its surroundings at a time; `refuse` says that the next signal is not permitted."""

    def __init__(self, core: Supervisor) -> None:
        self.core = core
        self.now = 0
        self.refuse = False
        self.asked: dict[int, int] = {}
        self.alive: dict[int, int] = {}
        self.open: set[int] = set()
        self.doomed: set[int] = set()
        self.shutting = self.over = self.gave_up = False
        self._out: deque[events.Event] = deque()

    @classmethod
    def boot(cls, policies: tuple[ProcessPolicy, ...]) -> Position:
        """A booted core with these programs, each a group of its own."""
        position = cls(Supervisor())
        for policy in policies:
            position.feed(events.GroupAdded(GroupPolicy(policy.name, policy.priority, (policy,))))
        position.feed(events.Booted())
        return position

    def copy(self) -> Position:
        """An equal position to go on from; the core by way of its snapshot."""
        other = Position(Supervisor.restore(self.core.snapshot()))
        other.now, other.refuse, other.shutting, other.over = self.now, self.refuse, self.shutting, self.over
        other.asked, other.alive, other.open = dict(self.asked), dict(self.alive), set(self.open)
        other.gave_up, other.doomed = self.gave_up, set(self.doomed)
        return other

    # -- what can happen ---------------------------------------------------------------------------------------------

    def moves(self, commands: tuple[str, ...] = COMMANDS) -> Iterator[Move]:
        """Everything that can happen next, with these commands; a client has one of each kind to a program at a time."""
        for instance in sorted(self.asked):
            yield Move("born", instance)
            yield Move("unborn", instance)
        for pid in sorted(self.alive):
            for code in (0, 1, -1):
                yield Move("ends", pid, code)
        for process in self._processes():
            for kind in commands:
                request = process.instance * 10 + COMMANDS.index(kind)
                if request not in self.open:
                    yield Move(kind, process.instance, request)
        due = self.core.next_deadline()
        if due is not None:
            yield Move("time")
            if due > self.now + 1:
                yield Move("time-short")
        if not self.refuse and self.alive:
            yield Move("refuse")
        if not self.shutting:
            yield Move("shutdown")
            yield Move("restart")

    def make(self, move: Move) -> None:
        """Have it happen."""
        kind, instance, detail = move.values()
        if kind == "born":
            attempt = self.asked.pop(instance)
            pid = next(pid for pid in range(instance * 100, instance * 100 + 99) if pid not in self.alive)
            self.alive[pid] = instance
            self.feed(events.Spawned(instance, attempt, pid))
        elif kind == "unborn":
            self.feed(events.SpawnFailed(instance, self.asked.pop(instance), "no"))
        elif kind == "ends":
            self.doomed.discard(instance)
            self.feed(events.Reaped(self.alive.pop(instance), instance, detail, "ended"))
        elif kind in ("start", "start-wait"):
            self._ask(events.StartAsked(instance, kind == "start-wait", detail), detail)
        elif kind in ("stop", "stop-wait"):
            self._ask(events.StopAsked(instance, kind == "stop-wait", detail), detail)
        elif kind == "signal":
            self._ask(events.SignalAsked(instance, 1, detail), detail)
        elif kind == "refuse":
            self.refuse = True
        elif kind in ("shutdown", "restart"):
            self.shutting = True
            self.feed(events.ShutdownAsked(restart=kind == "restart"))
        else:
            due = self.core.next_deadline()
            assert due is not None
            self.now = max(self.now, due if kind == "time" else due - 1)
            self.feed(events.TimePassed())
            _require(kind != "time" or self.core.next_deadline() != due, "the deadline stays where it was")

    def _ask(self, event: events.Event, request: int) -> None:
        self.open.add(request)
        self.feed(event)

    def feed(self, event: events.Event) -> None:
        """Tell the core, and do what it says until there is nothing left to do."""
        self._out.append(event)
        while self._out:
            for effect in self.core.handle(self._out.popleft(), self.now):
                self._carry_out(effect)
        self._check()

    def _carry_out(self, effect: effects.Effect) -> None:
        if isinstance(effect, effects.Spawn):
            _require(not self.shutting, "a spawn in a shutdown")
            _require(effect.instance not in self.asked, "two spawns of one program under way")
            _require(effect.instance not in self.alive.values(), "a spawn although its child lives")
            self.asked[effect.instance] = effect.attempt
        elif isinstance(effect, effects.CancelSpawn):
            pass  # whether it was in time is one more thing that can happen either way
        elif isinstance(effect, effects.Kill):
            there = self.alive.get(effect.pid) == effect.instance
            refused, self.refuse = self.refuse and there, self.refuse and not there
            errno = EPERM if refused else 0 if there else 3
            if errno == 0 and effect.signal == SIGKILL:
                self.doomed.add(effect.pid)
            answer = events.Signalled(effect.instance, effect.pid, effect.signal, errno, "no", effect.request)
            self._out.append(answer)
        elif isinstance(effect, effects.Reply):
            _require(effect.request in self.open, f"an answer nobody waits for: {effect}")
            self.open.discard(effect.request)
        elif isinstance(effect, effects.StateChanged):
            _require(effect.new.name in EDGES[effect.old.name], f"{effect.old.name} to {effect.new.name}")
        elif isinstance(effect, effects.Exit):
            _require(self.shutting and not self.over, "an exit nobody asked for")
            _require(bool(effect.given_up) or not self._held(), "an exit that leaves children behind")
            self.over, self.gave_up = True, bool(effect.given_up)
        elif isinstance(effect, effects.Log):
            _require("unexpected" not in effect.text, effect.text)

    def _held(self) -> list[int]:
        """The children that their programs know of and have not lost."""
        processes = {process.instance: process for process in self._processes()}
        return [
            pid
            for pid, instance in self.alive.items()
            if processes[instance].pid == pid and processes[instance].state is not ProcessState.UNKNOWN
        ]

    # -- what must hold ----------------------------------------------------------------------------------------------

    def _processes(self) -> list[Any]:
        return [process for group in self.core.groups for process in group.processes]

    def _check(self) -> None:
        for process in self._processes():
            pids = [pid for pid, instance in self.alive.items() if instance == process.instance]
            _require(len(pids) <= 1, f"{process.name} has the children {pids}")
            known = all(pid == process.pid or pid in self.doomed for pid in pids)
            _require(known, f"{process.name} knows nothing of its child {pids}")
            if process.pid:
                _require(pids == [process.pid], f"{process.name} has pid {process.pid} and the children {pids}")
                _require(process.state in LIVES, f"{process.name} is {process.state.name} with a pid")
            elif process.state is ProcessState.RUNNING:
                raise Broken(f"{process.name} is RUNNING without a pid")
            for trigger, has in ((Trigger.DUE, process.due_ns is not None), (Trigger.REAPED, process.pid)):
                cell = process.phase, trigger
                _require(not has or TABLE[cell] != "impossible", f"{process.name}: {cell} could happen")
            waiting = {request for request, _ in (*process.starters, *process.stoppers, *process.queued) if request}
            _require(waiting <= self.open, f"{process.name} waits to answer {waiting - self.open} again")
        waiters = {r for p in self._processes() for r, _ in (*p.starters, *p.stoppers, *p.queued)}
        _require(self.open <= waiters, f"nobody will answer {self.open - waiters}")
        due = self.core.next_deadline()
        _require(due is None or not self.over or self.gave_up, "a deadline after the end")

    def key(self) -> Any:
        """Equal for positions from which the same can follow."""
        snapshot = self.core.snapshot()
        attempts = {process.instance: process.attempt for process in self._processes()}
        asked = tuple(sorted((instance, attempt - attempts[instance]) for instance, attempt in self.asked.items()))
        outside = (asked, tuple(sorted(self.alive)), tuple(sorted(self.open)), self.refuse, self.shutting, self.over)
        return _relative(snapshot, self.now), outside


def _relative(snapshot: Snapshot, now: int) -> Any:
    """The snapshot with times as distances from now, and without what nothing depends on."""
    from initd.supervise.process import Process

    at = {field: place for place, field in enumerate(Process.FIELDS)}
    groups = []
    for policy, members in snapshot.groups:
        for member in members:
            values = list(member)
            limit = values[at["policy"]].startsecs * SECOND + 1
            values[at["up_since"]] = min(now - values[at["up_since"]], limit) if values[at["pid"]] else 0
            values[at["failures"]] = min(values[at["failures"]], values[at["policy"]].startretries + 1)
            values[at["credit_ns"]] = max(values[at["credit_ns"]] - now, 0)
            for field in ("due_ns", "report_ns"):
                when = values[at[field]]
                values[at[field]] = None if when is None else when - now
            values[at["kills"]] = min(values[at["kills"]], 1)
            for field in ("starters", "stoppers", "queued"):
                values[at[field]] = tuple(sorted(values[at[field]]))
            for field in ("attempt", "start_wall", "stop_wall", "exitstatus", "spawnerr"):
                values[at[field]] = 0
            groups.append((policy.name, tuple(values)))
    shutdown = snapshot.shutdown
    if shutdown is not None:
        shutdown = tuple(each - now if type(each) is int and each > SECOND // 2 else each for each in shutdown)
    return snapshot.mood, snapshot.finished, tuple(groups), shutdown


def explore(
    policies: tuple[ProcessPolicy, ...],
    depth: int | None = None,
    commands: tuple[str, ...] = COMMANDS,
    without: frozenset[str] = frozenset(),
) -> tuple[int, int]:
    """Visit every position within `depth` moves of the boot (None: all there are); how many positions and moves.

    `without` are kinds of moves that are left out. Raises Broken with the way to it where a rule does not hold.
    """
    start = Position.boot(policies)
    seen = {start.key()}
    front: list[tuple[Position, tuple[Move, ...]]] = [(start, ())]
    moves = 0
    while front and (depth is None or depth > 0):
        depth = None if depth is None else depth - 1
        further = []
        for position, way in front:
            for move in () if position.over else position.moves(commands):
                if move.kind in without:
                    continue
                moves += 1
                then = position.copy()
                try:
                    then.make(move)
                    key = then.key()
                    if key not in seen:
                        seen.add(key)
                        hear_old_news(then.copy())
                        wind_up(then.copy())
                        further.append((then, (*way, move)))
                except Broken as broken:
                    raise Broken(f"{broken}\nafter " + ", ".join(map(str, (*way, move)))) from None
        front = further
    return len(seen), moves


def wind_up(position: Position) -> None:
    """Shut down, with children that die of any signal and spawns that come to nothing: it must end, all answered."""
    position.refuse = False
    if not position.shutting:
        position.make(Move("shutdown"))
    for _ in range(WIND_UP_STEPS):
        if position.over:
            _require(not position.open, f"never answered: {position.open}")
            return
        if position.asked:
            position.make(Move("unborn", min(position.asked)))
        elif stopping := [pid for pid in position.alive if pid in position._held()]:
            position.make(Move("ends", stopping[0], -1))
        else:
            _require(position.core.next_deadline() is not None, "a shutdown that waits for nothing")
            position.make(Move("time"))
    raise Broken("a shutdown without an end")


def hear_old_news(position: Position) -> None:
    """What is told of children, attempts and signals that are over, and of time that has not passed, changes nothing."""
    before = position.key()
    for process in position._processes():
        gone, instance, attempt = 99 + 100 * process.instance, process.instance, process.attempt
        for news in (
            events.Reaped(instance, gone, 1, "ended"),
            events.Signalled(instance, gone, SIGKILL, EPERM, "no"),
            events.SpawnFailed(instance, attempt - 1, "no"),
            events.SetupNoted(instance, attempt - 1, "exec", 2),
            events.TimePassed(),
        ):
            due = position.core.next_deadline()
            if not isinstance(news, events.TimePassed) or due is None or due > position.now:
                position.feed(news)
                _require(position.key() == before, f"old news are obeyed: {news}")


def _require(holds: bool, text: str) -> None:
    if not holds:
        raise Broken(text)
