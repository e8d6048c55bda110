from initd.supervise.policy import ProcessPolicy
from initd.supervise.process import Process
from initd.supervise.timers import Timers


def armed(timers, when, instance):
    process = Process(instance, "g", ProcessPolicy("p"))
    process.due_ns = when
    timers.arm(when, process)
    return process


def test_deadlines_fall_due_in_time_and_equal_ones_in_the_order_armed():
    timers = Timers()
    for when, instance in ((5, 1), (3, 9), (3, 2), (4, 3)):
        armed(timers, when, instance)
    assert timers.next_ns() == 3
    assert timers.take_due(2) is None
    assert [timers.take_due(4).instance for _ in range(3)] == [9, 2, 3]
    assert timers.take_due(4) is None
    assert timers.pending() == ((5, 1),)


def test_what_is_not_wanted_any_more_is_nobodys_deadline():
    timers = Timers()
    first, second = armed(timers, 1, 1), armed(timers, 2, 2)
    first.due_ns = None
    assert timers.pending() == ((2, 2),)
    assert timers.next_ns() == 2
    second.due_ns, second.report_ns = 3, 2
    assert timers.next_ns() == 2
    second.report_ns = None
    assert timers.next_ns() is None
    assert timers.take_due(10) is None
