"""initd.supervise.ticks: slices of the wall clock, found on the monotonic one."""

from __future__ import annotations

from initd.supervise.ticks import SECOND, Ticks


def test_nothing_is_armed_that_nobody_wants() -> None:
    ticks = Ticks()
    assert ticks.next_ns() is None
    ticks.want(frozenset({5}))
    ticks.want(frozenset())
    assert ticks.next_ns() is None


def test_the_first_tick_is_that_of_the_next_slice() -> None:
    ticks = Ticks()
    ticks.want(frozenset({5, 60}))
    assert ticks.next_ns() == 0
    assert ticks.look(100 * SECOND, 1004 * SECOND + 1) == []
    assert ticks.next_ns() == 101 * SECOND - 1
    told = ticks.look(101 * SECOND - 1, 1005 * SECOND)
    assert [(each.name, each.payload) for each in told] == [("TICK_5", "when:1005")]


def test_the_clock_is_looked_at_every_second_since_nobody_tells_that_it_was_set() -> None:
    ticks = Ticks()
    ticks.want(frozenset({3600}))
    ticks.look(0, 7201 * SECOND)
    assert ticks.next_ns() == SECOND
    assert ticks.look(SECOND, 7202 * SECOND) == []
    assert [each.payload for each in ticks.look(2 * SECOND, 20_000 * SECOND)] == ["when:18000"]


def test_what_was_missed_is_not_made_up_for() -> None:
    ticks = Ticks()
    ticks.want(frozenset({5}))
    ticks.look(0, 1000 * SECOND)
    assert [each.payload for each in ticks.look(60 * SECOND, 1061 * SECOND)] == ["when:1060"]


def test_a_clock_that_is_set_back_ticks_there_as_well() -> None:
    ticks = Ticks()
    ticks.want(frozenset({5}))
    ticks.look(0, 1000 * SECOND)
    assert [each.payload for each in ticks.look(SECOND, 500 * SECOND)] == ["when:500"]


def test_ticks_come_back_from_their_snapshot() -> None:
    ticks = Ticks()
    ticks.want(frozenset({3600}))
    ticks.look(0, 7201 * SECOND)
    again = Ticks.restore(ticks.snapshot())
    assert again.next_ns() == SECOND
    assert [each.payload for each in again.look(3599 * SECOND, 10800 * SECOND)] == ["when:10800"]
