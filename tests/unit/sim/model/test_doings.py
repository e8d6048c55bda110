"""What is done to each program, sorted out of a scenario."""

from __future__ import annotations

from sim.model.doings import END, SHUTDOWN, START, STOP, sort_out
from sim.model.place import DONE, REAPED_FIRST, SIGNALLED, rank
from sim.scenario import Group, Scenario
from tests.unit.sim.model.stories import ns, op, program

GROUPS = (Group("g", (program(), program(name="b"))),)


def kinds(doings):
    return [(each[0][0], each[1], each[3]) for each in doings]


def test_each_program_gets_its_own_ops_and_the_end():
    doings, strays, shutdown = sort_out(
        Scenario(GROUPS, (op(1, "stop"), op(1, "start", "g:b"), op(2, "stop", "g:c")), ns(9)), ["g:a", "g:b"]
    )
    assert kinds(doings["g:a"]) == [(ns(1), STOP, 0), (ns(9), END, -1)]
    assert kinds(doings["g:b"]) == [(ns(1), START, 1), (ns(9), END, -1)]
    assert kinds(strays) == [(ns(2), STOP, 2)]
    assert shutdown is None


def test_a_shutdown_concerns_everybody_and_only_the_first_counts():
    ops = (op(1, "shutdown", ""), op(2, "shutdown", ""))
    doings, _, shutdown = sort_out(Scenario(GROUPS, ops, ns(9)), ["g:a", "g:b"])
    assert all(kinds(each) == [(ns(1), SHUTDOWN, 0), (ns(9), END, -1)] for each in doings.values())
    assert shutdown == (ns(1), rank(-1, 1, SIGNALLED), ())


def test_only_a_shutdown_that_is_the_first_at_its_instant_comes_before_the_reaps():
    def place(*ops):
        return sort_out(Scenario(GROUPS, ops, ns(9)), ["g:a", "g:b"])[2]

    down = op(1, "shutdown", "")
    assert place(op(0.5, "stop"), down)[1] < REAPED_FIRST
    assert place(op(1, "wall", ""), down)[1] == rank(1, 1, SIGNALLED) > rank(0, 0, DONE) > REAPED_FIRST
    assert place(op(0, "shutdown", ""))[1] == rank(0, 1, SIGNALLED), "the boot comes first"


def test_the_wall_clock_and_what_is_later_than_the_end_are_left_out():
    doings, _, _ = sort_out(Scenario(GROUPS, (op(1, "wall", ""), op(9, "stop"), op(10, "stop")), ns(9)), ["g:a", "g:b"])
    assert kinds(doings["g:a"]) == [(ns(9), STOP, 1), (ns(9), END, -1)]
