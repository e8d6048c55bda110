"""The reactor on a simulated kernel: order within a turn, bounds, and what a callback that fails costs."""

from __future__ import annotations

import pytest

from initd.drive.loop import SOON_PER_TURN, Loop
from initd.kernel.port import READABLE, WRITABLE
from sim.kernel import EndOfRun, SimKernel


@pytest.fixture
def kernel():
    return SimKernel()


@pytest.fixture
def errors():
    return []


@pytest.fixture
def loop(kernel, errors):
    return Loop(kernel, errors.append)


def nothing():
    """For turns in which nothing comes first."""


def ready_pipe(kernel):
    reader, writer = kernel.pipe()
    kernel.write(writer, b"x")
    return reader


def test_a_turn_runs_first_then_completions_then_descriptors_then_timers_then_deferred_calls(kernel, loop):
    order = []
    loop.submit("lane", lambda files: "value", lambda value, error: order.append(value))
    kernel.poll(0)
    reader = ready_pipe(kernel)
    loop.watch(reader, READABLE, lambda bits: order.append(bits))
    loop.at(0, lambda: order.append("timer"))
    loop.soon(lambda: order.append("soon"))
    loop.turn(None, lambda: order.append("first"))
    assert order == ["first", "value", READABLE, "timer", "soon"]


def test_a_descriptor_is_served_in_every_turn_in_which_it_is_ready_until_it_is_unwatched(kernel, loop):
    served = []
    reader = ready_pipe(kernel)
    loop.watch(reader, READABLE, served.append)
    loop.turn(0, nothing)
    loop.turn(0, nothing)
    loop.unwatch(reader)
    loop.unwatch(reader)
    loop.turn(0, nothing)
    assert served == [READABLE, READABLE]


def test_a_second_watch_replaces_interest_and_callback(kernel, loop):
    first, second = [], []
    reader, writer = kernel.pipe()
    loop.watch(writer, WRITABLE, first.append)
    loop.watch(writer, READABLE, second.append)
    loop.turn(0, nothing)
    assert first == second == []
    loop.watch(writer, WRITABLE, second.append)
    loop.turn(0, nothing)
    assert (first, second) == ([], [WRITABLE])


def test_what_a_callback_unwatches_is_not_served_any_more_in_the_same_turn(kernel, loop):
    served = []
    one, two = ready_pipe(kernel), ready_pipe(kernel)

    def serve(fd, other):
        return lambda bits: (served.append(fd), loop.unwatch(other))

    loop.watch(one, READABLE, serve(one, two))
    loop.watch(two, READABLE, serve(two, one))
    loop.turn(0, nothing)
    assert len(served) == 1


def test_a_callback_that_fails_loses_its_descriptor_and_nothing_else(kernel, loop, errors):
    served = []

    def fails(bits):
        raise ValueError("callback")

    loop.watch(ready_pipe(kernel), READABLE, fails)
    loop.watch(ready_pipe(kernel), READABLE, served.append)
    loop.turn(0, nothing)
    loop.turn(0, nothing)
    assert [str(error) for error in errors] == ["callback"]
    assert served == [READABLE, READABLE]


@pytest.mark.parametrize("where", ["first", "timer", "soon", "done"])
def test_an_error_anywhere_is_handed_over_and_the_turn_goes_on(kernel, loop, errors, where):
    done = []

    def fails(*_):
        raise ValueError(where)

    if where == "timer":
        loop.at(0, fails)
    elif where == "soon":
        loop.soon(fails)
    elif where == "done":
        loop.submit("lane", lambda files: None, fails)
        kernel.poll(0)
    loop.soon(lambda: done.append("rest"))
    loop.turn(0, fails if where == "first" else nothing)
    assert [str(error) for error in errors] == [where]
    assert done == ["rest"]


