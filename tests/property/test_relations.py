"""What must not matter changes no story: each relation of `sim.metamorphic`, with scenarios that Hypothesis draws."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sim.metamorphic import RELATIONS, STAGES, broken
from tests.property.scenarios import scenarios

seeds = st.integers(0, 2**32)


@given(scenarios(), st.sampled_from(RELATIONS["core"]), seeds)
def test_what_must_not_matter_changes_no_story_of_the_core(played, change, seed):
    assert broken(change, played, STAGES["core"].play(played), "core", seed) is None


@settings(max_examples=40)
@given(scenarios(), st.sampled_from(RELATIONS["daemon"]), seeds)
def test_what_must_not_matter_changes_no_story_of_the_whole_daemon(played, change, seed):
    assert broken(change, played, STAGES["daemon"].play(played), "daemon", seed) is None
