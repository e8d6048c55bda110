"""What a page shows of a play: the stories side by side, how children ended, what lasted, what is wrong and what is meant.

`of` is for a scenario and its trace, `of_siege` for a siege. The statuses of children are no part of a story: they follow from
the scenario's lives and from the signals that were told of.
"""

from __future__ import annotations

import signal

from sim.invariants import Finding, judge
from sim.lanes import Band, Mark, Telling, Tick
from sim.page import Exhibit
from sim.scenario import Kind, from_json, to_json
from sim.stage.lives import Child

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sim.campaign import Failure
    from sim.judges import Play
    from sim.oracle.differential import Register
    from sim.scenario import Life, Op, Scenario
    from sim.stage.siege import Result, Siege
    from sim.stage.site import Site
    from sim.trace import Entry, Trace

OURS, THEIRS, MODEL = "initd", "supervisor 4.3.0", "reference model"
APART_NS = 100_000_000
"""What a nemesis does within so long is one tick on its lane."""
CALLS = (Kind.START, Kind.STOP, Kind.SIGNAL)


def of(
    scenario: Scenario, trace: Sequence[Entry], reasons: Sequence[str] = (), title: str = "Scenario",
    register: Register | None = None, model: bool = False, findings: Sequence[Finding] | None = None,
) -> Exhibit:  # fmt: skip
    """The exhibit of a story; with a register supervisor's beside it, with `model` the reference model's.

    `findings` are those of `judge`, if the story was judged already.
    """
    names = [name for name, _ in scenario.programs()]
    findings = judge(scenario, list(trace)) if findings is None else findings
    tellings, marks, notes = [Telling(OURS, tuple(trace))], [_mark(each) for each in findings], []
    if register is not None:
        told, partings = _differences(scenario, trace, register)
        tellings.append(Telling(THEIRS, tuple(told)))
        marks += partings
    if model:
        from sim.model import tell  # only who compares needs it

        expected = tell(scenario)
        tellings.append(Telling(MODEL, tuple(expected.trace)))
        notes += [f"The specification is silent on: {silence}" for silence in expected.silences]
    strays = [entry[1] for telling in tellings for entry in telling.trace]
    return Exhibit(
        title,
        scenario.until_ns,
        ("", *names, *sorted(set(strays) - set(names) - {""})),
        tuple(tellings),
        (*_done(scenario), *_ends(scenario, trace)),
        tuple(_bands(scenario, trace)),
        tuple(marks),
        tuple(reasons),
        tuple(notes),
        to_json(scenario),
    )


def _mark(finding: Finding) -> Mark:
    return Mark(finding.entry[0], finding.entry[1], OURS, finding.name, f"{finding.outcome.value}: {finding.text}")


def _differences(scenario: Scenario, trace: Sequence[Entry], register: Register) -> tuple[Trace, list[Mark]]:
    """Supervisor's story, and a mark where it parts from ours: the row of the register that means it, or that none does."""
    from sim.oracle.differential import describe
    from sim.oracle.play import play

    finding = register.compare(scenario, list(trace))
    rows = {row.predicate: row for row in register.rows}
    marks = [
        Mark(parting.time_ns, parting.program, THEIRS, rows[name].id, rows[name].reason, meant=True)
        for name, parting in finding.partings
    ]
    if finding.unexplained is not None:
        parting = finding.unexplained
        marks.append(Mark(parting.time_ns, parting.program, THEIRS, "differs", describe(parting)))
    explained = {name for name, _ in finding.partings}
    steps = [op.time_ns for op in scenario.ops if op.kind is Kind.WALL]
    marks += [
        Mark(steps[0], "", THEIRS, rows[name].id, rows[name].reason, meant=True)
        for name in finding.met
        if name not in explained and steps
    ]
    return play(scenario), marks


# -- what was done, and what came of children


def _done(scenario: Scenario) -> Iterator[Tick]:
    for at, op in enumerate(scenario.ops):
        text = f"{op.kind.value} {op.argument or ''}".strip()
        if op.kind in CALLS or op.kind is Kind.SHUTDOWN:
            yield Tick(op.time_ns, op.target, "call", f"{text} #{at}")
        else:
            yield Tick(op.time_ns, op.target, "fault", f"{_fault(op)} #{at}")


