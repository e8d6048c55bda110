"""An account: the story of one session of a real daemon, with the scenario it must have been, and what its source leaves open.

The scenario is made of what was seen: each child lived the life it lived, each operation came when it was heard of. `Telling`
puts both together while a source is read, in whatever order it has them.
"""

from __future__ import annotations

from initd.errors import InitdError
from initd.record import Record
from sim.invariants import Finding
from sim.scenario import Group, Kind, Life, Op, Program, Scenario

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from initd.config.model import GroupConfig, ProcessConfig
    from sim.trace import Entry

CALLS = (Kind.START, Kind.STOP, Kind.SIGNAL)
REFUSED = "refused"
"""Why a fork did not take place is told elsewhere; here it is enough that it did not."""


class AccountError(InitdError):
    """A file no story can be read from: the text says where and why."""


class Account(Record):
    """One session. `unknown` names the laws its source cannot show to hold, `unjudged` the programs it is not clear about.

    `lines` says where each entry was read. `broken` is what needs no story to be seen. `tolerance_ns` is how far its times
    may be off.
    """

    title: str
    scenario: Scenario
    trace: tuple[Entry, ...]
    lines: Mapping[Entry, int]
    unknown: Mapping[str, str] = {}
    unjudged: Mapping[str, str] = {}
    broken: tuple[tuple[Finding, int], ...] = ()
    tolerance_ns: int = 0


class Asked:
    """An operation, and its answer once there is one."""

    __slots__ = ("answer", "line", "op")

    def __init__(self, op: Op, line: int) -> None:
        self.op, self.line = op, line
        self.answer: tuple[int, str, int] | None = None


class _Life:
    __slots__ = ("born_ns", "ends_ns", "killed_ns", "noticed", "outlived_ns", "refused", "status")

    def __init__(self, born_ns: int, refused: bool = False) -> None:
        self.born_ns, self.refused = born_ns, refused
        self.ends_ns: int | None = None
        self.killed_ns: int | None = None
        self.outlived_ns: int | None = 0
        self.noticed = False
        self.status = 0

    def life(self) -> Life:
        """As the scenario has it: it ended by itself; what SIGKILL takes longer than no time for was seen to."""
        if self.refused:
            return Life(refused=REFUSED)
        outlived_ns = self.ends_ns if self.outlived_ns is None else self.outlived_ns
        kill_ns = max(0, (outlived_ns or 0) - self.killed_ns) if self.killed_ns is not None else 0
        return Life(None if self.ends_ns is None else self.ends_ns - self.born_ns, self.status, None, None, kill_ns)


class _Member:
    __slots__ = ("group", "lives", "spec")

    def __init__(self, spec: Program, group: str) -> None:
        self.spec, self.group = spec, group
        self.lives: list[_Life] = []


