"""A story for people: one line an instant, a column per program, what was done from outside among what came of it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.scenario import Op, Scenario
    from sim.trace import Trace

WIDTH = 18


def timeline(scenario: Scenario, trace: Trace) -> list[str]:
    """The story of a scenario, line by line. Operations are marked `>`; a state stands as it is; the rest is in brackets."""
    return lanes([name for name, _ in scenario.programs()], _merged(scenario, trace))


def lanes(names: list[str], told: list[tuple[int, str, str]]) -> list[str]:
    """What is told at a time of one of these names, in its column; of any other, in the daemon's."""
    columns = {name: at for at, name in enumerate(["", *names])}
    width = max([WIDTH, *[len(name) + 1 for name in names]])
    rows = [f"{'t(s)':>14}  " + "".join(f"{name:<{width}}" for name in ["daemon", *names]).rstrip()]
    cells: dict[int, str] = {}
    when = 0

    def flush() -> None:
        if cells:
            text = "".join(f"{cells.get(at, '.'):<{width}}" for at in range(len(columns)))
            rows.append(f"{when / 1e9:>14.9f}  {text.rstrip()}")
            cells.clear()

    for time_ns, program, text in told:
        column = columns.get(program, 0)
        if time_ns != when or column in cells:
            flush()
        when, cells[column] = time_ns, text
    flush()
    return rows


def _merged(scenario: Scenario, trace: Trace) -> list[tuple[int, str, str]]:
    """Entries and operations in order of time, operations first at their instant: that is when they became possible."""
    told = [(time_ns, 1, program, _cell(what, detail)) for time_ns, program, what, detail in trace]
    done = [(op.time_ns, 0, op.target, _op_cell(at, op)) for at, op in enumerate(scenario.ops)]
    return [(time_ns, program, text) for time_ns, _, program, text in sorted(told + done, key=lambda each: each[:2])]


def _cell(what: str, detail: str) -> str:
    return detail if what == "state" else f"[{what} {detail}]"


def _op_cell(at: int, op: Op) -> str:
    return f"> {op.kind.value} {op.argument or ''}".rstrip() + f" #{at}"
