"""The smallest scenario that still fails the same way: ddmin over ops, programs and lives, then numbers toward 0 or a boundary.

`fails` decides; everything here only proposes. What comes out is a local minimum: no single step makes it smaller.
"""

from __future__ import annotations

from initd.record import Record
from sim.scenario import SECOND_NS, Group, Life, Program, Scenario

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    Fails = Callable[[Scenario], bool]


def shrink(scenario: Scenario, fails: Fails, more: Callable[[], bool] = lambda: True) -> Scenario:
    """A scenario no larger that still fails; ValueError if the given one does not.

    Once `more()` says no, it is what has been found by then.
    """
    if not fails(scenario):
        raise ValueError("nothing fails here")
    seen: set[Scenario] = set()

    def worse(candidate: Scenario) -> bool:
        if not more() or candidate in seen or not _sound(candidate):
            return False
        seen.add(candidate)
        return fails(candidate)

    while True:
        before = scenario
        scenario = _fewer_ops(scenario, worse)
        scenario = _greedy(scenario, _fewer_programs, worse)
        scenario = _greedy(scenario, _fewer_lives, worse)
        scenario = _greedy(scenario, _simpler_values, worse)
        if scenario == before:
            return scenario


def _sound(scenario: Scenario) -> bool:
    times = [op.time_ns for op in scenario.ops]
    programs = [program for _, program in scenario.programs()]
    return (
        bool(programs)
        and times == sorted(times)
        and not any(program.stopasgroup and not program.killasgroup for program in programs)
    )


def _fewer_ops(scenario: Scenario, worse: Fails) -> Scenario:
    """Zeller's ddmin: without ever smaller pieces of the list."""
    size = max(1, len(scenario.ops) // 2)
    while scenario.ops:
        for start in range(0, len(scenario.ops), size):
            candidate = scenario.replace(ops=scenario.ops[:start] + scenario.ops[start + size :])
            if worse(candidate):
                scenario = candidate
                break
        else:
            if size == 1:
                break
            size //= 2
        size = max(1, min(size, len(scenario.ops)))
    return scenario


def _greedy(scenario: Scenario, propose: Callable[[Scenario], Iterator[Scenario]], worse: Fails) -> Scenario:
    """Take the first proposal that still fails, and propose anew, until none does."""
    while True:
        found = next((candidate for candidate in propose(scenario) if worse(candidate)), None)
        if found is None:
            return scenario
        scenario = found


def _fewer_programs(scenario: Scenario) -> Iterator[Scenario]:
    for name, _ in scenario.programs():
        groups = tuple(
            group.replace(programs=tuple(each for each in group.programs if f"{group.name}:{each.name}" != name))
            for group in scenario.groups
        )
        kept = tuple(group for group in groups if group.programs)
        yield scenario.replace(groups=kept, ops=tuple(op for op in scenario.ops if op.target != name))


def _fewer_lives(scenario: Scenario) -> Iterator[Scenario]:
    for at, inner, program in _programs(scenario):
        for drop in range(len(program.lives) if len(program.lives) > 1 else 0):
            lives = program.lives[:drop] + program.lives[drop + 1 :]
            yield _with_program(scenario, at, inner, program.replace(lives=lives))


def _simpler_values(scenario: Scenario) -> Iterator[Scenario]:
    for at, op in enumerate(scenario.ops):
        for simpler in _simpler(op, ("time_ns", "argument")):
            yield scenario.replace(ops=(*scenario.ops[:at], simpler, *scenario.ops[at + 1 :]))
    for at, inner, program in _programs(scenario):
        for better in _simpler(program, tuple(name for name in Program._fields if name not in ("name", "lives"))):
            yield _with_program(scenario, at, inner, better)
        for number, life in enumerate(program.lives):
            for kinder in _simpler(life, Life._fields):
                lives = (*program.lives[:number], kinder, *program.lives[number + 1 :])
                yield _with_program(scenario, at, inner, program.replace(lives=lives))
    for at, group in enumerate(scenario.groups):
        for plainer in _simpler(group, ("priority",)):
            yield scenario.replace(groups=(*scenario.groups[:at], plainer, *scenario.groups[at + 1 :]))
    yield from _simpler(scenario, ("until_ns",))


def _simpler(record: Any, fields: tuple[str, ...]) -> Iterator[Any]:
    """The same with one field simpler: its default, else a number nearer to it, whole seconds before others."""
    assert isinstance(record, Record)
    for name in fields:
        value, default = getattr(record, name), type(record)._defaults.get(name, 0)
        if value == default:
            continue
        if name != "until_ns":  # the default of that one is a long time
            yield record.replace(**{name: default})
        if type(value) is int:
            whole = value // SECOND_NS * SECOND_NS
            nearer = [0, whole, value // 2] if value > 0 else [0, -(-value // 2)]
            for number in dict.fromkeys(nearer):
                if abs(number) < abs(value) and number != default:
                    yield record.replace(**{name: number})


def _programs(scenario: Scenario) -> list[tuple[int, int, Program]]:
    return [(at, inner, each) for at, group in enumerate(scenario.groups) for inner, each in enumerate(group.programs)]


def _with_program(scenario: Scenario, at: int, inner: int, program: Program) -> Scenario:
    group: Group = scenario.groups[at]
    programs = (*group.programs[:inner], program, *group.programs[inner + 1 :])
    groups = (*scenario.groups[:at], group.replace(programs=programs), *scenario.groups[at + 1 :])
    return scenario.replace(groups=groups)