class Telling:
    """A story in the making. Programs are called `group:program`; one that was added again gets a number."""

    def __init__(self) -> None:
        self.entries: list[tuple[Entry, int]] = []
        self.asked: list[Asked] = []
        self.broken: list[tuple[Finding, int]] = []
        self._members: dict[str, _Member] = {}
        self._priorities: dict[str, int] = {}

    def add(self, group: GroupConfig, later: bool = False) -> dict[str, str]:
        """A group that is there from the boot, or was added later by a client; its programs' names by process name."""
        label = group.name
        while later and label in self._priorities:
            label += "+"
        self._priorities[label] = group.priority
        names = {}
        for process in group.processes:
            names[process.name] = f"{label}:{process.name}"
            self._members[names[process.name]] = _Member(program(process, not later), label)
        return names

    def drop(self, name: str) -> None:
        """Say nothing of that program."""
        del self._members[name]
        self.entries = [each for each in self.entries if each[0][1] != name]
        self.asked = [each for each in self.asked if each.op.target != name]

    def names(self) -> list[str]:
        """Every program."""
        return list(self._members)

    def spec(self, name: str) -> Program:
        """What is configured for that program."""
        return self._members[name].spec

    def tell(self, time_ns: int, name: str, what: str, detail: str, line: int) -> None:
        """One more entry; in any order."""
        self.entries.append(((time_ns, name, what, detail), line))

    def born(self, time_ns: int, name: str, line: int) -> None:
        """A child."""
        lives = self._members[name].lives
        lives.append(_Life(time_ns))
        self.tell(time_ns, name, "spawn", str(len(lives)), line)

    def refused(self, time_ns: int, name: str) -> None:
        """There is no child this time, for a reason."""
        self._members[name].lives.append(_Life(time_ns, True))

    def struck(self, time_ns: int, name: str, signal: int) -> None:
        """A signal of the daemon's reached its child."""
        lives = self._members[name].lives
        if signal == 9 and lives and lives[-1].killed_ns is None:
            lives[-1].killed_ns = time_ns

    def ended(self, time_ns: int, name: str, status: int, alive_ns: int | None = 0) -> None:
        """Its child has ended; at `alive_ns` it was still alive, or with None until this is noticed."""
        lives = self._members[name].lives
        if lives:
            lives[-1].ends_ns, lives[-1].status, lives[-1].outlived_ns = time_ns, status, alive_ns

    def alive(self, time_ns: int) -> None:
        """Every child that has not ended was alive then."""
        for member in self._members.values():
            if member.lives and member.lives[-1].ends_ns is None:
                member.lives[-1].outlived_ns = time_ns

    def noticed(self, time_ns: int, name: str) -> None:
        """The daemon has come to know of the end of its child, if it had one."""
        lives = self._members[name].lives
        if lives and lives[-1].ends_ns is not None and not lives[-1].noticed:
            lives[-1].ends_ns, lives[-1].noticed = time_ns, True

    def ask(self, time_ns: int, kind: Kind, target: str, argument: int, line: int) -> Asked:
        """An operation."""
        made = Asked(Op(time_ns, kind, target, argument), line)
        self.asked.append(made)
        return made

    def did(self, time_ns: int, kind: Kind, target: str, line: int, argument: int = 0) -> None:
        """An operation that no client waits for an answer to."""
        self.ask(time_ns, kind, target, argument, line).answer = (time_ns, "", line)

    def account(
        self, title: str, until_ns: int, unknown: Mapping[str, str], unjudged: Mapping[str, str], tolerance_ns: int = 0
    ) -> Account:
        """All of it, in order of time."""
        self.asked.sort(key=lambda each: each.op.time_ns)
        entries = list(self.entries)
        for at, each in enumerate(self.asked):
            if each.answer is not None and each.op.kind in CALLS:
                time_ns, answer, line = each.answer
                entries.append(((time_ns, each.op.target, "answer", f"{at} {answer}".rstrip()), line))
        entries.sort(key=lambda each: each[0][0])
        scenario = Scenario(self._groups(), tuple(each.op for each in self.asked), until_ns)
        return Account(
            title,
            scenario,
            tuple(entry for entry, _ in entries),
            dict(reversed(entries)),
            unknown,
            unjudged,
            tuple(self.broken),
            tolerance_ns,
        )

    def _groups(self) -> tuple[Group, ...]:
        made: dict[str, list[Program]] = {}
        for each in self._members.values():
            lives = tuple(life.life() for life in each.lives) or (Life(),)
            made.setdefault(each.group, []).append(each.spec.replace(lives=lives))
        return tuple(Group(name, tuple(members), self._priorities[name]) for name, members in made.items())


def program(config: ProcessConfig, autostart: bool = True) -> Program:
    """A program's options as a scenario has them."""
    return Program(
        config.name,
        priority=config.priority,
        autostart=config.autostart and autostart,
        startsecs=config.startsecs,
        startretries=config.startretries,
        autorestart=config.autorestart.value,
        exitcodes=tuple(config.exitcodes),
        stopsignal=int(config.stopsignal),
        stopwaitsecs=config.stopwaitsecs,
        stopasgroup=config.stopasgroup,
        killasgroup=config.killasgroup,
    )


def full_names(groups: Sequence[GroupConfig]) -> dict[str, list[str]]:
    """Every program's full names by the name that log lines use."""
    found: dict[str, list[str]] = {}
    for group in groups:
        for process in group.processes:
            found.setdefault(process.name, []).append(f"{group.name}:{process.name}")
    return found
