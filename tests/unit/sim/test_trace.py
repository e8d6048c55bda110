"""Comparing stories."""

from __future__ import annotations

from sim.trace import digest, first_difference

ONE = [(0, "g:a", "state", "STARTING 0"), (0, "g:b", "state", "STARTING 0"), (5, "g:a", "state", "RUNNING")]


def test_what_happens_to_several_programs_at_one_instant_has_no_order():
    assert first_difference(ONE, [ONE[1], ONE[0], ONE[2]]) is None


def test_the_earliest_difference_is_named_with_both_sides():
    other = [ONE[0], (0, "g:b", "state", "STARTING 1"), (6, "g:a", "state", "RUNNING")]
    assert first_difference(ONE, other) == ("g:b", ONE[1], other[1])


def test_a_story_that_ends_early_differs_where_the_other_goes_on():
    assert first_difference(ONE, ONE[:2]) == ("g:a", ONE[2], None)
    assert first_difference(ONE[:2], ONE) == ("g:a", None, ONE[2])


def test_a_digest_tells_stories_apart():
    assert digest(ONE) == digest(list(ONE)) != digest(ONE[:2])