def test_not_even_a_report_that_fails_ends_the_turn(kernel):
    done = []

    def fails(*_):
        raise OSError(24, "too many open files")

    loop = Loop(kernel, fails)
    loop.watch(ready_pipe(kernel), READABLE, fails)
    loop.soon(lambda: done.append("rest"))
    loop.turn(0, nothing)
    assert done == ["rest"]


def test_timers_run_when_due_by_deadline_and_equal_ones_in_the_order_asked(kernel, loop):
    order = []
    for deadline, name in ((30, "c"), (20, "a"), (20, "b")):
        loop.at(deadline, lambda name=name: order.append((kernel.now, name)))
    loop.after(40, lambda: order.append((kernel.now, "d")))
    while len(order) < 4:
        loop.turn(None, nothing)
    assert order == [(20, "a"), (20, "b"), (30, "c"), (40, "d")]


def test_a_cancelled_timer_neither_runs_nor_wakes_anybody(kernel, loop):
    kernel.run_until(100)
    kernel.at(101, nothing)
    loop.at(50, lambda: pytest.fail("cancelled")).cancel()
    assert loop.next_deadline() is None
    with pytest.raises(EndOfRun):
        loop.turn(None, nothing)
    assert kernel.now == 100


def test_a_timer_may_be_cancelled_by_another_of_the_same_instant_and_after_it_has_run(kernel, loop):
    order = []
    loop.at(10, lambda: (order.append("one"), two.cancel(), one.cancel()))
    one = loop.at(5, lambda: order.append("zero"))
    two = loop.at(10, lambda: order.append("two"))
    loop.turn(None, nothing)
    loop.turn(None, nothing)
    assert order == ["zero", "one"]
    assert loop.next_deadline() is None


def test_the_callers_deadline_and_the_earliest_timer_both_end_the_sleep(kernel, loop):
    loop.at(50, nothing)
    loop.turn(20, nothing)
    assert kernel.now == 20
    loop.turn(80, nothing)
    assert kernel.now == 50


def test_deferred_calls_are_bounded_a_turn_and_what_they_defer_comes_in_a_later_one(kernel, loop):
    order = []
    for number in range(SOON_PER_TURN + 2):
        loop.soon(lambda number=number: order.append(number))
    loop.turn(None, nothing)
    assert len(order) == SOON_PER_TURN
    assert loop.busy
    loop.soon(lambda: loop.soon(lambda: order.append("later")))
    loop.turn(None, nothing)
    assert order == list(range(SOON_PER_TURN + 2))
    loop.turn(None, nothing)
    assert order[-1] == "later"
    assert not loop.busy


def test_an_operation_answers_with_its_value_or_its_error(kernel, loop):
    answers = []
    loop.submit("a", lambda files: files.exists("/tmp"), lambda *answer: answers.append(answer))
    loop.submit("b", lambda files: files.stat("/nowhere"), lambda *answer: answers.append(answer))
    while len(answers) < 2:
        loop.turn(None, nothing)
    assert answers[0] == (True, None)
    assert answers[1][0] is None
    assert isinstance(answers[1][1], FileNotFoundError)


def test_an_inherited_operation_ends_in_the_new_loop_and_so_does_what_its_end_submits(kernel, loop, errors):
    order = []

    def done(value, error):
        order.append(value)
        loop.submit("lane", lambda files: "second", lambda value, error: order.append(value))

    loop.submit("lane", lambda files: "first", done)
    heir = Loop(kernel, errors.append)
    heir.inherit(loop)
    while len(order) < 2:
        heir.turn(None, nothing)
    assert order == ["first", "second"]


def test_the_bounds_of_a_turn_are_those_of_the_design():
    from initd.drive import apply, line, spawner, stdin

    assert (apply.REAPS_PER_TURN, SOON_PER_TURN, spawner.FORK_NS_PER_TURN) == (256, 64, 4_000_000)
    assert (line.PATIENCE_NS, spawner.RESERVED_FDS, stdin.LIMIT) == (250_000_000, 32, 262_144)
