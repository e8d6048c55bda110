"""Many cases against supervisor 4.3.0 itself: each difference is a row of the register, or a failure.

A case is a scenario of a seed and a profile. All are compared with the prompt supervisor, to the nanosecond; one in LATE, with
nothing done to it but a shutdown, with the supervisor that polls as it really does, too. A row of the register that a long
campaign never meets is stale: it is wrong by now, or nothing drives it.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from functools import partial

from initd.record import Record
from sim.broadcast import to_json as broadcast_json
from sim.broadcasting import PROFILES as BROADCASTS
from sim.broadcasting import broadcast
from sim.campaign import KEPT, Failure, few_collections
from sim.generate import PROFILES, scenario
from sim.judges import said, stage_of, the_register
from sim.pieces import pieces, results
from sim.scenario import Kind, to_json
from sim.stage.broadcast import play as play_broadcast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from sim.judges import Play
    from sim.scenario import Scenario
    from sim.trace import Trace

LATE = 16
"""One case in so many is compared with the supervisor that polls."""
CHUNK = 400
"""Cases that one process takes at a time."""


class Comparison(Record):
    """What came of cases; `hits` counts how often each row was met, `case` of a failure is its `seed`."""

    passed: int
    failed: int
    unknown: int
    hits: tuple[tuple[str, int], ...]
    failures: tuple[Failure, ...] = ()
    seconds: float = 0.0


def case_of(number: int, profiles: Sequence[str]) -> tuple[int, str]:
    """The seed and the profile of a case: all profiles of a seed, then the next seed."""
    return number // len(profiles), profiles[number % len(profiles)]


def differences(case: Scenario, play: Play, register: Any) -> tuple[Trace, list[str]]:
    """Our story of a scenario, and where supervisor's is another for no reason on the register."""
    trace = play(case)
    parting = register.compare(case, trace).unexplained
    if parting is None:
        return trace, []
    at = f"at {parting.time_ns / 1e9:.9f} {parting.program or '-'}"
    return trace, [f"oracle fail {at}: {said(parting.ours)}, supervisor 4.3.0 {said(parting.theirs)}"]


def late_differences(case: Scenario, play: Play, register: Any) -> list[str]:
    """The same against the supervisor that polls, with nothing done to the scenario but its shutdown."""
    complaint = register.compare_late(case, play(case)).complaint
    return [f"lagging fail: {' '.join(complaint.split())}"] if complaint else []


def undisturbed(case: Scenario) -> Scenario:
    """The scenario with no op but its shutdown, if it has one."""
    return case.replace(ops=tuple(op for op in case.ops if op.kind is Kind.SHUTDOWN)[:1])


def compare(
    first: int,
    last: int,
    profiles: Sequence[str] = tuple(PROFILES),
    stage: str = "core",
    jobs: int = 1,
    progress: Callable[[int], None] = lambda done: None,
    heard: Callable[[range, Comparison], None] = lambda piece, result: None,
) -> Comparison:
    """Compare the cases from `first` to below `last` in that many processes; InitdError where supervisor is not installed."""
    began = time.perf_counter()
    the_register()  # what is imported now need not be by every process
    stage_of(stage)
    found = []
    done = 0
    run = partial(run_cases, profiles=tuple(profiles), stage=stage)
    with contextlib.closing(results(pieces(first, last, CHUNK), run, lost, jobs)) as told:
        for piece, result in told:
            found.append(result)
            done += len(piece)
            heard(piece, result)
            progress(done)
    return together(found).replace(seconds=time.perf_counter() - began)


def run_cases(first: int, last: int, profiles: Sequence[str], stage: str) -> Comparison:
    """Compare these cases in this process."""
    began = time.perf_counter()
    judges = {profile: _judge(profile, stage) for profile in dict.fromkeys(profiles)}
    failures = []
    with few_collections():
        for number in range(first, last):
            seed, profile = case_of(number, profiles)
            text, unknown = "", False
            reasons: list[str] = []
            try:
                text, reasons = judges[profile](seed, number % LATE == 0)
            except Exception as error:  # whatever cannot be compared is not the same
                reasons, unknown = [f"oracle unknown: {error!r}"], True
            if reasons:
                failures.append(Failure(number, tuple(reasons), unknown, text))
    unsure = sum(failure.unknown for failure in failures)
    failed = len(failures) - unsure
    counted: Counter[str] = Counter()
    for judge in judges.values():
        counted.update(judge.hits())
    hits = tuple((name, counted[name]) for name in counted)
    seconds = time.perf_counter() - began
    return Comparison(last - first - len(failures), failed, unsure, hits, tuple(failures[:KEPT]), seconds)


def _judge(profile: str, stage: str) -> _Scenarios | _Broadcasts:
    return _Broadcasts(profile) if profile in BROADCASTS else _Scenarios(profile, stage)


class _Scenarios:
    """Compares the scenarios of a profile, as told by a stage: their text, and what nobody meant."""

    def __init__(self, profile: str, stage: str) -> None:
        self._profile, self._register, self._play = profile, the_register(), stage_of(stage)

    def __call__(self, seed: int, late: bool) -> tuple[str, list[str]]:
        case = scenario(seed, self._profile)
        reasons = differences(case, self._play, self._register)[1]
        if not reasons and late:
            case = undisturbed(case)
            reasons = late_differences(case, self._play, self._register)
        return to_json(case) if reasons else "", reasons

    def hits(self) -> dict[str, int]:
        """How often each row was met."""
        return {row.predicate: self._register.hits[row.predicate] for row in self._register.rows}


class _Broadcasts:
    """Compares the broadcasts of a profile, which only the whole daemon plays."""

    def __init__(self, profile: str) -> None:
        from sim.oracle.mending import Mending  # supervisor, as the register of the others

        self._profile, self._mending = profile, Mending()

    def __call__(self, seed: int, late: bool) -> tuple[str, list[str]]:
        case = broadcast(seed, self._profile)
        complaint = self._mending.compare(case, play_broadcast(case)).complaint
        return (broadcast_json(case), [f"oracle fail {complaint}"]) if complaint else ("", [])

    def hits(self) -> dict[str, int]:
        """How often each row was met."""
        return {row.predicate: self._mending.hits[row.predicate] for row in self._mending.rows}


def lost(piece: range, reason: str) -> Comparison:
    """The result of cases of which nothing is known."""
    return Comparison(0, 0, len(piece), (), (Failure(piece.start, (reason,), True, ""),))


def together(found: Sequence[Comparison]) -> Comparison:
    """The result of cases that follow each other."""
    hits: Counter[str] = Counter()
    for each in found:
        hits.update(dict(each.hits))
    failures = [failure for each in found for failure in each.failures]
    counts = [sum(getattr(each, name) for each in found) for name in ("passed", "failed", "unknown")]
    return Comparison(counts[0], counts[1], counts[2], tuple(hits.items()), tuple(failures[:KEPT]))
