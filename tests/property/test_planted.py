"""A campaign fails within ten seconds, by the bug's name, where initd has one of the six bugs of real supervisord."""

from __future__ import annotations

import os
import resource
import tomllib
from pathlib import Path

import pytest

from sim.stage.classics import BUGS
from sim.trials import in_children, plant_all, warm_up

ROOT = Path(__file__).resolve().parents[2]
ENTRIES = tomllib.loads(Path(__file__).with_name("planted.toml").read_text())["planted"]
PLANTED = {bug: {each["way"]: each["change"] for each in ENTRIES if each["bug"] == bug} for bug in BUGS}
BUDGET_S = 10
"""Of one processor, all imports included."""
SEEDS = (0, 1000)
WAYS = None if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 3
"""So many of the ways of each bug are tried, the first ones; all in the long run."""


class _Named(Exception):
    """A failure that says which bug it is."""


def first_to_name(bug: str) -> str:
    """What the campaign says when it first names that bug; or how it ended without."""
    from sim.campaign import ALL, campaign

    def heard(seeds: range, result: object) -> None:
        for reason in [reason for failure in result.failures for reason in failure.reasons]:
            if bug in reason:
                raise _Named(reason)

    soft = round(resource.getrusage(resource.RUSAGE_SELF).ru_utime) + BUDGET_S
    resource.setrlimit(resource.RLIMIT_CPU, (soft, soft))
    try:
        return campaign(*SEEDS, ALL, heard=heard).summary()
    except _Named as named:
        return str(named)


def planted(bug: str, way: str) -> str:
    plant_all([(each["file"], each["old"], each["new"]) for each in PLANTED[bug][way]], ROOT)
    return first_to_name(bug)


def test_there_is_something_planted_for_each_bug_in_several_ways():
    assert {each["bug"] for each in ENTRIES} == set(BUGS)
    assert min(map(len, PLANTED.values())) >= 3


def test_every_way_finds_the_text_it_changes():
    changes = [(each["way"], change) for each in ENTRIES for change in each["change"]]
    assert [way for way, change in changes if (ROOT / change["file"]).read_text().count(change["old"]) != 1] == []


@pytest.mark.parametrize("bug", PLANTED)
def test_a_campaign_fails_within_ten_seconds_and_names_what_was_planted(bug):
    warm_up()
    tries = [(way, lambda way=way: planted(bug, way)) for way in list(PLANTED[bug])[:WAYS]]
    said = {way: text for way, text, _ in in_children(tries, 1)}
    assert {way: text for way, text in said.items() if bug not in text} == {}


def test_without_anything_planted_the_same_campaign_passes():
    from sim.campaign import ALL, campaign

    assert campaign(*SEEDS, ALL).clean
