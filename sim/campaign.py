"""Many scenarios, one after the other: played, judged, told again; what went wrong is kept with its scenario.

A seed passes when every invariant holds in its story, when the story is the reference model's, when, of one seed in TWICE, a
second play tells the very same, and when, of one in RELATED, one relation holds (`sim.metamorphic`). What could not be judged
is unknown, which is no pass.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import marshal
import time
from functools import partial

from initd.record import Record
from sim.closing import closing
from sim.generate import scenario as generate
from sim.judges import Judges, Verdict, check, reference_model, stage_of, the_register
from sim.pieces import pieces, results
from sim.scenario import to_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TWICE = 16
"""One seed in so many is played a second time, which must change nothing."""
CHUNK = 500
"""Seeds that one process takes at a time."""
KEPT = 20
"""So many failures are kept with their scenarios; the others are counted."""
PATIENCE_S = 1
"""A campaign that has failed looks for more failures that long; what is not played then is unknown."""
NEMESIS, LISTENERS, CLASSICS, ALL = "nemesis", "listeners", "classics", "all"
"""Profiles of `sim.mixture`, whose seeds are no scenarios of one stage: sieges, those with event listeners, the six bugs of
supervisord, and everything."""
APART = (ALL, CLASSICS, LISTENERS, NEMESIS)
PIECES = {ALL: 100, CLASSICS: 60, LISTENERS: 5, NEMESIS: 10}
"""How many of their seeds one process takes at a time: a second's worth."""


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


def run_seeds(
    first: int, last: int, profile: str, stage: str = "core", model: bool = True, oracle: bool = False
) -> Result:
    """Play the seeds from `first` to below `last` in this process."""
    began = time.perf_counter()
    result = _played(first, last, profile, stage, model, oracle)
    return result.replace(seconds=time.perf_counter() - began)


def _played(first: int, last: int, profile: str, stage: str, model: bool, oracle: bool) -> Result:
    judges = Judges(reference_model() if model else None, the_register() if oracle else None)
    play = _scenarios(profile, stage, judges)
    if profile in APART:
        from sim import mixture  # it needs everything the daemon does

        apart = mixture.CHECKS[profile]
        play = lambda seed: apart(seed, seed % TWICE == 0, judges)  # noqa: E731
    with few_collections():
        return _run_seeds(first, last, play)


def _scenarios(profile: str, stage: str, judges: Judges) -> Callable[[int], Verdict]:
    play = stage_of(stage)

    def one(seed: int) -> Verdict:
        drawn = generate(seed, profile)
        related = judges.related(seed, stage)
        try:
            trace, reasons, certain = check(drawn, play, judges.tell, seed % TWICE == 0, judges.register, related)
        except Exception as error:  # who cannot judge has not passed anything
            trace, reasons, certain = [], [f"judge unknown: {error!r}"], False
        return Verdict(trace, tuple(reasons), certain, to_json(drawn) if reasons else "")

    return one


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


def _run_seeds(first: int, last: int, play: Callable[[int], Verdict]) -> Result:
    counts = {True: 0, False: 0}
    entries, whole, until = 0, hashlib.sha256(), 0.0
    failures: list[Failure] = []
    for seed in range(first, last):
        if failures and time.perf_counter() > until:
            counts[False] += last - seed
            break
        try:
            verdict = play(seed)
        except Exception as error:  # who cannot judge has not passed anything
            verdict = Verdict((), (f"judge unknown: {error!r}",), False, "")
        entries += len(verdict.trace)
        whole.update(marshal.dumps(verdict.trace, 2))  # that version knows no references: equal stories are equal bytes
        if verdict.reasons:
            until = until or time.perf_counter() + PATIENCE_S
            counts[verdict.certain] += 1
            failures.append(Failure(seed, verdict.reasons, not verdict.certain, verdict.scenario))
    broken, unknown = counts[True], counts[False]
    return Result(last - first - broken - unknown, broken, unknown, entries, whole.hexdigest()[:16], tuple(failures[:KEPT]))


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
    """Play a range of seeds in that many processes; `progress(seeds done)` and `heard(seeds, result)` are called now and then.

    Soon after the first failure it ends, and what was not played is unknown.
    """
    began = time.perf_counter()
    _load(profile, stage, model, oracle)
    parts = pieces(first, last, size_of(profile, stage))
    run = partial(run_seeds, profile=profile, stage=stage, model=model, oracle=oracle)
    found = []
    done, until = 0, 0.0
    with contextlib.closing(results(parts, run, lost, jobs)) as told:
        for piece, result in told:
            found.append(result)
            done += result.total
            heard(piece, result)
            progress(done)
            until = until or (0.0 if result.clean else time.perf_counter() + PATIENCE_S - result.seconds)
            if until and time.perf_counter() > until:
                break
    whole = together(found).replace(seconds=time.perf_counter() - began)
    return whole.replace(unknown=whole.unknown + (last - first - done))


def _load(profile: str, stage: str, model: bool, oracle: bool) -> None:
    """Import what is needed, once for all processes; what is not installed is missed here."""
    stage_of(stage)
    if profile in APART:
        from sim import mixture  # noqa: F401
    if model:
        reference_model()
    if oracle:
        the_register()


def size_of(profile: str, stage: str) -> int:
    """How many of these seeds one process takes at a time: some seconds' worth."""
    return PIECES.get(profile, CHUNK if stage == "core" else CHUNK // 10)


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
