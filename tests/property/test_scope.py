"""Small scope, exhaustively: every order of a few events, for a core of one or two programs."""

from __future__ import annotations

import pytest

from initd.supervise.policy import ProcessPolicy, Restart
from initd.supervise.rules import ACTIONS, Rules
from initd.supervise.table import TABLE
from sim.scope import Broken, explore

ORDINARY = ProcessPolicy("a", startsecs=1, startretries=1, stopwaitsecs=2)
INSTANT = ProcessPolicy("b", startsecs=0, autorestart=Restart.ALWAYS, stopwaitsecs=1, priority=1)
ENDS = frozenset({"shutdown", "restart"})


def test_everything_that_can_become_of_one_program_keeps_the_rules():
    """To the end: no further position can be reached by starts, stops, births, failures, ends and time."""
    positions, moves = explore((ORDINARY,), None, ("start", "stop"), ENDS | {"time-short"})
    assert positions > 100
    assert moves > 4 * positions


@pytest.mark.parametrize("policy", [ORDINARY, INSTANT], ids=["ordinary", "instant"])
def test_six_events_of_every_kind_to_one_program_keep_the_rules_in_every_order(policy):
    assert explore((policy,), 6)[0] > 500


def test_five_events_to_two_programs_keep_the_rules_in_every_order():
    assert explore((ORDINARY, INSTANT), 5, without=frozenset({"time-short"}))[0] > 2000


@pytest.mark.parametrize(
    ("action", "named"),
    [
        ("give_up", "never answered|without an end|stays where it was"),
        ("spawned_late", "knows nothing of its child"),
        ("cancel_spawn", "never answered|spawn|nobody will answer"),
        ("stopped", "has pid|without an end|children"),
    ],
)
def test_an_action_that_does_nothing_is_noticed(monkeypatch, action, named):
    """The rules are of use: a core that forgets one of its actions breaks them."""
    for cell, name in TABLE.items():
        if name == action:
            monkeypatch.setitem(ACTIONS, cell, Rules.ignore)
    with pytest.raises(Broken, match=named):
        explore((ORDINARY,), 6)
