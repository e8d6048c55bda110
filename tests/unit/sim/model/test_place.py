"""The order at one instant: its turns, their parts, and the ops between."""

from __future__ import annotations

from sim.model.place import (
    BOOT,
    DONE,
    DUE,
    DUE_FIRST,
    FORKED,
    REAPED,
    REAPED_FIRST,
    SIGNALLED,
    next_rank,
    next_turn,
    rank,
)


def test_an_instant_goes_by_turns_and_each_op_has_turns_of_its_own():
    parts = (SIGNALLED, REAPED, DUE, FORKED)
    in_order = [BOOT[1], *[rank(-1, turn, part) for turn in (1, 2, 99_999) for part in parts]]
    in_order += [rank(0, 0, DONE), *[rank(0, turn, part) for turn in (1, 2) for part in parts], rank(1, 0, DONE)]
    assert in_order == sorted(set(in_order))
    assert (rank(-1, 1, REAPED), rank(-1, 1, DUE)) == (REAPED_FIRST, DUE_FIRST)


def test_what_is_due_already_comes_later_in_this_turn_or_in_the_next():
    assert next_rank(rank(3, 2, SIGNALLED), DUE) == rank(3, 2, DUE)
    assert next_rank(rank(3, 2, REAPED), DUE) == rank(3, 2, DUE)
    assert next_rank(rank(3, 2, DUE), DUE) == rank(3, 3, DUE)
    assert next_rank(rank(3, 2, FORKED), REAPED) == rank(3, 3, REAPED)
    assert next_rank(rank(3, 0, DONE), FORKED) == rank(3, 1, FORKED)
    assert next_turn(rank(3, 2, SIGNALLED)) == rank(3, 3, 0)