def _fault(op: Op) -> str:
    if op.kind is Kind.WALL:
        return f"wall clock {op.argument / 1e9:+g} s"
    return f"outsider sends {op.argument}" if op.kind is Kind.OUTSIDER else f"next kill fails, errno {op.argument}"


def _ends(scenario: Scenario, trace: Sequence[Entry]) -> Iterator[Tick]:
    """How each child ended, when that was noticed."""
    programs = dict(scenario.programs())
    struck = [(op.time_ns, op.target, str(op.argument)) for op in scenario.ops if op.kind is Kind.OUTSIDER]
    children: dict[str, Child] = {}
    forks: dict[str, int] = {}
    for time_ns, name, what, detail in trace:
        while struck and struck[0][0] < time_ns:
            _strike(children, *struck.pop(0))
        if what == "spawn" and name in programs:
            forks[name] = int(detail)
            children[name] = _child(forks[name], programs[name].life(forks[name]), time_ns)
        elif what == "signal":
            _strike(children, time_ns, name, detail)
        elif what == "state" and detail.split()[0] in ("BACKOFF", "EXITED", "STOPPED") and name in children:
            for each in [each for each in struck if each[:2] == (time_ns, name)]:
                _strike(children, *each)
                struck.remove(each)
            yield Tick(time_ns, name, "exit", _status(children.pop(name), time_ns))


def _child(rank: int, life: Life, born_ns: int) -> Child:
    child = Child(rank, 0, life)
    child.end_ns = None if life.ends_ns is None else born_ns + life.ends_ns
    return child


def _strike(children: dict[str, Child], time_ns: int, name: str, detail: str) -> None:
    child = children.get(name)
    if child is not None and not (child.end_ns is not None and child.end_ns < time_ns):
        child.strike(int(detail.split()[0]), time_ns)


def _status(child: Child, time_ns: int) -> str:
    if child.end_ns is None or child.end_ns > time_ns:
        return ""  # who tells this tells of an end that the scenario does not know
    if child.status >= 0:
        return str(child.status)
    names = {number.value: number.name for number in signal.Signals}
    return names.get(-child.status, f"signal {-child.status}")


# -- what lasts


def _bands(scenario: Scenario, trace: Sequence[Entry]) -> Iterator[Band]:
    ahead_ns, since_ns = 0, 0
    for op in scenario.ops:
        if op.kind is Kind.WALL:
            if ahead_ns:
                yield Band("*", since_ns, op.time_ns, f"the wall clock is {ahead_ns / 1e9:+g} s off")
            ahead_ns, since_ns = ahead_ns + op.argument, op.time_ns
        elif op.kind is Kind.REFUSE:
            yield Band(op.target, op.time_ns, _refused_until(op, trace), _fault(op))
        elif op.kind is Kind.OUTSIDER:
            yield Band(op.target, op.time_ns, op.time_ns, _fault(op))
    if ahead_ns:
        yield Band("*", since_ns, None, f"the wall clock is {ahead_ns / 1e9:+g} s off")
    yield from _of_lives(scenario, trace)


def _refused_until(op: Op, trace: Sequence[Entry]) -> int | None:
    """When somebody tried to send a signal next."""
    for time_ns, name, what, detail in trace:
        if name == op.target and time_ns >= op.time_ns:
            if what == "signal" or (what == "state" and detail in ("STOPPING", "UNKNOWN", "STOPPED")):
                return time_ns
    return None


def _of_lives(scenario: Scenario, trace: Sequence[Entry]) -> Iterator[Band]:
    """Forks that are refused, and children that do not die of SIGKILL."""
    for name, program in scenario.programs():
        forks, alive, killed_ns = 0, False, None
        for time_ns, _, what, detail in (entry for entry in trace if entry[1] == name):
            if what == "spawn":
                forks, alive, killed_ns = int(detail), True, None
            elif what == "signal" and detail.startswith("9") and alive and killed_ns is None:
                killed_ns = time_ns
            elif what == "state" and detail.split()[0] in ("BACKOFF", "EXITED", "STOPPED"):
                if not alive and detail.startswith("BACKOFF"):
                    forks += 1
                    yield Band(name, time_ns, time_ns, f"fork fails, {program.life(forks).refused}")
                if killed_ns is not None and time_ns > killed_ns:
                    yield Band(name, killed_ns, time_ns, "it does not die of SIGKILL")
                alive, killed_ns = False, None
        if killed_ns is not None:
            yield Band(name, killed_ns, None, "it does not die of SIGKILL")


