"""What a story has told so far: everything the checkers look at, kept up entry by entry. No rule belongs here.

Operations count as done once the story has come to their time: whether one came before or after an entry of the same instant
is not told, so a checker that asks "was there a start?" takes a start of this very instant for one.
"""

from __future__ import annotations

from sim.scenario import SECOND_NS, Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.scenario import Life, Op, Program, Scenario
    from sim.trace import Entry

NEVER = -1
UP = frozenset({"STARTING", "RUNNING", "BACKOFF"})
DOWN = frozenset({"STOPPED", "EXITED", "FATAL", "UNKNOWN"})
CAP_NS = 30 * SECOND_NS
"""How long all those together who survive SIGKILL may hold a shutdown up (D7)."""


class Actor:
    """One program as told so far. `alive`: it has a process, as far as the story goes; times are NEVER or the last one.

    `forks` counts what was tried, refused ones included. `failures` is the failure counter as it ought to be. `signals` are
    those of the stop under way, `killed_ns` and `kill_ns` the first and the last SIGKILL of the daemon's own in it,
    `nine_ns` the last of anybody's. `struck` says that something else than its own end may have ended the child. `due_ns`
    is when an automatic restart ought to have come, None for none.
    """

    __slots__ = (
        "alive", "client_ns", "client_signals", "due_ns", "failures", "fork_ns", "forks", "group", "hit_ns", "kill_ns",
        "killed_ns", "name", "nine_ns", "refused_ns", "short_ns", "signals", "since_ns", "spec", "start_ns", "startsecs_ns",
        "state", "stop_op_ns", "stopwait_ns", "struck", "tries",
    )  # fmt: skip

    def __init__(self, name: str, group: int, spec: Program) -> None:
        self.name, self.group, self.spec = name, group, spec
        self.startsecs_ns, self.stopwait_ns = spec.startsecs * SECOND_NS, spec.stopwaitsecs * SECOND_NS
        self.state, self.since_ns, self.tries = "STOPPED", NEVER, 0
        self.alive = self.struck = False
        self.forks = self.failures = self.signals = 0
        self.fork_ns = self.kill_ns = self.killed_ns = self.nine_ns = self.short_ns = NEVER
        self.start_ns = self.stop_op_ns = self.refused_ns = self.hit_ns = NEVER
        self.client_ns, self.client_signals = NEVER, frozenset[int]()
        self.due_ns: int | None = None

    def by_client(self, entry: Entry) -> bool:
        """Whether a client may have had the signal of that entry sent."""
        return self.client_ns == entry[0] and int(entry[3].partition(" ")[0]) in self.client_signals

    def life(self) -> Life:
        """What becomes of the child there is."""
        return self.spec.life(max(self.forks, 1))


class Seen:
    """A story as told so far. `unstopped` counts, per group in order of priority, who does not count as down.

    Of the entry that is looked at, `what` is the state entered or else its `what`, and `more` what a state has besides its name.
    """

    __slots__ = (
        "_at", "_ops", "actors", "answers", "blur_ns", "booting", "exit_ns", "more", "now", "ops", "scenario", "shutdown_first",
        "shutdown_ns", "slack_ns", "unstopped", "what",
    )  # fmt: skip

    def __init__(self, scenario: Scenario, slack_ns: int, blur_ns: int = 0) -> None:
        self.scenario, self.slack_ns, self.blur_ns = scenario, slack_ns, blur_ns
        self.now = NEVER
        self.what = self.more = ""
        self.ops = self._ops = scenario.ops
        self._at = 0
        groups = sorted(scenario.groups, key=lambda group: (group.priority, group.name))
        actors = [
            Actor(f"{group.name}:{each.name}", rank, each) for rank, group in enumerate(groups) for each in group.programs
        ]
        self.actors = {actor.name: actor for actor in actors}
        self.unstopped = [0] * len(groups)
        self.answers: dict[int, str] = {}
        self.booting = 0
        self.shutdown_ns = self.exit_ns = NEVER
        self.shutdown_first = False

    def come_to(self, time_ns: int) -> None:
        """Time has come to this; note what was done from outside by now."""
        self.now = time_ns
        ops = self._ops
        while self._at < len(ops) and ops[self._at].time_ns <= time_ns:
            self._note(ops[self._at], not self._at or ops[self._at - 1].time_ns < ops[self._at].time_ns)
            self._at += 1

    def _note(self, op: Op, first: bool) -> None:
        kind = op.kind
        if kind is Kind.SHUTDOWN:
            if self.shutdown_ns == NEVER:
                self.shutdown_ns, self.shutdown_first = op.time_ns, first and op.time_ns > 0
        elif kind is not Kind.WALL:
            actor = self.actors[op.target]
            if kind is Kind.START:
                actor.start_ns = op.time_ns
            elif kind is Kind.STOP:
                actor.stop_op_ns = op.time_ns
            elif kind is Kind.REFUSE:
                actor.refused_ns = op.time_ns
            elif kind is Kind.SIGNAL:
                earlier = actor.client_signals if actor.client_ns == op.time_ns else frozenset()
                actor.client_ns, actor.client_signals = op.time_ns, earlier | {op.argument}
                actor.struck, actor.hit_ns = True, op.time_ns
            else:
                actor.struck, actor.hit_ns = True, op.time_ns

    def take(self, entry: Entry, actor: Actor | None) -> None:
        """One more entry, which the checkers have seen."""
        time_ns, _, what, detail = entry
        if actor is None:
            if what == "exit":
                self.exit_ns = time_ns
        elif what == "state":
            self._enter(actor, time_ns)
        elif what == "spawn":
            actor.alive, actor.struck = True, actor.hit_ns == time_ns
            actor.forks, actor.fork_ns = int(detail), time_ns
        elif what == "signal":
            first, actor.signals = not actor.signals, actor.signals + 1
            actor.struck = True
            asked = (
                first and actor.spec.stopsignal == 9 and actor.refused_ns == NEVER
            )  # no escalation, but the stop itself
            if detail.startswith("9"):
                actor.nine_ns = time_ns
            if detail.startswith("9") and not asked and not actor.by_client(entry):
                actor.kill_ns = time_ns
                if actor.killed_ns == NEVER:
                    actor.killed_ns = time_ns
        elif what == "answer":
            self.answers[int(detail.partition(" ")[0])] = detail

    def _enter(self, actor: Actor, time_ns: int) -> None:
        state, more = self.what, self.more
        was, actor.state, actor.since_ns = actor.state, state, time_ns
        if (state in DOWN) is not (was in DOWN):
            self.unstopped[actor.group] += 1 if was in DOWN else -1
        actor.due_ns, actor.tries = None, 0
        if state == "STARTING":
            actor.tries = int(more)
        elif state == "BACKOFF":
            if not actor.alive:
                actor.forks += 1  # refused
            actor.failures += 1
            actor.tries = int(more)
            actor.alive = False
        elif state == "RUNNING" or state == "FATAL":
            actor.failures = 0
        elif state == "STOPPING":
            actor.signals, actor.kill_ns, actor.killed_ns, actor.nine_ns = 0, NEVER, NEVER, NEVER
        elif state == "STOPPED":
            actor.alive = False
        elif state == "EXITED":
            actor.alive, actor.failures = False, 0
            restart = actor.spec.autorestart
            if restart == "true" or (restart == "unexpected" and more == "unexpected"):
                actor.due_ns = time_ns
