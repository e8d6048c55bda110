"""Many scenarios, one after the other: played, judged, told again; what went wrong is kept with its scenario.

A seed passes when every invariant holds in its story, when the story is the reference model's, and,
of one seed in TWICE, when a second play tells the very same. What could not be judged is unknown, which is no pass.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import marshal
import time
from functools import partial

from initd.errors import InitdError
from initd.record import Record
from sim.closing import closing
from sim.generate import scenario as generate
from sim.invariants import Outcome, judge
from sim.pieces import pieces, results
from sim.scenario import to_json
from sim.stage import core
from sim.trace import first_difference, line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from sim.scenario import Scenario
    from sim.trace import Trace

    Play = Callable[[Scenario], Trace]

TWICE = 16
"""One seed in so many is played a second time, which must change nothing."""
CHUNK = 500
"""Seeds that one process takes at a time."""
KEPT = 20
"""So many failures are kept with their scenarios; the others are counted."""
STAGES = ("core", "daemon")
NEMESIS = "nemesis"
"""The profile whose seeds are sieges (`sim.stage.siege`): no scenarios, and for the daemon stage alone."""


class Failure(Record):
    """A seed that did not pass: every reason on a line of its own, and the scenario as JSON."""

    seed: int
    reasons: tuple[str, ...]
    unknown: bool
    scenario: str


class Result(Record):
    """What came of a range of seeds. `digest` names all stories together, the same on every machine and at every run."""

    passed: int
    failed: int
    unknown: int
    entries: int
    digest: str
    failures: tuple[Failure, ...] = ()
    seconds: float = 0.0

    @property
    def total(self) -> int:
        """How many seeds."""
        return self.passed + self.failed + self.unknown

    @property
    def clean(self) -> bool:
        """Whether all passed."""
        return not self.failed and not self.unknown

    def summary(self) -> str:
        """One line as pytest ends with, and the rate."""
        more = f", {self.entries / max(self.seconds, 1e-9):,.0f} entries/s, digest {self.digest}"
        return closing(self.passed, self.failed, self.unknown, self.seconds, "scenarios", more)


def stage_of(name: str) -> Play:
    """How that stage plays; ValueError for one that does not exist."""
    if name == "core":
        return core.play
    if name == "daemon":
        from sim.stage import daemon  # it needs everything the daemon does

        return daemon.play
    raise ValueError(f"no stage {name!r}: expected one of {', '.join(STAGES)}")


def check(
    scenario: Scenario, play: Play, tell: Any = None, twice: bool = False, register: Any = None
) -> tuple[Trace, list[str], bool]:
    """The story, what is wrong with it, and whether something wrong is wrong for certain.

    `tell` is the reference model's function, `register` the comparison with supervisor; None to do without.
    """
    try:
        trace = play(scenario)
    except Exception as error:  # a stage or the supervisor broke down: the one is a bug, and so is the other
        return [], [f"play fail: {error!r}"], True
    findings = judge(scenario, trace)
    reasons = [str(finding) for finding in findings]
    certain = any(finding.outcome is Outcome.FAIL for finding in findings)
    if twice and play(scenario) != trace:
        reasons.append("M1 fail: a second play tells another story")
        certain = True
    if tell is not None:
        try:
            difference = _model_difference(scenario, trace, tell)
        except Exception as error:  # no model, no pass
            difference, certain_model = f"model unknown: {error!r}", False
        else:
            certain_model = difference is not None
        if difference is not None:
            reasons.append(difference)
            certain = certain or certain_model
    if register is not None:
        try:
            parting = register.compare(scenario, trace).unexplained
        except Exception as error:  # nor is there a pass without the oracle
            reasons.append(f"oracle unknown: {error!r}")
        else:
            if parting is not None:
                at = f"at {parting.time_ns / 1e9:.9f} {parting.program or '-'}"
                reasons.append(f"oracle fail {at}: {said(parting.ours)}, supervisor 4.3.0 {said(parting.theirs)}")
                certain = True
    return trace, reasons, certain


def said(entries: tuple[Any, ...]) -> str:
    """What a story tells next."""
    return f"told {line(entries[0]).strip()!r}" if entries else "told nothing"


def _model_difference(scenario: Scenario, trace: Trace, tell: Any) -> str | None:
    story = tell(scenario)
    found = first_difference(story.binding(trace), story.binding(story.trace))
    if found is None:
        return None
    program, ours, model = found
    told = "nothing" if ours is None else line(ours).strip()
    wanted = "nothing" if model is None else line(model).strip()
    return f"model fail for {program or 'the daemon'}: told {told!r}, expected {wanted!r}"


def reference_model() -> Any:
    """What tells the model's story of a scenario."""
    from sim.model import tell  # only who compares needs it

    return tell


