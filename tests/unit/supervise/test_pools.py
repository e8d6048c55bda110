"""Pools by themselves; that they do what supervisord's do is in tests/property/test_pools.py."""

from __future__ import annotations

from collections.abc import Callable

from initd.states import ProcessState
from initd.supervise.audience import Audience
from initd.supervise.effects import Log, Send, StateChanged
from initd.supervise.notifications import Notification
from initd.supervise.policy import ListenerPolicy
from initd.supervise.pools import Pools


def test_a_listener_that_could_not_be_signalled_may_still_answer():
    """It is UNKNOWN, and its process lives on: what it was sent is taken back once that has ended."""
    pools = Pools("here", lambda instance: True)
    pools.add("p", ListenerPolicy(("REMOTE_COMMUNICATION",), 10), [(1, "one")])
    pools.heard(1, b"READY\n")
    pools.offer(Notification("REMOTE_COMMUNICATION", "text"))
    pools.dispatch()
    assert [effect.serial for effect in pools.out if isinstance(effect, Send)] == [0]
    pools.changed(1, ProcessState.UNKNOWN)
    pools.out = []
    pools.heard(1, b"RESULT 2\nOK")
    assert Log("debug", "one: event was processed") in pools.out
    assert not pools.restless()


def test_listeners_that_come_up_together_are_sent_something_once_all_of_them_are_up():
    """As supervisord's pools go through all their processes first: a buffer of one keeps the news of the last alone."""
    running = set()
    audience = Audience("here", running.__contains__)
    audience.pools.add("p", ListenerPolicy(("PROCESS_STATE",), 1), [(1, "one"), (2, "two")])
    for instance in (1, 2):
        audience.pools.heard(instance, b"READY\n")
    running |= {1, 2}
    up = [StateChanged(at, "p", name, ProcessState.STARTING, ProcessState.RUNNING, 7) for at, name in ((1, "one"), (2, "two"))]
    told = audience.follow(up)
    assert [type(effect).__name__ for effect in told] == ["StateChanged", "StateChanged", "Log", "Send"]
    (sent,) = [effect for effect in told if isinstance(effect, Send)]
    assert "processname:two" in sent.text and sent.instance == 1


def test_of_a_pool_that_is_gone_nobody_is_a_listener() -> None:
    pools = Pools("here", lambda instance: True)
    pools.add("p", ListenerPolicy(("EVENT",), 10), [(1, "one"), (2, "two")])
    pools.add("q", ListenerPolicy(("EVENT",), 10), [(3, "three")])
    pools.remove("p")
    pools.remove("no pool")
    assert [pools.is_listener(instance) for instance in (1, 2, 3)] == [False, False, True]


def busy(running: Callable[[int], bool] = {1}.__contains__) -> Pools:
    """One listener that was sent 0 of three notifications; the other one of its pool sleeps."""
    pools = Pools("here", running)
    pools.add("p", ListenerPolicy(("REMOTE_COMMUNICATION",), 10, "pkg:handler"), [(1, "one"), (2, "two")])
    pools.heard(1, b"READY\n")
    for text in ("a", "b", "c"):
        pools.offer(Notification("REMOTE_COMMUNICATION", text))
    pools.dispatch()
    pools.out = []
    return pools


def sent(pools: Pools) -> list[tuple[int, int]]:
    return [(effect.instance, effect.serial) for effect in pools.out if isinstance(effect, Send)]


def test_news_that_come_too_late_change_nothing() -> None:
    for instance, serial in ((1, 1), (2, 0), (3, 0)):
        pools = busy()
        before = pools.snapshot()
        pools.unsent(instance, serial)
        pools.judged(instance, serial, "processed")
        pools.heard(3, b"READY\n")
        assert (pools.snapshot(), pools.out) == (before, [])


def test_what_could_not_be_sent_is_sent_first_when_somebody_else_is_free() -> None:
    running = {1}
    pools = busy(running.__contains__)
    pools.heard(2, b"READY\n")
    assert sent(pools) == []
    running.add(2)
    pools.unsent(1, 0)
    assert sent(pools) == [(2, 0)]


def test_a_judgement_frees_the_listener_for_what_it_has_said_meanwhile() -> None:
    pools = busy()
    pools.heard(1, b"RESULT 2\nOKREADY\n")
    assert sent(pools) == []
    pools.judged(1, 0, "processed")
    assert sent(pools) == [(1, 1)]


def test_pools_come_back_from_their_snapshot() -> None:
    pools = busy()
    pools.close("p")
    again = Pools.restore(pools.snapshot(), {1}.__contains__)
    assert again.snapshot() == pools.snapshot()
    for each in (pools, again):
        each.out = []
        each.offer(Notification("REMOTE_COMMUNICATION", "d"))
        each.heard(1, b"RESULT 2\nOK")
        each.judged(1, 0, "rejected")
        each.heard(1, b"READY\n")
    assert sent(again) == sent(pools) == [(1, 0)]
    assert again.out == pools.out and again.snapshot() == pools.snapshot()


