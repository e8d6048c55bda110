"""What a scenario that somebody wrote must be like to be played: every field of its type and within its bounds.

`sim.scenario.from_json` takes what is there; generators and the shrinker make nothing else than what passes here.
"""

from __future__ import annotations

import errno
import json
import re

from sim.scenario import Group, Kind, Life, Op, Program, Scenario, from_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from initd.record import Record

    Check = Callable[[Any], bool]

NAME = re.compile(r"[A-Za-z0-9_.@+-]+")
MOST_NS = 10**18
"""Some thirty years."""
SIGNALS = 64


def scenario_in(text: str) -> Scenario:
    """The scenario of that JSON; ValueError that says where it is none."""
    try:
        _shaped(json.loads(text), "the scenario", Scenario)
        scenario = from_json(text)
    except (TypeError, AttributeError) as error:
        raise ValueError(str(error)) from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if (wrong := complaint(scenario)) is not None:
        raise ValueError(wrong)
    return scenario


def _shaped(value: Any, where: str, kind: type[Record]) -> None:
    """ValueError unless that is an object with just the keys of that kind, and so is what it holds."""
    if not isinstance(value, dict):
        raise ValueError(f"expected an object for {where}, found {str(value)[:60]!r}")
    for key in value:
        if key not in kind._fields:
            raise ValueError(f"{where} has {key[:60]!r}, expected one of {', '.join(kind._fields)}")
    for key in kind._fields:
        if key not in value and key not in kind._defaults:
            raise ValueError(f"{where} has no {key!r}")
    for key, inner in INNER.get(kind, {}).items():
        each = value.get(key, [])
        if not isinstance(each, list):
            raise ValueError(f"expected a list for {key} of {where}, found {str(each)[:60]!r}")
        for at, one in enumerate(each):
            _shaped(one, f"{key}[{at}]" + ("" if kind is Scenario else f" of {where}"), inner)


def complaint(scenario: Scenario) -> str | None:
    """What is wrong with a scenario, with the place; None for a sound one."""
    places: list[tuple[str, Any, dict[str, Check]]] = [("", scenario, SCENARIO)]
    for at, group in enumerate(scenario.groups):
        places.append((f"groups[{at}].", group, GROUP))
        for inner, program in enumerate(group.programs):
            where = f"groups[{at}].programs[{inner}]."
            places.append((where, program, PROGRAM))
            places += [(f"{where}lives[{number}].", life, LIFE) for number, life in enumerate(program.lives)]
    places += [(f"ops[{at}].", op, OP) for at, op in enumerate(scenario.ops)]
    for where, record, checks in places:
        for field, check in checks.items():
            if not check(value := getattr(record, field)):
                return f"{where}{field} cannot be {str(value)[:60]!r}"
    return _together(scenario)


def _together(scenario: Scenario) -> str | None:
    names = [group.name for group in scenario.groups]
    if len(set(names)) < len(names):
        return f"two groups are called {max(names, key=names.count)}"
    programs = scenario.programs()
    if len(dict(programs)) < len(programs):
        return "two programs of a group have the same name"
    for name, program in programs:
        if program.stopasgroup and not program.killasgroup:
            return f"{name} has stopasgroup without killasgroup"
    times = [op.time_ns for op in scenario.ops]
    if times != sorted(times):
        return "the ops are not in order of time"
    for at, op in enumerate(scenario.ops):
        if op.kind in UNTARGETED:
            if op.target:
                return f"ops[{at}] is {op.kind.value}, which has no target"
        elif op.target not in dict(programs):
            return f"ops[{at}].target is {op.target!r}, which is no program here: {', '.join(dict(programs))}"
        if op.kind in (Kind.SIGNAL, Kind.OUTSIDER) and not 0 <= op.argument <= SIGNALS:
            return f"ops[{at}].argument is {op.argument}, which is no signal"
        if op.kind is Kind.REFUSE and op.argument not in errno.errorcode:
            return f"ops[{at}].argument is {op.argument}, which is no errno"
    return None


def _between(least: int, most: int) -> Check:
    return lambda value: type(value) is int and least <= value <= most


def _or_none(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _is_name(value: Any) -> bool:
    return type(value) is str and NAME.fullmatch(value) is not None


def _is_bool(value: Any) -> bool:
    return type(value) is bool


def _is_behaviour(value: Any) -> bool:
    from sim.children.behaviours import BehaviourError, parse_behaviour  # few scenarios have any

    if type(value) is not str:
        return False
    try:
        return value == "" or bool(parse_behaviour(value))
    except BehaviourError:
        return False


UNTARGETED = (Kind.WALL, Kind.SHUTDOWN)
_time, _seconds = _between(0, MOST_NS), _between(-(10**9), 10**9)
LIFE: dict[str, Check] = {
    "ends_ns": _or_none(_time),
    "status": _between(-SIGNALS, 255),
    "stop_ns": _or_none(_time),
    "stop_status": _or_none(_between(0, 255)),
    "kill_ns": _time,
    "refused": lambda value: value == "" or value in errno.errorcode.values(),
}
PROGRAM: dict[str, Check] = {
    "name": _is_name,
    "lives": bool,
    "priority": _seconds,
    "autostart": _is_bool,
    "startsecs": _seconds,
    "startretries": _seconds,
    "autorestart": lambda value: value in ("true", "false", "unexpected"),
    "exitcodes": lambda value: all(map(_between(0, 255), value)),
    "stopsignal": _between(1, SIGNALS),
    "stopwaitsecs": _seconds,
    "stopasgroup": _is_bool,
    "killasgroup": _is_bool,
    "behaviour": _is_behaviour,
}
GROUP: dict[str, Check] = {"name": _is_name, "programs": bool, "priority": _seconds}
OP: dict[str, Check] = {
    "time_ns": _time,
    "kind": lambda value: isinstance(value, Kind),
    "target": lambda value: type(value) is str,
    "argument": _between(-MOST_NS, MOST_NS),
}
SCENARIO: dict[str, Check] = {"groups": bool, "until_ns": _time}
INNER: dict[type[Record], dict[str, type[Record]]] = {
    Scenario: {"groups": Group, "ops": Op},
    Group: {"programs": Program},
    Program: {"lives": Life},
}
"""Which fields are lists of what."""
