from initd.supervise.timers import Timers


def test_deadlines_fall_due_in_time_and_equal_ones_in_the_order_armed():
    timers = Timers(lambda when, instance: True)
    for when, instance in ((5, 1), (3, 9), (3, 2), (4, 3)):
        timers.arm(when, instance)
    assert timers.next_ns() == 3
    assert timers.take_due(2) is None
    assert [timers.take_due(4) for _ in range(4)] == [9, 2, 3, None]
    assert timers.pending() == ((5, 1),)


def test_what_is_not_wanted_any_more_is_nobodys_deadline():
    wanted = {1, 2}
    timers = Timers(lambda when, instance: instance in wanted)
    timers.arm(1, 1)
    timers.arm(2, 2)
    wanted.remove(1)
    assert timers.pending() == ((2, 2),)
    assert timers.next_ns() == 2
    wanted.clear()
    assert timers.next_ns() is None
    assert timers.take_due(10) is None