def two_ready(size: int = 10) -> Pools:
    """Two listeners that are READY, and two notifications; the first has been sent, nobody knows yet whether it could be."""
    pools = Pools("here", {1, 2}.__contains__)
    pools.add("p", ListenerPolicy(("REMOTE_COMMUNICATION",), size), [(1, "one"), (2, "two")])
    for instance in (1, 2):
        pools.heard(instance, b"READY\n")
    for text in ("a", "b"):
        pools.offer(Notification("REMOTE_COMMUNICATION", text))
    pools.dispatch()
    assert sent(pools) == [(1, 0)]
    pools.out = []
    return pools


def taken_by_the_next(pools: Pools) -> list[int]:
    """The numbers a new child takes, one after the other."""
    pools.changed(1, ProcessState.STARTING)
    pools.out = []
    for _ in range(3):
        pools.heard(1, b"READY\n")
        pools.heard(1, b"RESULT 2\nOK")
    return [serial for _, serial in sent(pools)]


def said(pools: Pools, about: str) -> list[str]:
    return [effect.text for effect in pools.out if isinstance(effect, Log) and about in effect.text]


def test_the_next_is_sent_once_the_one_before_has_been() -> None:
    pools = two_ready()
    pools.came_up(2)
    assert sent(pools) == []
    pools.sent(1, 0)
    assert sent(pools) == [(2, 1)]
    pools.sent(2, 1)
    assert sent(pools) == [(2, 1)] and not pools.restless()


def test_a_send_that_was_never_answered_keeps_nobody_waiting_in_the_next_turn() -> None:
    pools = two_ready()
    pools.dispatch()
    assert sent(pools) == [(2, 1)]


def test_what_one_could_not_be_sent_the_other_is_before_anything_newer() -> None:
    pools = two_ready()
    pools.unsent(1, 0)
    assert sent(pools) == [(2, 0)]
    pools.sent(2, 0)
    pools.heard(2, b"RESULT 2\nOKREADY\n")
    assert sent(pools) == [(2, 0), (2, 1)]


def test_a_pool_has_its_turn_when_the_one_before_has_sent_all_it_can() -> None:
    pools = two_ready()
    pools.add("q", ListenerPolicy(("REMOTE_COMMUNICATION",), 10), [(3, "three")])
    pools._running = {1, 2, 3}.__contains__
    pools.heard(3, b"READY\n")
    for text in ("both", "again"):
        pools.offer(Notification("REMOTE_COMMUNICATION", text))
    pools.dispatch()
    assert sent(pools) == [(2, 1)]
    pools = Pools.restore(pools.snapshot(), {1, 2, 3}.__contains__)
    pools.sent(2, 1)
    assert sent(pools) == [(3, 2)]
    assert said(pools, "rebuffering") == ["rebuffering event 2 for pool p (buf size=1, max=10)"]
    pools.sent(3, 2)
    assert said(pools, "rebuffering")[1:] == ["rebuffering event 3 for pool q (buf size=0, max=10)"]


def test_a_pool_that_is_gone_has_no_turn() -> None:
    pools = two_ready()
    pools.changed(1, ProcessState.STOPPED)
    pools.remove("p")
    assert Pools.restore(pools.snapshot(), {1, 2}.__contains__).snapshot() == pools.snapshot()
    pools.add("q", ListenerPolicy(("REMOTE_COMMUNICATION",), 10), [(3, "three")])
    pools._running = {1, 2, 3}.__contains__
    pools.heard(3, b"READY\n")
    pools.offer(Notification("REMOTE_COMMUNICATION", "text"))
    pools.sent(1, 0)
    pools.came_up(3)
    assert sent(pools) == [(3, 2)]


def test_who_has_come_to_its_end_keeps_nobody_waiting() -> None:
    pools = two_ready()
    pools.changed(1, ProcessState.EXITED)
    pools._running = {2}.__contains__
    pools.sent(1, 0)
    pools.came_up(2)
    assert sent(pools) == [(2, 0)]


def test_what_nobody_could_be_sent_keeps_its_place() -> None:
    pools = two_ready()
    pools.unsent(1, 0)
    pools.unsent(2, 0)
    assert sent(pools) == [(2, 0)] and not pools.restless()
    assert said(pools, "rebuffering") == ["rebuffering event 0 for pool p (buf size=1, max=10)"]
    assert taken_by_the_next(pools) == [0, 1]


def test_what_nobody_could_be_sent_is_the_first_to_go_where_the_pool_is_full_meanwhile() -> None:
    pools = two_ready(size=2)
    pools.offer(Notification("REMOTE_COMMUNICATION", "newer"))
    pools.unsent(1, 0)
    pools.unsent(2, 0)
    assert said(pools, "overflowed") == ["pool p event buffer overflowed, discarding event 0"]
    assert taken_by_the_next(pools) == [1, 2]


def test_a_pool_that_is_full_meanwhile_loses_nothing_where_the_next_takes_it() -> None:
    pools = two_ready(size=2)
    pools.offer(Notification("REMOTE_COMMUNICATION", "newer"))
    pools.unsent(1, 0)
    pools.sent(2, 0)
    assert said(pools, "overflowed") == [] and sent(pools) == [(2, 0)]
