"""The fast stage: the shipped core alone (`initd.supervise.supervisor`), with the least that can carry out its effects.

The order at one instant is the shipped driver's (`initd.drive.apply`; D2, D5, D33), in turns: a SIGTERM to the daemon, then the
reaps of all who have ended by then, eldest first, then the deadlines, then the forks asked for; again until nothing is left to do
at that instant. Only then comes the next operation, and after each of them the same again. So an operation finds
everything settled, but for a SHUTDOWN that is the first at its instant: signals come before reaps.
"""

from __future__ import annotations

from collections import deque

from initd.record import quicken
from initd.states import Mood, ProcessState
from initd.supervise import effects
from initd.supervise.events import (
    Booted,
    GroupAdded,
    Reaped,
    ShutdownAsked,
    SignalAsked,
    Signalled,
    Spawned,
    SpawnFailed,
    StartAsked,
    StopAsked,
    TimePassed,
)
from initd.supervise.supervisor import Supervisor
from sim.scenario import Kind
from sim.stage.lives import Actor, Child, Children
from sim.stage.policies import group_policy
from sim.trace import whereabouts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from initd.supervise.events import Event
    from sim.scenario import Op, Scenario
    from sim.trace import Trace

    Late = Callable[[str, int], int | None]
    Choose = Callable[[int], int]

START_OF_TIME_NS = 1_700_000_000 * 1_000_000_000
FIRST_PID = 100
ESRCH = 3
TURNS_AT_ONE_INSTANT = 10_000
PLAIN = {state: state.name for state in ProcessState}

quicken(Reaped, Signalled, Spawned, SpawnFailed, StartAsked, StopAsked, SignalAsked, TimePassed)
quicken(GroupAdded, effects.Spawn, effects.Kill, effects.StateChanged, effects.Log, effects.Reply, effects.GroupChanged)


class StageError(Exception):
    """The story does not come to an end: the supervisor spins at one instant."""


def play(
    scenario: Scenario, *, late: Late | None = None, choose: Choose | None = None, restore_every: int = 0
) -> Trace:
    """The story of a scenario.

    `late(program, attempt)` says how many nanoseconds after its Spawn a fork is answered, None for never; by default at
    once. `choose(n)` picks who of n children that ended at one instant is reaped next; by default the eldest. With
    `restore_every` the core is replaced by one restored from its snapshot after that many events, which nobody may notice.
    """
    stage = CoreStage(scenario, late, choose, restore_every)
    try:
        stage.run()
    except Exception as error:
        error.add_note(whereabouts(stage.trace))
        raise
    return stage.trace


