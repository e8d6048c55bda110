"""The profile `all`: every kind of run a campaign has, in turn, weighed by what each costs and what it finds.

Of each BLOCK of seeds the first are the six bugs real supervisord has, then come sieges, then scenarios by the whole daemon,
and most are scenarios by the core alone, which are the cheapest by far. So the first second of a campaign has seen something
of everything. Each part counts its own seeds: `origin` says which one of what a seed is.
"""

from __future__ import annotations

from initd.record import Record
from sim.generate import PROFILES, scenario
from sim.judges import Judges, Verdict, check
from sim.scenario import to_json
from sim.stage import classics, core, daemon, sieges
from sim.stage.assembly import assembly_of
from sim.stage.siege import siege_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.stage.siege import Siege

ALL, CLASSICS, LISTENERS, NEMESIS = "all", "classics", "listeners", "nemesis"
BLOCK = 500
PARTS = ((CLASSICS, 36), (NEMESIS, 4), (LISTENERS, 2), ("daemon", 60), ("core", 398))
"""What a block consists of, in this order; together BLOCK. About two seconds of one processor."""


class Origin(Record):
    """Which run a seed of the mixture is: the stage that plays it, the profile it is of, and its seed there."""

    stage: str
    profile: str
    seed: int


def origin(seed: int) -> Origin:
    """What that seed of the profile `all` stands for."""
    block, at = divmod(seed, BLOCK)
    for part, size in PARTS:
        if at < size:
            number = block * size + at
            if part in PROFILES_APART:
                return Origin("daemon", part, number)
            profiles: Sequence[str] = list(PROFILES)
            return Origin(part, profiles[number % len(profiles)], number // len(profiles))
        at -= size
    raise AssertionError("the parts of a block are a block")


def classic(seed: int, twice: bool, judges: Judges) -> Verdict:
    """One case of the six bugs."""
    played, file = classics.check(seed, twice)
    return Verdict(played.history, played.broken, bool(played.broken), file)


def siege(seed: int, twice: bool, judges: Judges) -> Verdict:
    """One siege."""
    return _besieged(siege_of(seed), seed, twice)


def assembly(seed: int, twice: bool, judges: Judges) -> Verdict:
    """One siege with event listeners."""
    return _besieged(assembly_of(seed), seed, twice)


def _besieged(siege: Siege, seed: int, twice: bool) -> Verdict:
    result, file = sieges.check(siege, seed % sieges.ALONE == 0, twice)
    return Verdict(result.history, result.broken, bool(result.broken), file)


def everything(seed: int, twice: bool, judges: Judges) -> Verdict:
    """One of everything. Model and supervisor are asked about the core's stories, which the daemon tells as well."""
    place = origin(seed)
    if place.profile in PROFILES_APART:
        return PROFILES_APART[place.profile](place.seed, twice, judges)
    drawn = scenario(place.seed, place.profile)
    if place.stage == "core":
        trace, reasons, certain = check(
            drawn, core.play, judges.tell, twice, judges.register, judges.related(seed, place.stage)
        )
    else:
        trace, reasons, certain = check(drawn, daemon.play, None, twice, None, judges.related(seed, place.stage))
    return Verdict(tuple(trace), tuple(reasons), certain, to_json(drawn) if reasons else "")


PROFILES_APART = {CLASSICS: classic, NEMESIS: siege, LISTENERS: assembly}
"""Profiles whose seeds are no scenarios of a stage."""
CHECKS = {**PROFILES_APART, ALL: everything}
"""All that this module plays."""