def the_register() -> Any:
    """What compares with the real supervisor; InitdError where that is not installed."""
    try:
        from sim.oracle.differential import Register, rows
    except ImportError as error:
        raise InitdError(f"comparing with supervisor takes supervisor==4.3.0, which is not installed: {error}") from None

    return Register(rows())


def run_seeds(
    first: int, last: int, profile: str, stage: str = "core", model: bool = True, oracle: bool = False
) -> Result:
    """Play the seeds from `first` to below `last` in this process."""
    began = time.perf_counter()
    result = _played(first, last, profile, stage, model, oracle)
    return result.replace(seconds=time.perf_counter() - began)


def _played(first: int, last: int, profile: str, stage: str, model: bool, oracle: bool) -> Result:
    if profile == NEMESIS:
        from sim.stage import sieges  # it needs everything the daemon does

        with few_collections():
            return _run_sieges(first, last, sieges.check)
    play, tell = stage_of(stage), reference_model() if model else None
    register = the_register() if oracle else None
    with few_collections():
        return _run_seeds(first, last, profile, play, tell, register)


@contextlib.contextmanager
def few_collections() -> Iterator[None]:
    """What is loaded by now stays, and a scenario's garbage has few cycles: looking for them less often is a fifth faster."""
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def _run_seeds(first: int, last: int, profile: str, play: Play, tell: Any, register: Any) -> Result:
    counts = {True: 0, False: 0}
    entries, failures, whole = 0, [], hashlib.sha256()
    for seed in range(first, last):
        scenario = None
        try:
            scenario = generate(seed, profile)
            trace, reasons, certain = check(scenario, play, tell, seed % TWICE == 0, register)
        except Exception as error:  # who cannot judge has not passed anything
            trace, reasons, certain = [], [f"judge unknown: {error!r}"], False
        entries += len(trace)
        whole.update(marshal.dumps(trace, 2))  # that version knows no references, so equal stories are equal bytes
        if reasons:
            counts[certain] += 1
            failures.append(Failure(seed, tuple(reasons), not certain, to_json(scenario) if scenario else ""))
    failed, unknown = counts[True], counts[False]
    return Result(
        last - first - failed - unknown, failed, unknown, entries, whole.hexdigest()[:16], tuple(failures[:KEPT])
    )


def _run_sieges(first: int, last: int, check_siege: Callable[[int, bool], Any]) -> Result:
    failed, entries, failures, whole = 0, 0, [], hashlib.sha256()
    for seed in range(first, last):
        result, scenario = check_siege(seed, seed % TWICE == 0)
        entries += len(result.history)
        whole.update(marshal.dumps(result.history, 2))
        if result.broken:
            failed += 1
            failures.append(Failure(seed, result.broken, False, scenario))
    return Result(last - first - failed, failed, 0, entries, whole.hexdigest()[:16], tuple(failures[:KEPT]))


def campaign(
    first: int,
    last: int,
    profile: str,
    stage: str = "core",
    jobs: int = 1,
    model: bool = True,
    progress: Callable[[int], None] = lambda done: None,
    oracle: bool = False,
    heard: Callable[[range, Result], None] = lambda piece, result: None,
) -> Result:
    """Play a range of seeds in that many processes; `progress(seeds done)` and `heard(seeds, result)` are called now and then."""
    began = time.perf_counter()
    _load(profile, stage, model, oracle)
    parts = pieces(first, last, size_of(profile, stage))
    run = partial(run_seeds, profile=profile, stage=stage, model=model, oracle=oracle)
    found = []
    done = 0
    with contextlib.closing(results(parts, run, lost, jobs)) as told:
        for piece, result in told:
            found.append(result)
            done += result.total
            heard(piece, result)
            progress(done)
    return together(found).replace(seconds=time.perf_counter() - began)


def _load(profile: str, stage: str, model: bool, oracle: bool) -> None:
    """Import what is needed, once for all processes; what is not installed is missed here."""
    stage_of(stage)
    if profile == NEMESIS:
        from sim.stage import sieges  # noqa: F401
    if model:
        reference_model()
    if oracle:
        the_register()


def size_of(profile: str, stage: str) -> int:
    """How many of these seeds one process takes at a time: some seconds' worth."""
    return 10 if profile == NEMESIS else CHUNK if stage == "core" else CHUNK // 10


def lost(piece: range, reason: str) -> Result:
    """The result of seeds of which nothing is known."""
    return Result(0, 0, len(piece), 0, "", (Failure(piece.start, (reason,), True, ""),))


def together(found: list[Result]) -> Result:
    """The result of ranges that follow each other."""
    whole = hashlib.sha256("".join(each.digest for each in found).encode())
    failures = [failure for each in found for failure in each.failures]
    return Result(
        sum(each.passed for each in found),
        sum(each.failed for each in found),
        sum(each.unknown for each in found),
        sum(each.entries for each in found),
        whole.hexdigest()[:16],
        tuple(failures[:KEPT]),
    )
