"""What did not pass, for a person: shrunk within a time budget, written to a file, and each kind on one screen."""

from __future__ import annotations

import re
import time
from functools import partial
from shlex import quote

from initd.record import Record
from sim.report.screen import place, screen
from sim.scenario import to_json
from sim.shrink import shrink
from sim.soundness import scenario_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sim.campaign import Failure
    from sim.cli.files import Folder
    from sim.cli.options import Judged
    from sim.scenario import Scenario
    from sim.trace import Trace

SCREENS = 3
"""So many kinds of failures get a screen; all others a line."""
BUDGET_S = 2.0
"""So long one failure is shrunk."""


class Smaller(Record):
    """A scenario that fails, as small as the budget allowed; `before` is how large it was."""

    scenario: Scenario
    trace: Trace
    reasons: tuple[str, ...]
    before: Scenario


def kind_of(reasons: Sequence[str]) -> str:
    """What fails: a checker's name, and fail or unknown; nothing where nothing does."""
    return " ".join(reasons[0].split()[:2]) if reasons else ""


def smaller(scenario: Scenario, judged: Judged, budget_s: float = BUDGET_S) -> Smaller | None:
    """The scenario shrunk as long as the same fails; None if nothing does."""
    before = kind_of(judged(scenario)[1])
    if not before:
        return None
    end = time.monotonic() + budget_s

    def fails(candidate: Scenario) -> bool:
        # A life of no time is smaller, but supervisor counts it otherwise on purpose (D3), and then has nothing to say.
        if _has_no_time(candidate) and not _has_no_time(scenario):
            return False
        return kind_of(judged(candidate)[1]) == before

    small = shrink(scenario, fails, lambda: time.monotonic() < end)
    trace, reasons = judged(small)
    return Smaller(small, trace, tuple(reasons), scenario)


def _has_no_time(scenario: Scenario) -> bool:
    return any(life.ends_ns == 0 for _, program in scenario.programs() for life in program.lives)


def show(
    failures: Sequence[Failure],
    name: Callable[[int], str],
    judged: Judged | None,
    words: str,
    folder: Folder,
    command: str = "replay",
) -> None:
    """Print all of them, and write each to a file; `name(seed)` says what they are called.

    `initd-sim <command> <file><words>` shows one again. They are sieges, or cases of the six bugs, where `judged` is None.
    """
    again = f"initd-sim {command}"
    kinds: dict[str, list[Failure]] = {}
    for failure in failures:
        kinds.setdefault(kind_of(failure.reasons), []).append(failure)
    for at, (kind, alike) in enumerate(kinds.items()):
        paths = [folder.write(_file(name(each.seed)), each.scenario) if each.scenario else "" for each in alike]
        first = alike[0]
        heading = f"{'UNKNOWN' if first.unknown else 'FAILED'} {name(first.seed)}"
        if not first.scenario:
            print(f"{heading} and after: {first.reasons[0]}")
        elif at >= SCREENS:
            print("\n".join([f"{heading}: {first.reasons[0]}", f"replay: {again} {quote(paths[0])}{words}"]))
        elif '"broadcast"' in first.scenario[:200]:
            from sim.cli.broadcasts import screen as broadcast

            lines, path = broadcast(heading, first.scenario, first.reasons, partial(folder.write, _file(name(first.seed))))
            print("\n".join([*lines, f"replay: {again} {quote(path)}"]))
        elif judged is None:
            print("\n".join(_siege(heading, first, f"{again} {quote(paths[0])}")))
        else:
            write = partial(folder.write, _file(name(first.seed)))
            print("\n".join(_scenario(heading, first, judged, write, lambda path: f"{again} {quote(path)}{words}")))
        if len(alike) > 1:
            others = ", ".join(path or str(each.seed) for path, each in zip(paths[1:4], alike[1:4]))
            print(f"{kind} in {len(alike) - 1} more: {others}{', …' if len(alike) > 4 else ''}")


def _file(name: str) -> str:
    """What to call the file of a failure: nothing in it means anything to a shell."""
    return re.sub("[^A-Za-z0-9.]+", "-", name.replace(" seed ", "-").removeprefix("profile ")) + ".json"


def _scenario(
    heading: str, failure: Failure, judged: Judged, write: Callable[[str], str], replay: Callable[[str], str]
) -> list[str]:
    scenario = scenario_in(failure.scenario)
    small = smaller(scenario, judged)
    if small is None:  # it does not fail again, which is a finding of its own
        small = Smaller(scenario, [], ("M1 fail: played again, it passes", *failure.reasons), scenario)
    return told(f"{heading}{shrunk(small)}", small, replay(write(to_json(small.scenario))))


def _siege(heading: str, failure: Failure, replay: str) -> list[str]:
    if '"bug"' in failure.scenario[:200]:
        return [heading, *(f"  {reason}" for reason in failure.reasons), f"replay: {replay}"]
    from sim.cli import sieges as siege
    from sim.stage import sieges

    return siege.screen(heading, sieges.from_json(failure.scenario), failure.reasons, replay)


def told(heading: str, small: Smaller, replay: str) -> list[str]:
    """The screen of a failure."""
    where = place(small.reasons[0])
    supervisor = beside(small.scenario, small.trace, where.program, where.time_ns)
    return screen(heading, small.reasons, small.scenario, small.trace, supervisor, replay)


def shrunk(small: Smaller) -> str:
    """How much smaller it has become, to go behind a heading."""
    before, after = _size(small.before), _size(small.scenario)
    return f" (shrunk from {before} to {after})" if small.before != small.scenario else f" ({after})"


def _size(scenario: Scenario) -> str:
    programs, ops = len(scenario.programs()), len(scenario.ops)
    return f"{programs} program{'s' * (programs != 1)}, {ops} op{'s' * (ops != 1)}"


def beside(scenario: Scenario, trace: Trace, program: str, time_ns: int | None) -> list[str]:
    """What supervisor does at that point, or why nobody can say."""
    try:
        from sim.oracle import beside as other
    except ImportError:
        return ["supervisor 4.3.0 is not installed here: pip install supervisor==4.3.0"]
    try:
        return other.beside(scenario, trace, program, time_ns)
    except Exception as error:  # it takes what it takes; the failure is to be seen all the same
        return [f"supervisor 4.3.0 cannot say: {error!r}"]
