"""The clock supervisor reads: exact to the nanosecond near ticks, both ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.oracle.clock import EPOCH_NS, LIMIT_NS, Clock, to_float, to_ns
from sim.scenario import SECOND_NS, TICK_NS

times = st.builds(
    lambda ticks, beside: ticks * TICK_NS + beside,
    st.integers(1, LIMIT_NS // TICK_NS // 2),
    st.integers(-TICK_NS // 4, TICK_NS // 4),
)


@given(times)
def test_a_float_stands_for_its_nanoseconds_exactly(time_ns):
    assert to_ns(to_float(time_ns)) == time_ns


@given(times, times)
def test_floats_are_ordered_as_the_times_they_stand_for(one, other):
    assert (to_float(one) < to_float(other)) == (one < other)
    assert (to_float(one) == to_float(other)) == (one == other)


@given(times, st.integers(0, 1000), st.integers(-2, 2))
def test_adding_whole_seconds_is_exact_so_that_boundaries_are_hit(time_ns, seconds, beside):
    later = to_float(time_ns + seconds * SECOND_NS + beside)
    assert (later - to_float(time_ns) > seconds) == (beside > 0)
    assert (to_float(time_ns) + seconds == later) == (beside == 0)


def test_a_step_of_the_wall_clock_moves_what_is_read_and_nothing_else():
    clock = Clock()
    clock.advance(5 * SECOND_NS)
    clock.step(-SECOND_NS)
    assert clock.time() == to_float(EPOCH_NS + 4 * SECOND_NS)
    assert clock.now_ns == 5 * SECOND_NS
    assert clock.when(clock.time() + 2) == 7 * SECOND_NS


def test_a_step_that_floats_cannot_follow_is_refused():
    with pytest.raises(ValueError, match="cannot be set"):
        Clock().step(-EPOCH_NS)
    with pytest.raises(ValueError, match="cannot be set"):
        Clock().step(LIMIT_NS)