class CoreStage:
    """One run; `trace` grows as the story goes."""

    def __init__(self, scenario: Scenario, late: Late | None, choose: Choose | None, restore_every: int) -> None:
        self._scenario = scenario
        self._late, self._choose, self._restore_every = late, choose, restore_every
        self.trace: Trace = []
        self.core = Supervisor()
        self.now, self.wall_offset_ns = 0, START_OF_TIME_NS
        self.over, self.handled = False, 0
        self._children = Children()
        self._groups = sorted(scenario.groups, key=lambda group: (group.priority, group.name))  # as configuration does
        # The core numbers them so, from 1.
        self._actors = [Actor(f"{group.name}:{each.name}", each) for group in self._groups for each in group.programs]
        self._by_name = {actor.name: at + 1 for at, actor in enumerate(self._actors)}
        self._events: deque[Event] = deque()
        self._forks: list[effects.Spawn] = []
        self._later: list[tuple[int, effects.Spawn]] = []
        self._withheld: dict[int, effects.Spawn] = {}

    def run(self) -> None:
        """Play it to its end."""
        for group in self._groups:
            self._handle(GroupAdded(group_policy(group)))
        self._handle(Booted())
        next_ns = self._settle()
        ops, at, until_ns = self._scenario.ops, 0, self._scenario.until_ns
        while not self.over:
            op = ops[at] if at < len(ops) else None
            if op is not None and (next_ns is None or op.time_ns <= next_ns):
                next_ns = op.time_ns
            if next_ns is None or next_ns > until_ns:
                return
            self.now = next_ns = max(self.now, next_ns)
            if op is not None and op.time_ns <= next_ns and op.kind is Kind.SHUTDOWN:
                self._shut_down(at, op)
                at += 1
            next_ns = self._settle()
            while at < len(ops) and ops[at].time_ns <= self.now and not self.over:
                OPERATIONS[ops[at].kind](self, at, ops[at])
                at += 1
                next_ns = self._settle()

    # -- turns -------------------------------------------------------------------------------------------------------

    def _settle(self) -> int | None:
        """Turns until there is nothing more to do at this instant; when there will be next."""
        now, children = self.now, self._children
        for _ in range(TURNS_AT_ONE_INSTANT):
            next_ns = deadline = self.core.next_deadline()
            end_ns = children.next_ns()
            if end_ns is not None and (next_ns is None or end_ns < next_ns):
                next_ns = end_ns
            for due_ns, _ in self._later:
                if next_ns is None or due_ns < next_ns:
                    next_ns = due_ns
            if (next_ns is None or next_ns > now) and not self._forks:
                return next_ns
            if end_ns is not None and end_ns <= now:
                self._reap_all(children.take_dead(now))
                deadline = self.core.next_deadline()
            self._finish(deadline)
        raise StageError(f"{TURNS_AT_ONE_INSTANT} turns at {now} ns")

    def _shut_down(self, at: int, op: Op) -> None:
        """A turn that begins with a SIGTERM to the daemon: a signal is looked at before reaps and deadlines."""
        dead = self._children.take_dead(self.now)
        self._handle(ShutdownAsked())
        self._reap_all(dead)
        self._finish(self.core.next_deadline())

    def _reap_all(self, dead: list[Child]) -> None:
        """The reaps of a turn."""
        for child in dead:
            child.reaped = True  # all of them, before the core hears of the first
        if self._choose is None:
            for child in dead:
                self._reap(child)
        else:
            while dead:
                self._reap(dead.pop(self._choose(len(dead))))

    def _finish(self, deadline: int | None) -> None:
        """The deadlines and the forks of a turn."""
        if deadline is not None and deadline <= self.now:
            self._handle(TimePassed())
        if self._later:
            self._forks = [spawn for due_ns, spawn in self._later if due_ns <= self.now] + self._forks
            self._later = [each for each in self._later if each[0] > self.now]
        if self._forks:
            due, self._forks = self._forks, []
            for spawn in due:
                self._fork(spawn)

    def _reap(self, child: Child) -> None:
        self._actors[child.owner - 1].child = None
        status = max(child.status, -1)
        cause = f"exit status {status}" if status >= 0 else f"terminated by signal {-child.status}"
        self._handle(Reaped(child.owner, FIRST_PID + child.rank, status, cause, self._wall()))

    def _fork(self, spawn: effects.Spawn) -> None:
        actor = self._actors[spawn.instance - 1]
        actor.tries += 1
        life = actor.program.life(actor.tries)
        if life.refused:
            self._handle(SpawnFailed(spawn.instance, spawn.attempt, life.refused, self._wall()))
            return
        actor.child = child = self._children.bear(spawn.instance, life, self.now)
        self.trace.append((self.now, actor.name, "spawn", str(actor.tries)))
        self._handle(Spawned(spawn.instance, spawn.attempt, FIRST_PID + child.rank, self._wall()))

    def _wall(self) -> int:
        return self.now + self.wall_offset_ns

    def _handle(self, event: Event) -> None:
        """Tell the core and do what it says; what arises from that follows in order, as in the driver."""
        events, now, carry_out = self._events, self.now, EFFECTS.get
        while True:
            for effect in self.core.handle(event, now):
                action = carry_out(type(effect))
                if action is not None:
                    action(self, effect)
            if self._restore_every:
                self.handled += 1
                if self.handled % self._restore_every == 0:
                    self.core = Supervisor.restore(self.core.snapshot())
            if not events:
                return
            event = events.popleft()

    # -- effects -----------------------------------------------------------------------------------------------------

    def _changed(self, change: effects.StateChanged) -> None:
        state = change.new
        detail = PLAIN[state]
        if state is ProcessState.STARTING or state is ProcessState.BACKOFF:
            detail = f"{detail} {change.tries}"
        elif state is ProcessState.EXITED:
            detail += " expected" if change.expected else " unexpected"
        self.trace.append((self.now, self._actors[change.instance - 1].name, "state", detail))

    def _spawn(self, spawn: effects.Spawn) -> None:
        if self._late is None:
            self._forks.append(spawn)
            return
        actor = self._actors[spawn.instance - 1]
        delay_ns = self._late(actor.name, actor.tries + 1)
        if delay_ns is None:
            self._withheld[spawn.instance] = spawn
        else:
            self._later.append((self.now + delay_ns, spawn))

    def _cancel(self, cancel: effects.CancelSpawn) -> None:
        key = (cancel.instance, cancel.attempt)
        asked = len(self._forks) + len(self._later)
        self._forks = [each for each in self._forks if (each.instance, each.attempt) != key]
        self._later = [each for each in self._later if (each[1].instance, each[1].attempt) != key]
        if len(self._forks) + len(self._later) == asked and self._withheld.pop(cancel.instance, None) is None:
            return
        self._events.append(SpawnFailed(cancel.instance, cancel.attempt, "", self._wall()))

    def _kill(self, kill: effects.Kill) -> None:
        actor = self._actors[kill.instance - 1]
        child = actor.child
        there = child is not None and not child.reaped
        code = 0 if there else ESRCH  # who has been reaped is nobody's to signal: the driver does not even ask
        if there and actor.refusals:
            code = actor.refusals.pop(0)
        else:
            detail = f"{kill.signal} group" if kill.group else str(kill.signal)
            self.trace.append((self.now, actor.name, "signal", detail))
            if child is not None:
                self._children.strike(child, kill.signal, self.now)
        text = f"errno {code}" if code else ""
        self._events.append(Signalled(kill.instance, kill.pid, kill.signal, code, text, kill.request))

    def _reply(self, reply: effects.Reply) -> None:
        self._answer(reply.request, "OK" if reply.outcome is effects.Outcome.DONE else reply.outcome.name)

    def _answer(self, at: int, answer: str) -> None:
        self.trace.append((self.now, self._scenario.ops[at].target, "answer", f"{at} {answer}"))

    def _exit(self, end: effects.Exit) -> None:
        self.over = True
        self.trace.append((self.now, "", "exit", str(end.status)))

    # -- operations --------------------------------------------------------------------------------------------------

    def _ask(self, at: int, op: Op) -> None:
        instance = self._by_name[op.target]
        if self.core.mood is not Mood.RUNNING:
            self._answer(at, "SHUTDOWN_STATE")  # every call of a client looks at that first
        elif op.kind is Kind.SIGNAL:
            self._handle(SignalAsked(instance, op.argument, at))
        else:
            self._handle((StartAsked if op.kind is Kind.START else StopAsked)(instance, False, at))

    def _outsider(self, at: int, op: Op) -> None:
        child = self._actors[self._by_name[op.target] - 1].child
        if child is not None:
            self._children.strike(child, op.argument, self.now)

    def _refuse(self, at: int, op: Op) -> None:
        self._actors[self._by_name[op.target] - 1].refusals.append(op.argument)

    def _step_wall(self, at: int, op: Op) -> None:
        self.wall_offset_ns += op.argument


EFFECTS: dict[type[effects.Effect], Callable[[CoreStage, Any], None]] = {
    effects.StateChanged: CoreStage._changed,
    effects.Spawn: CoreStage._spawn,
    effects.CancelSpawn: CoreStage._cancel,
    effects.Kill: CoreStage._kill,
    effects.Reply: CoreStage._reply,
    effects.Exit: CoreStage._exit,
}
"""What is carried out; log lines, moods and groups have no place in a story."""
OPERATIONS: dict[Kind, Callable[[CoreStage, int, Op], None]] = {
    Kind.START: CoreStage._ask,
    Kind.STOP: CoreStage._ask,
    Kind.SIGNAL: CoreStage._ask,
    Kind.OUTSIDER: CoreStage._outsider,
    Kind.REFUSE: CoreStage._refuse,
    Kind.WALL: CoreStage._step_wall,
    Kind.SHUTDOWN: CoreStage._shut_down,
}
