"""Who may go on when: in the order of joining, as long as nobody hangs."""

from __future__ import annotations

import pytest

from initd.drive.line import PATIENCE_NS, Line
from initd.drive.loop import Loop
from sim.kernel import SimKernel


class Bench:
    """A line; `gone` is who went on."""

    def __init__(self):
        self.kernel = SimKernel()
        self.loop = Loop(self.kernel, lambda error: pytest.fail(str(error)))
        self.line, self.gone = Line(self.loop), []

    def join(self, *instances):
        for instance in instances:
            self.line.join((instance, 1))

    def ready(self, *instances):
        for instance in instances:
            self.line.ready((instance, 1), lambda instance=instance: self.gone.append(instance))

    def pass_time(self, duration_ns):
        until_ns = self.kernel.mono() + duration_ns
        while self.kernel.mono() < until_ns:
            self.loop.turn(until_ns, lambda: None)


@pytest.fixture
def bench():
    return Bench()


def test_those_in_the_line_go_on_in_the_order_of_joining(bench):
    bench.join(1, 2, 3)
    bench.ready(3, 2)
    assert bench.gone == []
    bench.ready(1)
    assert bench.gone == [1, 2, 3]


def test_whoever_is_not_in_the_line_goes_on_at_once(bench):
    bench.join(1)
    bench.ready(2)
    assert bench.gone == [2]


def test_one_that_leaves_lets_those_behind_it_go_on(bench):
    bench.join(1, 2)
    bench.ready(2)
    bench.line.leave((1, 1))
    assert bench.gone == [2]
    bench.ready(1)
    assert bench.gone == [2, 1]


def test_one_that_leaves_when_it_is_ready_still_goes_on_so_that_what_it_holds_is_released(bench):
    bench.join(1, 2)
    bench.ready(2)
    bench.line.leave((2, 1))
    bench.ready(1)
    assert bench.gone == [1, 2]


def test_leaving_without_a_place_is_harmless(bench):
    bench.line.leave((1, 1))
    assert bench.gone == []


def test_all_that_hang_are_waited_for_once_together(bench):
    bench.join(1, 2, 3, 4)
    bench.ready(2, 4)
    bench.pass_time(PATIENCE_NS - 1)
    assert bench.gone == []
    bench.pass_time(1)
    assert bench.gone == [2, 4]
    bench.ready(3, 1)
    assert bench.gone == [2, 4, 3, 1]


def test_patience_begins_anew_with_each_that_goes_on(bench):
    bench.join(1, 2, 3)
    bench.pass_time(PATIENCE_NS - 1)
    bench.ready(3, 1)
    bench.pass_time(PATIENCE_NS - 1)
    assert bench.gone == [1]
    bench.pass_time(1)
    assert bench.gone == [1, 3]


def test_one_that_joins_behind_a_head_that_hangs_already_does_not_wait(bench):
    bench.join(1)
    bench.pass_time(2 * PATIENCE_NS)
    bench.join(2)
    bench.ready(2)
    bench.loop.turn(0, lambda: None)
    assert bench.gone == [2]


def test_nobody_in_the_line_means_no_wake_up(bench):
    bench.join(1, 2)
    bench.ready(1, 2)
    bench.pass_time(PATIENCE_NS)
    assert bench.loop.next_deadline() is None


def test_patience_is_counted_from_when_somebody_is_waited_for_and_looked_at_once(bench):
    bench.pass_time(10 * PATIENCE_NS)
    now_ns = bench.kernel.mono()
    bench.join(1, 2, 3)
    assert [deadline for deadline, _, _ in bench.loop._timers] == [now_ns + PATIENCE_NS]


def test_the_next_head_is_looked_at_later_and_not_at_once(bench):
    bench.join(1)
    bench.pass_time(PATIENCE_NS - 1)
    bench.join(2, 3)
    bench.pass_time(1)
    assert bench.loop.next_deadline() == 2 * PATIENCE_NS
