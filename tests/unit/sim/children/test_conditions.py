"""The language of what depends on others and on time."""

from __future__ import annotations

import pytest

from sim.children.behaviours import Behaviour, BehaviourError
from sim.children.conditions import FORMS, Dependence, Outage, parse

S = 1_000_000_000


def test_spans_are_said_one_after_the_other_and_the_last_may_be_open():
    name, told = parse("db: down from 60s to 6m and from 400s")
    assert (name, told) == ("db", Outage(((60 * S, 360 * S), (400 * S, None))))
    assert [told.covers(time * S) for time in (59, 60, 359, 360, 399, 400, 9999)] == [False, True, True, False, False, True, True]


def test_what_is_done_meanwhile_and_otherwise_are_behaviours_of_the_catalogue():
    _, told = parse("web: needs db, print no, crash after 0.3s exit 4 while db is down, else exit 0 after 5s")
    assert isinstance(told, Dependence)
    assert told.thing == "db"
    assert told.what.steps(1) == [["write", "out", "no\n"], ["sleep", 0.3], ["exit", 4]]
    assert told.otherwise.steps(1) == [["sleep", 5.0], ["exit", 0]]


def test_needs_alone_is_a_crash_soon():
    assert parse("web: needs db")[1] == parse("web: crash after 0.1s exit 1 while db is down")[1].replace()
    assert parse("web: needs db")[1].what.steps(1)[-1] == ["exit", 1]


def test_every_other_behaviour_is_still_one():
    assert isinstance(parse("web: crash after 0.3s exit 1")[1], Behaviour)


def test_the_forms_of_the_help_can_be_said():
    for form in FORMS.splitlines():
        assert not isinstance(parse(f"x: {form.split('   ')[0].strip()}")[1], Behaviour)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("db: down for 5m", "expected 'down from 60s to 360s'"),
        ("db: down from 5m to 60s", "must have a length"),
        ("db: down from 1s and from 5s", "in order"),
        ("db: down from 1x to 2x", "no duration"),
        ("web: needs db, crash while cache is down", "while 'cache' is down"),
        ("web: needs", "no behaviour"),
        ("web: crsh while db is down", "did you mean"),
        ("web", "expected NAME: BEHAVIOUR"),
    ],
)
def test_what_is_not_understood_is_named(text, part):
    with pytest.raises(BehaviourError, match=part):
        parse(text)