# -- sieges


def besieged(siege: Siege, title: str = "") -> Exhibit:
    """The exhibit of a siege, which is played for it: once for the verdict, once to see when each nemesis acts."""
    from sim.stage.siege import play
    from sim.stage.sieges import verdict

    sites: list[Site] = []
    moments: list[tuple[int, str]] = []
    play(siege, sites.append, lambda name, states: moments.append((sites[0].kernel.now, name)))
    return of_siege(siege, verdict(siege, True), moments, title)


def of_siege(siege: Siege, result: Result, moments: Sequence[tuple[int, str]] = (), title: str = "") -> Exhibit:
    """The exhibit of a siege: each program's states, the nemeses as bands until they are healed, and what was broken.

    `moments` are the times at which nemeses acted, each with its name.
    """
    from sim.stage.siege import SIEGE_NS
    from sim.stage.sieges import to_json as siege_json

    healed_ns = SIEGE_NS + 1_000_000_000
    fired = dict(result.probes)
    trace = tuple((time_ns, name, "state", state) for time_ns, name, state in result.history)
    bands = [Band(name, 0, healed_ns, f"nemesis {name}, fired {fired.get(name, 0)} times") for name in siege.nemeses]
    ticks = [Tick(time_ns, name, "fault", "") for time_ns, name in _apart(moments)]
    told = sorted({entry[1] for entry in trace} or {name for name, _, _ in siege.programs})
    marks = [mark for line in result.broken if (mark := _broken(line)) is not None]
    until_ns = max([healed_ns, *(entry[0] for entry in trace), *(mark.time_ns for mark in marks)])
    return Exhibit(
        title or f"Siege {siege.seed}",
        until_ns,
        ("", *told, *siege.nemeses),
        (Telling("", trace),),
        tuple(ticks),
        tuple(bands),
        tuple(marks),
        result.broken,
        tuple(f"{name}: {what}; {' '.join(options.split())}" for name, options, what in (*siege.programs, *siege.listeners)),
        siege_json(siege),
    )


def _apart(moments: Sequence[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Those that are far enough from the one before of the same nemesis to be seen."""
    last: dict[str, int] = {}
    for time_ns, name in moments:
        if name not in last or time_ns >= last[name] + APART_NS:
            last[name] = time_ns
            yield time_ns, name


def _of_classic(failure: Failure, title: str) -> Exhibit:
    """The exhibit of a case of the six bugs: each program's states, and what was broken."""
    from sim.stage import classics

    case = classics.from_json(failure.scenario)
    played = classics.play(case)
    trace = tuple((time_ns, name, "state", state) for time_ns, name, state in played.history)
    marks = [mark for line in played.broken if (mark := _broken(line.removeprefix(f"{case.bug}: "))) is not None]
    until_ns = max([1_000_000_000, *(entry[0] for entry in trace), *(mark.time_ns for mark in marks)])
    names = sorted({entry[1] for entry in trace} or {"web:web"})
    telling = Telling("", trace)
    return Exhibit(title, until_ns, ("", *names), (telling,), (), (), tuple(marks), failure.reasons, (), failure.scenario)


def _broken(line: str) -> Mark | None:
    """A line such as `R2 fail at 1.500000000: …` as a mark on the daemon's lane."""
    name, _, rest = line.partition(" fail at ")
    when, _, text = rest.partition(": ")
    try:
        return Mark(round(float(when) * 1e9), "", "", name, text)
    except ValueError:
        return None


def of_failure(title: str, failure: Failure, play: Play, register: Register | None = None, model: bool = False) -> Exhibit:
    """The exhibit of a seed of a campaign that did not pass; siege or scenario, its file is played again."""
    if '"siege"' in failure.scenario[:200]:
        from sim.stage import sieges

        return besieged(sieges.from_json(failure.scenario), title).replace(reasons=failure.reasons)
    if '"bug"' in failure.scenario[:200]:
        return _of_classic(failure, title)
    if not failure.scenario:  # it is not known what was played
        return Exhibit(title, 0, (), (Telling(OURS, ()),), reasons=failure.reasons)
    scenario = from_json(failure.scenario)
    try:
        trace = play(scenario)
    except Exception:  # then the reasons say so
        trace, register = [], None
    return of(scenario, trace, failure.reasons, title, register, model)
